import { once } from 'node:events';
import fs from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import http from 'node:http';
import http2 from 'node:http2';
import net, { type AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { finished } from 'node:stream/promises';
import { promisify } from 'node:util';
import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { seededRandom } from '@fog/testkit';
import { sumsByFrame } from '../../src/call-tree.js';
import { ioRecorder } from '../../src/io/io-recorder.js';
import type { IoProfile } from '../../src/io/io-profile.js';

const BYTES = 300_000;
const block = Buffer.alloc(BYTES, 'x');

describe('I/O', () => {
  let folder = '';
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'fog-profiler-io-'));
  });
  afterAll(() => rm(folder, { recursive: true }));

  const recorders: ReturnType<typeof ioRecorder>[] = [];
  const record = async (fn: () => unknown): Promise<IoProfile> => {
    const recorder = ioRecorder(seededRandom(7));
    recorders.push(recorder);
    recorder.start();
    await fn();
    recorders.pop();
    return recorder.stop();
  };
  afterEach(() => {
    for (const recorder of recorders.splice(0)) recorder.stop();
  });
  const target = (profile: IoProfile, name: string) => profile.targets.find((one) => one.name === name);

  it.each([
    ['synchronous functions', async (file: string) => {
      fs.writeFileSync(file, block);
      fs.appendFileSync(file, block);
      fs.readFileSync(file);
    }, 2],
    ['callbacks', async (file: string) => {
      await new Promise((resolve) => fs.writeFile(file, block, resolve));
      await new Promise((resolve) => fs.appendFile(file, block.toString(), resolve));
      await promisify(fs.readFile)(file);
    }, 2],
    ['promises', async (file: string) => {
      await fs.promises.writeFile(file, block);
      await fs.promises.appendFile(file, block);
      await fs.promises.readFile(file);
    }, 2],
    ['a file handle', async (file: string) => {
      const handle = await fs.promises.open(file, 'w+');
      await handle.write(block);
      await handle.appendFile(block.toString());
      await handle.read(Buffer.alloc(2 * BYTES), 0, 2 * BYTES, 0);
      await handle.close();
    }, 2],
    ['streams', async (file: string) => {
      const out = fs.createWriteStream(file);
      out.write(block);
      out.end(block);
      await finished(out);
      await finished(fs.createReadStream(file).resume());
    }, 2],
  ])('through %s: counts each byte once, by file', async (name, use, blocks) => {
    const file = join(folder, name.replaceAll(' ', '-'));
    const profile = await record(() => use(file));
    expect(target(profile, file)).toMatchObject({ kind: 'disk', readBytes: blocks * BYTES, writtenBytes: blocks * BYTES });
    expect(profile.disk.latency.count).toBe(profile.disk.operations);
    expect(profile.disk.latency.maxMs).toBeGreaterThanOrEqual(profile.disk.latency.p50Ms);
    expect(profile.slices.reduce((sum, { diskBytes }) => sum + diskBytes, 0)).toBe(profile.disk.readBytes + profile.disk.writtenBytes);
  });

  it.each<[string, number, number, (file: string) => unknown]>([
    ['writeFileSync, hex', 0, 1_000, (file) => fs.writeFileSync(file, 'ab'.repeat(1_000), 'hex')],
    ['writeFile, latin1', 0, 1_000, (file) => promisify(fs.writeFile)(file, 'é'.repeat(1_000), { encoding: 'latin1' })],
    ['promises.appendFile, utf16le', 0, 2_000, (file) => fs.promises.appendFile(file, 'x'.repeat(1_000), 'utf16le')],
    ['promises.writeFile of a stream', 0, 1_000, (file) => fs.promises.writeFile(file, Readable.from([Buffer.alloc(400), Buffer.alloc(600)]))],
    ['promises.writeFile of an iterable', 0, 1_500, (file) => fs.promises.writeFile(file, (function* parts() { yield Buffer.alloc(1_000); yield Buffer.alloc(500); })())],
    ['readFileSync, base64', 900, 900, (file) => (fs.writeFileSync(file, Buffer.alloc(900)), fs.readFileSync(file, 'base64'))],
    ['promises.readFile, latin1', 900, 900, async (file) => (fs.writeFileSync(file, Buffer.alloc(900, 0xe9)), await fs.promises.readFile(file, 'latin1'))],
    ['writeFile, twice the same buffer, then write', 0, 3_000, async (file) => {
      const bytes = Buffer.alloc(1_000);
      await promisify(fs.writeFile)(file, bytes);
      await promisify(fs.writeFile)(file, bytes);
      const descriptor = fs.openSync(file, 'a');
      await promisify(fs.write)(descriptor, bytes);
      fs.closeSync(descriptor);
    }],
  ])('counts bytes and not characters, each once: %s', async (_, readBytes, writtenBytes, act) => {
    const { disk } = await record(() => act(join(folder, 'encoded')));
    expect([disk.readBytes, disk.writtenBytes]).toEqual([readBytes, writtenBytes]);
    fs.rmSync(join(folder, 'encoded'), { force: true });
  });

  it('counts what a handle moves that was opened before', async () => {
    await record(() => fs.promises.stat(folder).then(() => new Promise((resolve) => setTimeout(resolve, 20)))); // From the first recording on it is known what handles are.
    const handle = await fs.promises.open(join(folder, 'before'), 'w');
    const { disk } = await record(() => handle.write(block));
    await handle.close();
    expect(disk.writtenBytes).toBe(BYTES);
  });

  it.each<[string, (socket: net.Socket) => void, (socket: net.Socket) => void]>([
    ['the last of a client', (socket) => socket.end(block), (socket) => socket.resume().on('end', () => socket.end())],
    ['the last of a server', (socket) => socket.resume(), (socket) => socket.end(block)],
  ])('counts %s', async (_, client, server) => {
    const { network } = await record(async () => {
      const listening = net.createServer(server).listen(0, '127.0.0.1');
      await once(listening, 'listening');
      const socket = net.connect((listening.address() as AddressInfo).port, '127.0.0.1');
      client(socket);
      await once(socket, 'close');
      await new Promise((resolve) => listening.close(resolve));
    });
    expect([network.readBytes, network.writtenBytes]).toEqual([BYTES, BYTES]);
  });

  it('counts what an HTTP server is sent over a connection that was open before, and what HTTP/2 moves', async () => {
    const server = http.createServer((request, response) => void request.resume().on('end', () => response.end('x'))).listen(0, '127.0.0.1');
    await once(server, 'listening');
    const { port } = server.address() as AddressInfo;
    const agent = new http.Agent({ keepAlive: true });
    const post = (body: Buffer) => new Promise((resolve) => http.request({ port, host: '127.0.0.1', method: 'POST', agent }, (response) => response.resume().on('end', resolve)).end(body));
    await post(Buffer.alloc(1));
    const one = await record(() => post(block));
    expect(target(one, `clients of :${port}`)?.readBytes ?? 0).toBeGreaterThanOrEqual(BYTES);
    agent.destroy();
    server.close();
    const two = await record(async () => {
      const answering = http2.createServer((_, response) => response.end(block)).listen(0, '127.0.0.1');
      await once(answering, 'listening');
      const client = http2.connect(`http://127.0.0.1:${(answering.address() as AddressInfo).port}`);
      await once(client.request({ ':path': '/' }).resume(), 'end');
      client.destroy();
      await new Promise((resolve) => answering.close(resolve));
    });
    expect(two.network.readBytes).toBeGreaterThanOrEqual(BYTES);
    expect(two.network.writtenBytes).toBeGreaterThanOrEqual(BYTES);
  });

  it('accounts for what the kernel counts', async () => {
    const file = join(folder, 'kernel');
    const profile = await record(() => {
      for (let round = 0; round < 10; round += 1) fs.writeFileSync(file, block);
    });
    if (profile.process === undefined) return; // No /proc.
    expect(profile.process.writtenBytes).toBeGreaterThanOrEqual(10 * BYTES);
    expect(profile.unattributedRatio).toBeLessThan(0.1);
  });

  it('finds who asked for it, by bytes', async () => {
    const file = join(folder, 'sites');
    fs.writeFileSync(file, block);
    const readMuch = () => {
      for (let round = 0; round < 300; round += 1) fs.readFileSync(file);
    };
    const readLittle = () => {
      for (let round = 0; round < 100; round += 1) fs.readFileSync(file);
    };
    const { sites, disk, targets } = await record(() => {
      readMuch();
      readLittle();
    });
    const { total } = sumsByFrame(sites);
    const bytesBy = (name: string) => total[sites.frames.findIndex((frame) => frame.name === name)] ?? 0;
    // 63 % of the operations are sampled: 190 and 63, right to 9 and 15 % nineteen times out of twenty; the seed is one of these.
    expect(Math.abs(bytesBy('readMuch') / (300 * BYTES) - 1)).toBeLessThan(0.15);
    expect(Math.abs(bytesBy('readLittle') / (100 * BYTES) - 1)).toBeLessThan(0.25);
    for (const { waitedBy, movedBy } of [disk, targets[0] ?? {}]) expect([waitedBy, movedBy].map((index) => sites.frames[index ?? -1]?.name)).toEqual(['readMuch', 'readMuch']);
  });

  it('counts what fails as an operation without bytes, and hands the failure on', async () => {
    const missing = join(folder, 'missing');
    const profile = await record(async () => {
      expect(() => fs.readFileSync(missing)).toThrow('ENOENT');
      await expect(fs.promises.readFile(missing)).rejects.toMatchObject({ code: 'ENOENT' });
      await expect(promisify(fs.readFile)(missing)).rejects.toMatchObject({ code: 'ENOENT' });
      expect(() => fs.readFile(missing, undefined as never)).toThrow('must be of type function');
    });
    expect(target(profile, missing)).toMatchObject({ operations: 3, readBytes: 0, syncOperations: 1 });
  });

  it('over a socket: counts bytes of both ends, and how long answers took', async () => {
    const server = net.createServer((socket) => socket.pipe(socket)).listen(0, '127.0.0.1');
    await once(server, 'listening');
    const { port } = server.address() as AddressInfo;
    const profile = await record(async () => {
      const socket = net.connect(port, '127.0.0.1');
      for (let turn = 0; turn < 20; turn += 1) {
        socket.write('question');
        await once(socket, 'data');
      }
      socket.destroy();
      await once(socket, 'close');
    });
    server.close();
    expect(target(profile, `127.0.0.1:${port}`)).toMatchObject({ kind: 'network', operations: 20, readBytes: 160, writtenBytes: 160, longestRow: expect.any(Number) });
    expect(target(profile, `127.0.0.1:${port}`)?.latency.count).toBe(20);
    expect(target(profile, `127.0.0.1:${port}`)?.followed).toBeGreaterThan(0);
    expect(target(profile, `clients of :${port}`)).toMatchObject({ readBytes: 160, writtenBytes: 160 });
  });

  it('counts answers over a pipe that was open before, too', async () => {
    const path = process.platform === 'win32' ? String.raw`\\.\pipe\fog-profiler-test` : join(folder, 'pipe');
    const server = net.createServer((socket) => socket.pipe(socket)).listen(path);
    await once(server, 'listening');
    const socket = net.connect(path);
    await once(socket, 'connect');
    const profile = await record(async () => {
      for (let turn = 0; turn < 20; turn += 1) {
        socket.write('question');
        await once(socket, 'data');
      }
    });
    socket.destroy();
    server.close();
    expect(target(profile, '(pipe)')).toMatchObject({ operations: 20, readBytes: 160, writtenBytes: 160, latency: { count: 20 } });
  });

  it('finds who makes HTTP requests, though they are sent when that code is no longer on the stack', async () => {
    const server = http.createServer((_, response) => response.end('answer')).listen(0, '127.0.0.1');
    await once(server, 'listening');
    const { port } = server.address() as AddressInfo;
    const agent = new http.Agent({ keepAlive: true });
    const getMany = async () => {
      for (let turn = 0; turn < 600; turn += 1) {
        const [response] = (await once(http.get({ port, host: '127.0.0.1', agent }), 'response')) as [http.IncomingMessage];
        await once(response.resume(), 'end');
      }
    };
    const postFew = async () => {
      for (let turn = 0; turn < 400; turn += 1) {
        const request = http.request({ port, host: '127.0.0.1', agent, method: 'POST' });
        request.end('question');
        const [response] = (await once(request, 'response')) as [http.IncomingMessage];
        await once(response.resume(), 'end');
      }
    };
    const fetchMany = async () => {
      for (let turn = 0; turn < 600; turn += 1) await (await fetch(`http://127.0.0.1:${port}`)).text();
    };
    const { sites, targets } = await record(async () => {
      await getMany();
      await postFew();
      await fetchMany();
    });
    agent.destroy();
    server.closeAllConnections();
    server.close();
    const { total } = sumsByFrame({ ...sites, values: sites.values.slice(0, 1) });
    const operationsBy = (name: string) => total[sites.frames.findIndex((frame) => frame.name === name)] ?? 0;
    expect(targets.filter(({ name }) => name === `127.0.0.1:${port}`).reduce((sum, { latency }) => sum + latency.count, 0)).toBe(1_600);
    // One in 64 is sampled: a handful of each.
    for (const name of ['getMany', 'postFew', 'fetchMany']) expect(operationsBy(name)).toBeGreaterThan(0);
    expect(operationsBy('getMany') + operationsBy('fetchMany')).toBeGreaterThan(operationsBy('postFew'));
    // Who answers asks for nothing.
    expect(targets.find(({ name }) => name === `clients of :${port}`)?.waitedBy).toBeUndefined();
  });

  it('tells what was read before the first request from what was read since', async () => {
    const server = http.createServer((_, response) => response.end(String(fs.existsSync(folder)))).listen(0, '127.0.0.1');
    await once(server, 'listening');
    const { requests, beforeRequests } = await record(async () => {
      for (let module = 0; module < 3; module += 1) fs.existsSync(join(folder, String(module)));
      for (let request = 0; request < 2; request += 1) await (await fetch(`http://127.0.0.1:${(server.address() as AddressInfo).port}`)).text();
    });
    server.closeAllConnections();
    server.close();
    expect(requests).toMatchObject([{ count: 2 }]);
    expect(beforeRequests).toEqual({ durationMs: expect.any(Number), syncOperations: 3, syncMs: expect.any(Number) });
  });

  it('puts every function back as it was', async () => {
    const own = () => [Object.getOwnPropertyNames(net.Socket.prototype).includes('write'), Object.getOwnPropertyNames(http.ClientRequest.prototype).includes('end')];
    const before = [fs.readFileSync, fs.promises.readFile, own()];
    await record(() => expect(fs.readFileSync).not.toBe(before[0]));
    expect([fs.readFileSync, fs.promises.readFile, own()]).toEqual(before);
  });

  it('leaves alone what somebody else has replaced meanwhile', async () => {
    const original = fs.readFileSync;
    let theirs = original;
    await record(() => {
      const below = fs.readFileSync;
      theirs = ((...args: Parameters<typeof fs.readFileSync>) => below(...args)) as typeof fs.readFileSync;
      fs.readFileSync = theirs;
    });
    expect(fs.readFileSync).toBe(theirs);
    expect(fs.readFileSync(new URL(import.meta.url), 'utf8')).toContain('somebody else');
    fs.readFileSync = original;
  });

  it('is refused to a second recording of the thread', async () => {
    await record(() => expect(() => ioRecorder().start()).toThrow(expect.objectContaining({ code: 'ERR_PROFILER_ALREADY_RECORDING' })));
  });

  it('sums up further files beyond a thousand', async () => {
    const { targets, disk } = await record(() => {
      for (let file = 0; file < 1_200; file += 1) fs.existsSync(join(folder, `none-${file}`));
    });
    expect(targets.length).toBeLessThanOrEqual(1_001);
    expect(target({ targets } as unknown as IoProfile, '(others)')?.operations).toBeGreaterThanOrEqual(200);
    expect(targets.reduce((sum, { operations }) => sum + operations, 0)).toBe(disk.operations);
  });
});
