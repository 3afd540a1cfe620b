import { spawn } from 'node:child_process';
import net, { createServer } from 'node:net';
import { request, type IncomingMessage } from 'node:http';
import { once } from 'node:events';
import { join } from 'node:path';
import { json as readJson } from 'node:stream/consumers';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { createPgPool } from '@fog/pool/pg';
import { startPostgres, startRedis, type Service } from '@fog/services';
import pg from 'pg';
import { createReadingsStore } from '../src/stores/readings-store.js';
import { MAIN, ask, eventually, failingGateway, startGateway, type GatewayProcess } from './gateway-process.js';

let postgres: Service;
let redis: Service;
let gateway: GatewayProcess;

beforeAll(async () => {
  [postgres, redis] = await Promise.all([startPostgres({ alwaysPrivate: true }), startRedis({ alwaysPrivate: true })]);
  gateway = await startGateway({ DATABASE_URL: postgres.url, REDIS_URL: redis.url, FOG_MAX_BODY_BYTES: '100000', FOG_WORKERS: '2' });
}, 60_000);

afterAll(async () => {
  await gateway?.stop();
  await Promise.all([postgres?.close(), redis?.close()]);
}, 30_000);

const row = (device: string, value: number, at = '2026-01-31T12:00:00Z', metric = 'm'): string => JSON.stringify({ device, metric, value, at });
const latest = async (device: string) => (await ask(gateway.url, `/v1/devices/${device}/latest`)).json['metrics'];

describe('readings', () => {
  it('add up over batches, in whatever order they come', async () => {
    await ask(gateway.url, '/v1/readings', `${row('sum', 2, '2026-01-31T12:00:30Z')}\n${row('sum', 4, '2026-01-31T12:00:40Z')}`);
    await ask(gateway.url, '/v1/readings', row('sum', 9, '2026-01-31T12:00:20Z'));
    const { json } = await ask(gateway.url, '/v1/devices/sum/series?metric=m');
    expect(json['points']).toEqual([{ minute: '2026-01-31T12:00:00.000Z', count: 3, min: 2, mean: 5, max: 9, last: 4 }]);
  });

  it('never make the latest value older', async () => {
    await ask(gateway.url, '/v1/readings', row('late', 1, '2026-01-31T12:00:00Z'));
    expect(await latest('late')).toEqual({ m: { value: 1, at: '2026-01-31T12:00:00.000Z' } });
    await ask(gateway.url, '/v1/readings', row('late', 2, '2026-01-31T13:00:00Z'));
    await ask(gateway.url, '/v1/readings', row('late', 3, '2026-01-31T12:30:00Z'));
    expect(await latest('late')).toEqual({ m: { value: 2, at: '2026-01-31T13:00:00.000Z' } });
  });

  it('are stored once for one Idempotency-Key, however many send them at once', async () => {
    const sent = await Promise.all(Array.from({ length: 8 }, () => ask(gateway.url, '/v1/readings', row('once', 1), { 'idempotency-key': 'the-same' })));
    expect(sent.filter(({ json }) => json['duplicate'] === false)).toHaveLength(1);
    const { json } = await ask(gateway.url, '/v1/devices/once/series?metric=m');
    expect(json['points']).toMatchObject([{ count: 1 }]);
  });

  it('are refused with the Idempotency-Key of another body', async () => {
    await ask(gateway.url, '/v1/readings', row('reused', 1), { 'idempotency-key': 'one' });
    const { status, json } = await ask(gateway.url, '/v1/readings', row('reused', 2), { 'idempotency-key': 'one' });
    expect([status, json['error']]).toMatchObject([422, { code: 'ERR_IDEMPOTENCY_KEY_REUSED' }]);
    expect((await ask(gateway.url, '/v1/devices/reused/series?metric=m')).json['points']).toMatchObject([{ count: 1, max: 1 }]);
  });

  it('are stored whole or not at all, more than one statement takes too', async () => {
    const database = createPgPool({ connectionString: postgres.url, max: 1 });
    const readings = createReadingsStore(database);
    const minutes = Array.from({ length: 25_000 }, (_, minute) => ({ device: 'long', metric: 'm', minuteMs: minute * 60_000, count: 1, sum: 1, min: 1, max: 1, last: 1, lastAtMs: minute * 60_000 }));
    const stored = async (): Promise<unknown> => (await database.query("select count(*)::int as rows, sum(count)::int as readings from readings where device = 'long'")).rows[0];
    await expect(readings.add([...minutes, { ...minutes[0], minuteMs: Number.NaN } as never], undefined)).rejects.toThrow('bigint');
    expect(await stored()).toEqual({ rows: 0, readings: null });
    await readings.add(minutes, undefined);
    await readings.add(minutes, { key: 'long', digest: 'x', accepted: 25_000 });
    expect(await readings.add(minutes, { key: 'long', digest: 'x', accepted: 25_000 })).toEqual({ digest: 'x' });
    expect(await stored()).toEqual({ rows: 25_000, readings: 50_000 });
    await database.close();
  });

  it('have a mean however small they are', async () => {
    await ask(gateway.url, '/v1/readings', `${row('tiny', 5e-324)}\n${row('tiny', 0)}`);
    const { json } = await ask(gateway.url, '/v1/devices/tiny/series?metric=m');
    expect(json['points']).toMatchObject([{ minute: '2026-01-31T12:00:00.000Z', count: 2, min: 0, mean: 0, max: 5e-324 }]);
  });

  it('are the latest values also where their first receipt was lost before they were', async () => {
    const stored = createPgPool({ connectionString: postgres.url, max: 1 });
    await ask(gateway.url, '/v1/readings', row('lost', 1, '2026-01-31T12:00:00Z'), { 'idempotency-key': 'lost-1' });
    expect(await latest('lost')).toMatchObject({ m: { value: 1 } });
    // As one that was committed and not heard of, by a gateway from before digests.
    await stored.query("insert into batches (key, accepted) values ('lost-2', 1)");
    await stored.query("update readings set last = 2, last_at = last_at + interval '1 minute', count = 2 where device = 'lost'");
    const again = await ask(gateway.url, '/v1/readings', row('lost', 2, '2026-01-31T12:01:00Z'), { 'idempotency-key': 'lost-2' });
    expect([again.status, again.json['duplicate']]).toEqual([200, true]);
    expect(await latest('lost')).toMatchObject({ m: { value: 2 } });
    await stored.close();
  });

  it('survive many batches at once for the same rows without losing one', async () => {
    const batches = Array.from({ length: 40 }, (_, batch) => Array.from({ length: 50 }, (_row, index) => row(`many-${(batch * 7 + index) % 10}`, 1)).join('\n'));
    const answers = await Promise.all(batches.map((batch) => ask(gateway.url, '/v1/readings', batch)));
    expect(new Set(answers.map(({ status }) => status))).toEqual(new Set([200]));
    const counts = await Promise.all(Array.from({ length: 10 }, async (_, device) => (await ask(gateway.url, `/v1/devices/many-${device}/series?metric=m`)).json['points'] as { count: number }[]));
    expect(counts.flat().reduce((sum, { count }) => sum + count, 0)).toBe(2_000);
  });

  it('come in chunks of unknown length too', async () => {
    const { host } = new URL(gateway.url);
    const sending = request({ host: host.split(':')[0], port: host.split(':')[1], path: '/v1/readings', method: 'POST', headers: { 'content-type': 'application/x-ndjson' } });
    sending.write(`${row('chunked', 1)}\n{"device":"chunked",`);
    sending.end('"metric":"m","value":2}');
    const [response] = (await once(sending, 'response')) as [IncomingMessage];
    expect(await readJson(response)).toMatchObject({ accepted: 2, devices: 1 });
  });

  it('of the host are there by themselves', async () => {
    const metrics = await eventually(async () => (await latest('host')) as Record<string, { value: number }> | undefined);
    expect(metrics['memory.utilization']?.value).toBeGreaterThan(0);
  });
});

describe('bad input', () => {
  const ndjson = 'application/x-ndjson';
  it.each([
    ['an empty body', '', ndjson, 400, 'ERR_READINGS_INVALID', /empty/],
    ['rows that are not JSON', 'x', ndjson, 400, 'ERR_READINGS_INVALID', /line 1: the row is not JSON/],
    ['a value of the wrong type', '{"device":"bad","metric":"m","value":true}', ndjson, 400, 'ERR_READINGS_INVALID', /value is true: expected a finite number/],
    ['another content type', '{}', 'application/json', 415, 'ERR_FORMAT_UNSUPPORTED', /application\/json: expected application\/x-ndjson or text\/csv/],
    ['a body that is too large', 'x'.repeat(100_001), ndjson, 413, 'ERR_BODY_TOO_LARGE', /100001 bytes, more than the 100000/],
  ])('%s is refused, naming what was wrong', async (_, body, type, status, code, message) => {
    const answer = await ask(gateway.url, '/v1/readings', body, { 'content-type': type });
    expect(answer.status).toBe(status);
    expect(answer.json['error']).toMatchObject({ code, message: expect.stringMatching(message) });
  });

  it('answers what it cannot read as a request as it answers all else', async () => {
    const { hostname, port } = new URL(gateway.url);
    const said = async (text: string): Promise<unknown> => {
      const socket = net.connect(Number(port), hostname).setEncoding('utf8');
      socket.write(text);
      let answer = '';
      for await (const chunk of socket) answer += chunk as string;
      const [head = '', body = ''] = answer.split('\r\n\r\n');
      return [head.split('\r\n')[0], JSON.parse(body).error.code];
    };
    expect(await said(`GET /healthz HTTP/1.1\r\nhost: x\r\nx-long: ${'x'.repeat(20_000)}\r\n\r\n`)).toEqual(['HTTP/1.1 431 Request Header Fields Too Large', 'ERR_HEADERS_TOO_LARGE']);
    expect(await said('what is this\r\n\r\n')).toEqual(['HTTP/1.1 400 Bad Request', 'ERR_REQUEST_MALFORMED']);
  });

  it('answers a client that is still sending what it refuses, and keeps its connection', async () => {
    const body = Buffer.alloc(8 * 2 ** 20, 'x');
    for (const [type, status, code] of [['text/csv', 413, 'ERR_BODY_TOO_LARGE'], ['text/plain', 415, 'ERR_FORMAT_UNSUPPORTED'], ['application/json', 415, 'ERR_FORMAT_UNSUPPORTED']] as const)
      for (const sent of [body, new Blob([body]).stream()]) {
        const answer = await fetch(`${gateway.url}/v1/readings`, { method: 'POST', headers: { 'content-type': type }, body: sent, ...(sent === body ? {} : { duplex: 'half' }) });
        expect([answer.status, ((await answer.json()) as { error: { code: string } }).error.code, answer.headers.get('connection')]).toEqual([status, code, null]);
      }
  });

  it('says that there is no such route whatever is sent there', async () => {
    for (const [method, path, type] of [['POST', '/v1/nope', 'application/json'], ['DELETE', '/v1/readings', 'text/plain'], ['PUT', '/healthz', 'text/csv']] as const) {
      const answer = await fetch(`${gateway.url}${path}`, { method, headers: { 'content-type': type }, body: '{}' });
      expect([answer.status, ((await answer.json()) as { error: { code: string } }).error.code]).toEqual([404, 'ERR_ROUTE_UNKNOWN']);
    }
  });

  it('refuses a compressed body', async () => {
    const { status, json } = await ask(gateway.url, '/v1/readings', 'x', { 'content-encoding': 'gzip' });
    expect(status).toBe(415);
    expect(json['error']).toMatchObject({ code: 'ERR_ENCODING_UNSUPPORTED' });
  });

  it('refuses an Idempotency-Key that is none', async () => {
    const { status, json } = await ask(gateway.url, '/v1/readings', row('key', 1), { 'idempotency-key': 'with space' });
    expect(status).toBe(400);
    expect(json['error']).toMatchObject({ code: 'ERR_PARAMETER_INVALID' });
  });

  it('stores nothing of a batch with one bad row', async () => {
    await ask(gateway.url, '/v1/readings', `${row('half', 1)}\n{"device":"half"}`);
    expect((await ask(gateway.url, '/v1/devices/half/latest')).json['error']).toMatchObject({ code: 'ERR_DEVICE_UNKNOWN' });
  });

  it.each([
    ['/v1/devices/nobody/latest', 404, 'ERR_DEVICE_UNKNOWN'],
    ['/v1/devices/nobody/series?metric=m', 404, 'ERR_DEVICE_UNKNOWN'],
    ['/v1/devices/sum/series?metric=other', 404, 'ERR_METRIC_UNKNOWN'],
    ['/v1/devices/sum/series', 400, 'ERR_PARAMETER_INVALID'],
    ['/v1/devices/sum/series?metric=m&from=tomorrow', 400, 'ERR_PARAMETER_INVALID'],
    ['/v1/devices/sum/series?metric=m&from=2026-02-01T00:00:00Z&to=2026-01-01T00:00:00Z', 400, 'ERR_PARAMETER_INVALID'],
    ['/v1/devices/sum/series?metric=m&limit=0', 400, 'ERR_PARAMETER_INVALID'],
    ['/v1/devices/%00/latest', 400, 'ERR_PARAMETER_INVALID'],
    ['/v1/devices?limit=many', 400, 'ERR_PARAMETER_INVALID'],
    ['/v1/nothing/stats', 404, 'ERR_ROUTE_UNKNOWN'],
    ['/v1/devices/%ff/latest', 400, 'ERR_PATH_INVALID'],
    ['/v1/profile?seconds=-1', 400, 'ERR_PARAMETER_INVALID'],
    ['/v1/profile?seconds=31', 400, 'ERR_PARAMETER_INVALID'],
    [`/v1/devices/${'n'.repeat(128)}/latest`, 404, 'ERR_DEVICE_UNKNOWN'],
  ])('%s is answered with %d', async (path, status, code) => {
    const answer = await ask(gateway.url, path);
    expect(answer.status).toBe(status);
    expect(answer.json['error']).toMatchObject({ code });
  });

  it('leaves nothing in the arena', async () => {
    const held = await eventually(async () => {
      const { json } = await ask(gateway.url, '/v1/arena/stats');
      return json['liveBlocks'] === 0 ? json : undefined;
    });
    expect(held['liveBytes']).toBe(0);
  });
});

describe('what a gateway tells of itself', () => {
  it.each(['postgres', 'redis', 'workers', 'arena', 'scheduler', 'profiler', 'monitor', 'readings'])('has /v1/%s/stats, flat and numeric', async (component) => {
    const { json } = await ask(gateway.url, `/v1/${component}/stats`);
    expect(Object.values(json).length).toBeGreaterThan(2);
    expect(new Set(Object.values(json).map((value) => typeof value))).toEqual(new Set(['number']));
  });

  it('is alive and ready', async () => {
    expect((await ask(gateway.url, '/healthz')).json).toEqual({ status: 'ok' });
    expect((await ask(gateway.url, '/readyz')).json).toEqual({ status: 'ready', postgres: 'ok', redis: 'ok' });
  });

  it("has metrics in Prometheus' text format", async () => {
    const response = await fetch(`${gateway.url}/metrics`);
    const text = await response.text();
    expect(response.headers.get('content-type')).toMatch(/^text\/plain; version=0\.0\.4/);
    expect(text).toMatch(/^# TYPE fog_postgres_created_total counter\nfog_postgres_created_total [1-9]/m);
    expect(text).toMatch(/^fog_scheduler_succeeded_total [1-9]/m);
    expect(text).toMatch(/^fog_memory_utilization_ratio 0\.\d+/m);
    expect(text).toMatch(/^fog_cpu_utilization_ratio\{mode="user"\} [\d.]+/m);
  });

  it('records no longer for a client that went away', async () => {
    const leaving = new AbortController();
    const left = fetch(`${gateway.url}/v1/profile?seconds=30`, { signal: leaving.signal }).catch(() => 'left');
    await eventually(async () => ((await fetch(`${gateway.url}/v1/profile?seconds=0.01`)).status === 409 ? true : undefined));
    leaving.abort();
    expect(await left).toBe('left');
    await eventually(async () => ((await fetch(`${gateway.url}/v1/profile?seconds=0.01`)).status === 200 ? true : undefined));
  });

  it('has a CPU profile of itself', async () => {
    const response = await fetch(`${gateway.url}/v1/profile?seconds=0.2`);
    expect(response.headers.get('content-type')).toMatch('text/html');
    expect(await response.text()).toMatch(/^<!doctype html>/i);
  });
});

describe('faults', () => {
  it('answers 503 while PostgreSQL is away, stores nothing, and goes on when it is back', async () => {
    await ask(gateway.url, '/v1/readings', row('fault', 1));
    await postgres.kill();
    const refused = await ask(gateway.url, '/v1/readings', row('fault', 2));
    expect(refused.status).toBe(503);
    expect(refused.json['error']).toMatchObject({ code: 'ERR_STORE_UNAVAILABLE' });
    expect((await ask(gateway.url, '/readyz')).status).toBe(503);
    await postgres.restart();
    await eventually(async () => ((await ask(gateway.url, '/readyz')).status === 200 ? true : undefined));
    expect((await ask(gateway.url, '/v1/readings', row('fault', 4))).status).toBe(200);
    const { json } = await ask(gateway.url, '/v1/devices/fault/series?metric=m');
    expect(json['points']).toMatchObject([{ count: 2, max: 4 }]);
  });

  it('says that it is not ready while PostgreSQL or Redis is frozen', async () => {
    for (const [name, service] of [['postgres', postgres], ['redis', redis]] as const) {
      await service.pause();
      expect(await ask(gateway.url, '/readyz')).toMatchObject({ status: 503, json: { status: 'not ready', [name]: expect.not.stringMatching('ok') } });
      await service.resume();
      await eventually(async () => ((await ask(gateway.url, '/readyz')).status === 200 ? true : undefined));
    }
  });

  it('leaves nothing in the arena, and logs nothing, of clients that go away in the middle of a body', async () => {
    for (let client = 0; client < 5; client += 1) {
      const sending = request(`${gateway.url}/v1/readings`, { method: 'POST', headers: { 'content-type': 'application/x-ndjson', 'content-length': 50_000, expect: '100-continue' } });
      const gone = once(sending, 'error');
      sending.flushHeaders();
      await once(sending, 'continue');
      sending.destroy(new Error('gone'));
      await gone;
    }
    await eventually(async () => ((await ask(gateway.url, '/v1/arena/stats')).json['liveBlocks'] === 0 ? true : undefined));
    expect(gateway.output()).not.toContain('aborted');
  });

  it('answers 503 for a batch whose thread ends in the middle, stores nothing of it, and goes on with another thread', async () => {
    const preload = join(import.meta.dirname, 'thread-ending.cjs');
    await using own = await startGateway({ DATABASE_URL: postgres.url, REDIS_URL: redis.url, FOG_WORKERS: '1', NODE_OPTIONS: `--require ${JSON.stringify(preload)}` });
    const lost = await ask(own.url, '/v1/readings', row('thread-ending', 1));
    expect([lost.status, lost.json['error']]).toMatchObject([503, { code: 'ERR_WORKER_LOST', retryAfterS: 1 }]);
    expect((await ask(own.url, '/v1/readings', row('thread-going-on', 1))).status).toBe(200);
    expect((await ask(own.url, '/v1/devices/thread-ending/latest')).status).toBe(404);
    expect((await ask(own.url, '/v1/arena/stats')).json).toMatchObject({ liveBlocks: 0 });
  });

  it('answers the latest values while Redis is away, and no stale ones when it is back', async () => {
    await ask(gateway.url, '/v1/readings', row('cached', 1, '2026-01-31T12:00:00Z'));
    await latest('cached');
    await redis.kill();
    expect((await ask(gateway.url, '/v1/readings', row('cached', 2, '2026-01-31T12:01:00Z'))).status).toBe(200);
    expect(await latest('cached')).toMatchObject({ m: { value: 2 } });
    await redis.restart();
    await eventually(async () => ((await ask(gateway.url, '/readyz')).status === 200 ? true : undefined));
    expect(await latest('cached')).toMatchObject({ m: { value: 2 } });
  });
});

describe('several gateways on the same stores', () => {
  it('start at once on an empty database', async () => {
    const admin = new pg.Client(postgres.url);
    await admin.connect();
    await admin.query('create database fresh');
    await admin.end();
    const fresh = new URL(postgres.url);
    fresh.pathname = '/fresh';
    const started = await Promise.all([1, 2, 3].map(() => startGateway({ DATABASE_URL: fresh.href, REDIS_URL: redis.url })));
    for (const each of started) expect(await each.stop()).toBe(0);
  });

  it('answer no latest value that is older than what one of them accepted while Redis was out of its reach', async () => {
    const sockets = new Set<net.Socket>();
    let isCut = false;
    const cable = net.createServer((socket) => {
      if (isCut) return void socket.destroy();
      const on = net.connect(redis.port, redis.host);
      for (const [end, other] of [[socket, on], [on, socket]] as const) end.on('error', () => undefined).on('close', () => other.destroy());
      socket.pipe(on).pipe(socket);
      sockets.add(socket);
    });
    cable.listen(0, '127.0.0.1');
    await once(cable, 'listening');
    const through = new URL(redis.url);
    through.host = `127.0.0.1:${(cable.address() as net.AddressInfo).port}`;
    {
      await using own = await startGateway({ DATABASE_URL: postgres.url, REDIS_URL: through.href });
      await ask(own.url, '/v1/readings', row('shared', 1, '2026-01-31T12:00:00Z'));
      expect(await latest('shared')).toMatchObject({ m: { value: 1 } });
      isCut = true;
      for (const socket of sockets) socket.destroy();
      expect((await ask(own.url, '/v1/readings', row('shared', 2, '2026-01-31T12:01:00Z'))).status).toBe(200);
      isCut = false;
      await eventually(async () => ((await latest('shared')) as { m: { value: number } }).m.value === 2 || undefined);
    }
    cable.close();
  });
});

describe('start and stop', () => {
  it('finishes what was accepted before it ends on SIGTERM, also a batch whose body is still on its way', async () => {
    await using own = await startGateway({ DATABASE_URL: postgres.url, REDIS_URL: redis.url, FOG_WORKERS: '1' });
    const body = Array.from({ length: 20_000 }, (_, index) => row(`drain-${index % 100}`, index)).join('\n');
    const half = body.length / 2;
    const headers = { 'content-type': 'application/x-ndjson', expect: '100-continue' };
    const batches = [1, 2, 3].map(() => request(`${own.url}/v1/readings`, { method: 'POST', headers }));
    await Promise.all(batches.map((batch) => (batch.flushHeaders(), once(batch, 'continue')))); // The gateway has admitted each.
    for (const batch of batches) batch.write(body.slice(0, half));
    const code = own.stop();
    while (!own.output().includes('finishing what was accepted')) await once(own.process.stdout ?? process, 'data');
    const answers = batches.map(async (batch) => {
      batch.end(body.slice(half));
      const [response] = (await once(batch, 'response')) as [IncomingMessage];
      return [response.statusCode, ((await readJson(response)) as { accepted: number }).accepted];
    });
    expect(await Promise.all(answers)).toEqual([[200, 20_000], [200, 20_000], [200, 20_000]]);
    expect(await code).toBe(0);
  });

  it('gives up what a frozen PostgreSQL still holds when the time to drain is over, and ends', async () => {
    await using own = await startGateway({ DATABASE_URL: postgres.url, REDIS_URL: redis.url, FOG_DRAIN_TIMEOUT_MS: '100' });
    await postgres.pause();
    const batch = fetch(`${own.url}/v1/readings`, { method: 'POST', headers: { 'content-type': 'application/x-ndjson' }, body: row('frozen', 1) }).then(({ status }) => status, () => 'cut off');
    await eventually(async () => {
      const { leased, waiting } = (await ask(own.url, '/v1/postgres/stats')).json as { leased: number; waiting: number };
      return leased + waiting > 1 || undefined; // The batch, and one sample of the host.
    });
    const code = await own.stop();
    await postgres.resume();
    expect(await batch).toBe('cut off');
    expect(own.output()).toContain('100 ms have passed: what is not answered by now is given up');
    expect(code).toBe(0);
  });

  it('ends when npm, which started it through a shell, is ended', async () => {
    const shell = spawn('sh', ['-c', `npm_lifecycle_event=start node ${MAIN}; true`], { env: { ...process.env, PORT: '0', DATABASE_URL: postgres.url, REDIS_URL: redis.url }, stdio: ['ignore', 'pipe', 'inherit'] });
    let output = '';
    shell.stdout.on('data', (chunk: Buffer) => {
      output += chunk.toString();
      if (output.includes('readings    POST')) shell.kill('SIGTERM');
    });
    await once(shell, 'close', { signal: AbortSignal.timeout(25_000) }); // Only when the gateway, too, has let go of the output.
    expect(shell.signalCode).toBe('SIGTERM');
    expect(output).toContain('npm has ended: finishing what was accepted');
  });

  it.each([
    ['DATABASE_URL', 'postgresql://root@127.0.0.1:1/test', /PostgreSQL.*127\.0\.0\.1:1/],
    ['REDIS_URL', 'redis://127.0.0.1:1', /Redis.*127\.0\.0\.1:1/],
    ['DATABASE_URL', 'mysql://localhost/test', /DATABASE_URL is not a URL that begins with postgres/],
    ['PORT', 'eighty', /PORT is 'eighty': expected an integer/],
    ['HOST', '0.0.0.0', /HOST is '0\.0\.0\.0': .*no authentication/],
    ['FOG_WORKERS', '0', /FOG_WORKERS is '0'/],
  ])('says what is wrong with %s=%s and does not start', async (name, value, message) => {
    const { code, output } = await failingGateway({ DATABASE_URL: postgres.url, REDIS_URL: redis.url, [name]: value });
    expect(output).toMatch(message);
    expect(code).toBe(1);
  });

  it('says which port is taken', async () => {
    const taken = createServer().listen(0, '127.0.0.1');
    await once(taken, 'listening');
    const { port } = taken.address() as { port: number };
    const { code, output } = await failingGateway({ DATABASE_URL: postgres.url, REDIS_URL: redis.url, PORT: String(port) });
    taken.close();
    expect(output).toMatch(new RegExp(`EADDRINUSE.*:${port}`));
    expect(code).toBe(1);
  });
});
