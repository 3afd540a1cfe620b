import { createServer as createHttpServer, type RequestListener, type Server } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';
import { Readable } from 'node:stream';
import { afterEach, describe, expect, it } from '@jest/globals';
import { createHttpPool, type HttpPool, type HttpPoolOptions } from '../../src/adapters/http.js';
import { ManualClock } from '@fog/testkit';
import { deferred } from '../backend.js';
import { runIdleProgram } from './program.js';

const servers: Server[] = [];
const pools: HttpPool[] = [];
afterEach(async () => {
  await Promise.all(pools.splice(0).map((pool) => pool.close({ force: true, timeoutMs: 0 })));
  for (const server of servers.splice(0)) server.close().closeAllConnections();
});

/** A server, with the connections that were made to it. */
async function serve(listener: RequestListener): Promise<{ origin: string; server: Server; sockets: Socket[] }> {
  const sockets: Socket[] = [];
  const server = createHttpServer({ keepAliveTimeout: 60_000 }, listener).on('connection', (socket) => sockets.push(socket));
  servers.push(server);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return { origin: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, server, sockets };
}

function open(origin: string, options: Partial<HttpPoolOptions> = {}): HttpPool {
  const pool = createHttpPool({ origin, ...options });
  pools.push(pool);
  return pool;
}

const echo: RequestListener = (request, response) => {
  const chunks: Buffer[] = [];
  request.on('data', (chunk: Buffer) => chunks.push(chunk)).on('end', () => {
    const { method, url, headers } = request;
    response.setHeader('content-type', 'application/json');
    response.end(JSON.stringify({ method, url, greeting: headers['x-greeting'], body: Buffer.concat(chunks).toString() }));
  });
};

async function eventually(condition: () => boolean): Promise<void> {
  while (!condition()) await new Promise((resolve) => setTimeout(resolve, 2));
}

describe('a pool of HTTP connections', () => {
  it('sends requests, and uses its connections again', async () => {
    const { origin, sockets } = await serve(echo);
    const api = open(origin, { headers: { 'x-greeting': 'hello' } });
    const answer = await api.request('/fruits?ripe=yes');
    expect([answer.status, answer.headers['content-type'], await answer.json()]).toEqual([200, 'application/json', { method: 'GET', url: '/fruits?ripe=yes', greeting: 'hello', body: '' }]);
    for (const body of ['pear', Buffer.from('pear'), Readable.from(['pe', 'ar'])])
      expect(JSON.parse(await (await api.request('/fruits', { method: 'POST', body, headers: { 'x-greeting': 'hi' } })).text())).toMatchObject({ method: 'POST', greeting: 'hi', body: 'pear' });
    expect((await (await api.request('/bytes')).bytes()).length).toBeGreaterThan(10);
    expect(sockets).toHaveLength(1);
    expect(api.stats()).toMatchObject({ createdTotal: 1, acquiredTotal: 5 });
  });

  it('has as many requests under way as it may have connections, and lets the rest wait', async () => {
    const gate = deferred<void>();
    let underWay = 0;
    const { origin } = await serve((_request, response) => {
      underWay += 1;
      void gate.promise.then(() => response.end('done'));
    });
    const api = open(origin, { max: 3 });
    const answers = Array.from({ length: 7 }, async () => (await api.request('/')).text());
    await eventually(() => underWay === 3);
    expect(api.stats()).toMatchObject({ leased: 3, waiting: 4 });
    gate.resolve();
    expect(await Promise.all(answers)).toEqual(Array(7).fill('done'));
    expect(api.stats().createdTotal).toBe(3);
  });

  it('gives a body once', async () => {
    const { origin } = await serve(echo);
    const api = open(origin);
    const used = { code: 'ERR_POOL_BODY_USED' };
    const read = await api.request('/');
    await Promise.all([read.text(), expect(read.json()).rejects.toMatchObject(used)]);
    await expect(read.bytes()).rejects.toMatchObject(used);
    const empty = await api.request('/', { method: 'HEAD' });
    expect(await empty.text()).toBe('');
    await expect(empty.text()).rejects.toMatchObject(used);
    const discarded = await api.request('/');
    discarded.discard();
    discarded.discard();
    await expect(discarded.text()).rejects.toMatchObject(used);
    const begun = await api.request('/');
    for await (const _ of begun.body) break;
    await expect(begun.text()).rejects.toMatchObject(used);
    expect((await (await api.request('/')).text()).length).toBeGreaterThan(0);
  });

  it('keeps a connection until its response is read, discarded or destroyed', async () => {
    const { origin, sockets } = await serve((_request, response) => response.end('x'.repeat(1_000_000)));
    const api = open(origin, { max: 1 });
    const first = await api.request('/');
    expect(api.stats().leased).toBe(1);
    first.discard();
    const second = await api.request('/');
    second.body.destroy();
    expect((await (await api.request('/')).text()).length).toBe(1_000_000);
    expect(sockets).toHaveLength(2);
  });

  it('does not use again what the server closes', async () => {
    const { origin, sockets } = await serve((_request, response) => response.setHeader('connection', 'close').end('bye'));
    const api = open(origin, { max: 1 });
    for (let request = 0; request < 3; request += 1) expect(await (await api.request('/')).text()).toBe('bye');
    expect(sockets).toHaveLength(3);
    const kept = await serve(echo);
    const other = open(kept.origin, { max: 1 });
    await (await other.request('/')).text();
    kept.sockets[0]?.destroy();
    await eventually(() => other.stats().size === 0);
    expect((await other.request('/')).status).toBe(200);
  });

  it('sends once more what met the end of a kept connection, if it may be sent twice', async () => {
    let seen = 0;
    const { origin } = await serve((request, response) => {
      seen += 1;
      // The second request of each connection finds it gone.
      if (request.socket.bytesRead > 200 || seen % 2 === 0) request.socket.destroy();
      else response.end(request.method);
    });
    const api = open(origin, { max: 1 });
    await (await api.request('/')).text();
    expect(await (await api.request('/', { method: 'PUT', body: 'x' })).text()).toBe('PUT');
    await expect(api.request('/', { method: 'POST', body: 'x' })).rejects.toMatchObject({ code: 'ECONNRESET' });
    expect(seen).toBe(4);
  });

  it('sends a body as one, whatever the method', async () => {
    const { origin, sockets } = await serve(echo);
    const api = open(origin, { max: 1 });
    for (const method of ['GET', 'DELETE', 'OPTIONS', 'PUT'])
      for (const body of ['GET /smuggled HTTP/1.1\r\n\r\n', Buffer.from('pear'), Readable.from(['pe', 'ar']), ''])
        expect(await (await api.request('/', { method, body })).json()).toMatchObject({ method, url: '/', body: typeof body === 'string' ? body : 'pear' });
    expect(sockets).toHaveLength(1);
    for (const length of [60, '3', 'x']) await expect(api.request('/', { method: 'POST', body: 'pear', headers: { 'Content-Length': length } })).rejects.toMatchObject({ code: 'ERR_POOL_INVALID_OPTION' });
    expect(await (await api.request('/', { method: 'POST', body: 'pear', headers: { 'Content-Length': 4 } })).json()).toMatchObject({ body: 'pear' });
  });

  it('takes back the connection of a response that nobody reads, if it reclaims leaks, and harms nobody else', async () => {
    const { origin } = await serve((_, response) => response.end('x'.repeat(1_000_000)));
    const clock = new ManualClock();
    const api = open(origin, { max: 1, leakAfterMs: 1_000, leakReclaim: true, clock });
    const leaked = await api.request('/');
    await clock.advanceAsync(2_000);
    expect((await (await api.request('/')).text()).length).toBe(1_000_000);
    await expect(leaked.text()).rejects.toMatchObject({ code: 'ECONNRESET' });
    expect(api.stats()).toMatchObject({ leaksTotal: 1, leases: 0 });
  });

  it('says why it cannot connect', async () => {
    const { origin, server } = await serve(echo);
    server.close();
    await expect(open(origin).request('/')).rejects.toMatchObject({ code: 'ECONNREFUSED' });
  });

  it('ends the wait, the request or the body of a caller who aborts, and gives up the connection', async () => {
    const { origin, sockets } = await serve((request, response) => {
      if (request.url === '/body') response.write('begun');
    });
    const api = open(origin, { max: 1 });
    const controller = new AbortController();
    const waitingForHead = api.request('/head', { signal: controller.signal });
    const waitingForConnection = api.request('/', { signal: controller.signal });
    const outcomes = Promise.allSettled([waitingForHead, waitingForConnection]);
    await eventually(() => sockets.length === 1);
    controller.abort(new Error('no longer wanted'));
    for (const outcome of await outcomes) expect(outcome).toMatchObject({ status: 'rejected', reason: { message: 'no longer wanted' } });
    const late = new AbortController();
    const { body } = await api.request('/body', { signal: late.signal });
    const ended = new Promise((resolve) => body.once('error', resolve));
    late.abort();
    body.resume();
    expect(await ended).toMatchObject({ message: expect.any(String) });
    const later = new AbortController();
    const read = (await api.request('/body', { signal: later.signal })).text();
    later.abort(new Error('read enough'));
    await expect(read).rejects.toThrow('read enough');
    await eventually(() => api.stats().leased === 0);
    await expect(api.request('/', { timeoutMs: 0 })).rejects.toMatchObject({ code: 'ERR_POOL_INVALID_OPTION' });
  });

  it('says why a body or a response could not be had, instead of waiting for it', async () => {
    const { origin } = await serve((request, response) => {
      if (request.headers.upgrade === undefined) echo(request, response);
      else request.socket.end('HTTP/1.1 101 Switching Protocols\r\nUpgrade: x\r\nConnection: Upgrade\r\n\r\n');
    });
    const pool = open(origin, { max: 1 });
    const gone = new Readable({ read: () => {} }).destroy();
    await expect(pool.request('/', { method: 'POST', body: gone })).rejects.toMatchObject({ code: 'ERR_STREAM_PREMATURE_CLOSE' });
    const broken = new Readable({ read: () => broken.destroy(new Error('broken')) });
    await expect(pool.request('/', { method: 'POST', body: broken })).rejects.toThrow('broken');
    await expect(pool.request('/', { headers: { connection: 'Upgrade', upgrade: 'x' } })).rejects.toMatchObject({ code: 'ECONNRESET' });
    expect(await (await pool.request('/', { method: 'post', body: 'fig' })).json()).toMatchObject({ method: 'POST', body: 'fig' });
  });

  it('uses no connection again whose request is not sent to its end', async () => {
    const { origin } = await serve((_request, response) => response.end('too early'));
    const pool = open(origin, { max: 1 });
    const endless = new Readable({ read: () => {} });
    endless.push('a');
    expect(await (await pool.request('/', { method: 'POST', body: endless })).text()).toBe('too early');
    expect(await (await pool.request('/')).text()).toBe('too early');
    expect(pool.stats()).toMatchObject({ createdTotal: 2, leased: 0 });
  });

  it('keeps its connection when a request cannot be sent', async () => {
    const { origin } = await serve(echo);
    const pool = open(origin, { max: 1 });
    (await pool.request('/')).discard();
    await expect(pool.request('/', { headers: { 'a b': '1' } })).rejects.toMatchObject({ code: 'ERR_INVALID_HTTP_TOKEN' });
    await expect(pool.request('/a b')).rejects.toMatchObject({ code: 'ERR_UNESCAPED_CHARACTERS' });
    expect(await (await pool.request('/')).json()).toMatchObject({ method: 'GET' });
    expect(pool.stats().createdTotal).toBe(1);
  });

  it('does not keep a process alive that has nothing else to do', async () => {
    const { origin } = await serve(echo);
    expect(await runIdleProgram('http', origin)).toBe('idle');
  });

  it('refuses what is no origin, and what it does not know', async () => {
    for (const options of [{}, { origin: 'x' }, { origin: 'ftp://x' }, { origin: 'http://x/path' }, { origin: 'http://user:word@x' }, { origin: 'http://x', agent: 1 }, { origin: 'http://x', max: 0 }, { origin: 'http://x', tls: 1 }, { origin: 'http://x', headers: 'x' }, { origin: 'http://x', headers: new Headers() }, { origin: 'http://x', concurrency: 2 }])
      expect(() => createHttpPool(options as never)).toThrow(expect.objectContaining({ code: 'ERR_POOL_INVALID_OPTION' }));
    const api = open('http://127.0.0.1:1');
    await expect(api.request('relative')).rejects.toMatchObject({ code: 'ERR_POOL_INVALID_OPTION' });
    for (const options of [{ method: '' }, { method: null }, { method: 'a b' }, { method: 'connect' }, { headers: 'x' }, { headers: null }, { headers: new Headers({ a: 'b' }) }, { headers: new Map([['a', 'b']]) }, { body: 1 }, { body: null }])
      await expect(api.request('/', options as never)).rejects.toMatchObject({ code: 'ERR_POOL_INVALID_OPTION' });
  });
});
