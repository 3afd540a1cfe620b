import { createServer, connect, type AddressInfo } from 'node:net';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { createArena, type Arena } from '../src/arena.js';
import { createBufferPool } from '../src/buffer-pool.js';
import { readFileInto, readStreamInto, socketReader } from '../src/streams.js';

let arena: Arena;
beforeEach(() => {
  arena = createArena({ backend: 'javascript', maxBytes: 64 * 2 ** 20 });
});
afterEach(() => arena.close());

describe('a buffer pool', () => {
  it('gives the smallest size that holds what is asked for, and the same views again', () => {
    const pool = createBufferPool(arena, { sizes: [4_096, 64, 1_000] });
    const first = pool.acquire(65);
    expect(first.byteLength).toBe(1_000);
    const { u8, buffer } = first;
    buffer.write('fog');
    expect(u8[0]).toBe(102);
    first.release();
    const second = pool.acquire(900);
    expect(second.u8).toBe(u8);
    expect(pool.acquire(900).u8).not.toBe(u8);
    expect([1, 64, 1_001, 4_096].map((bytes) => pool.acquire(bytes).byteLength)).toEqual([64, 64, 4_096, 4_096]);
    expect(pool.stats()).toMatchObject({ leasedBuffers: 6, idleBuffers: 0, acquiresTotal: 7, reusesTotal: 1 });
  });

  it('finds the right size for each request up to the largest', () => {
    const sizes = [1, 63, 64, 65, 128, 700, 65_536, 100_000];
    const pool = createBufferPool(arena, { sizes });
    for (const bytes of [1, 2, 62, 63, 64, 65, 66, 127, 128, 129, 640, 641, 700, 701, 65_536, 65_537, 100_000]) {
      const buffer = pool.acquire(bytes);
      expect(buffer.byteLength).toBe(sizes.find((size) => size >= bytes));
      buffer.release();
    }
  });

  it('refuses a second release, sizes that it has not, and bad options', () => {
    const pool = createBufferPool(arena);
    const buffer = pool.acquire(100);
    buffer.release();
    expect(() => buffer.release()).toThrow(expect.objectContaining({ code: 'ERR_ARENA_DOUBLE_FREE' }));
    for (const bytes of [0, -1, Number.NaN, 2 ** 21]) expect(() => pool.acquire(bytes)).toThrow(expect.objectContaining({ code: 'ERR_ARENA_INVALID_ARGUMENT' }));
    for (const options of [{ sizes: [] }, { sizes: [0] }, { sizes: [1.5] }, { maxIdleBytes: -1 }, { more: 1 }]) expect(() => createBufferPool(arena, options as never)).toThrow(expect.objectContaining({ code: 'ERR_ARENA_INVALID_OPTION' }));
  });

  it('gives back to the arena what is beyond maxIdleBytes, on trim and on close', () => {
    const pool = createBufferPool(arena, { sizes: [1_000], maxIdleBytes: 2_500 });
    const buffers = Array.from({ length: 4 }, () => pool.acquire(1_000));
    for (const buffer of buffers) buffer.release();
    expect(pool.stats()).toMatchObject({ idleBuffers: 2, idleBytes: 2_000, leasedBuffers: 0 });
    expect(arena.stats().liveBlocks).toBe(2);
    expect(pool.trim()).toBe(2_000);
    expect(arena.stats().liveBlocks).toBe(0);
    const last = pool.acquire(10);
    pool.close();
    expect(() => pool.acquire(10)).toThrow(expect.objectContaining({ code: 'ERR_ARENA_CLOSED' }));
    last.release();
    expect(arena.stats().liveBlocks).toBe(0);
  });

  it('is an allocator for who wants buffers of a length', () => {
    const pool = createBufferPool(arena);
    const buffer = pool.alloc(100);
    expect(buffer.u8).toHaveLength(100);
    buffer.free();
    const next = pool.alloc(90);
    expect(next.u8.byteOffset).toBe(buffer.u8.byteOffset);
    expect(() => buffer.free()).toThrow(expect.objectContaining({ code: 'ERR_ARENA_DOUBLE_FREE' }));
    expect(pool.stats()).toMatchObject({ leasedBuffers: 1, idleBuffers: 0 });
  });

  it('hands out nothing that a reset of its arena ended', () => {
    const pool = createBufferPool(arena);
    const [idle, leased] = [pool.acquire(1_000), pool.acquire(1_000)];
    idle.release();
    arena.reset();
    leased.release();
    const fresh = pool.acquire(1_000);
    const other = arena.alloc(1_024);
    expect(fresh.u8.byteOffset).not.toBe(other.offset);
    expect(arena.stats().liveBlocks).toBe(2);
    expect(pool.stats()).toMatchObject({ leasedBuffers: 1, idleBuffers: 0, idleBytes: 0 });
  });

  it('hands out nothing that a reset of its part of the arena ended', () => {
    const part = arena.subArena({ maxBytes: 10_000 });
    const pool = createBufferPool(part);
    pool.acquire(1_000).release();
    part.reset();
    pool.acquire(1_000);
    expect(part.stats().liveBlocks).toBe(1);
    expect(pool.stats()).toMatchObject({ reusesTotal: 0, idleBytes: 0 });
  });
});

describe('reading into blocks', () => {
  it('reads a whole file', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'fog-arena-'));
    const path = join(folder, 'file');
    writeFileSync(path, 'fog on the moor');
    const block = await readFileInto(arena, path);
    expect(block?.buffer.toString()).toBe('fog on the moor');
    writeFileSync(path, '');
    expect(await readFileInto(arena, path)).toBeUndefined();
    rmSync(folder, { recursive: true });
    await expect(readFileInto(arena, path)).rejects.toMatchObject({ code: 'ENOENT' });
    expect(arena.stats().liveBlocks).toBe(1);
  });

  const chunks = (...lengths: number[]): Readable => Readable.from(lengths.map((length, index) => Buffer.alloc(length, index)));

  it.each([[[10]], [[70_000, 1, 70_000]], [[1, 2, 3]], [[65_536]]])('reads a stream of chunks of %p bytes', async (lengths) => {
    const block = await readStreamInto(arena, chunks(...lengths));
    expect(Buffer.compare(block?.buffer ?? Buffer.of(), Buffer.concat(lengths.map((length, index) => Buffer.alloc(length, index))))).toBe(0);
    expect(arena.stats().liveBlocks).toBe(1);
  });

  it('leaves no block when there is nothing, too much, or a failure', async () => {
    expect(await readStreamInto(arena, chunks())).toBeUndefined();
    expect(await readStreamInto(arena, chunks(0))).toBeUndefined();
    await expect(readStreamInto(arena, chunks(60, 60), { maxBytes: 100 })).rejects.toMatchObject({ code: 'ERR_ARENA_TOO_LONG' });
    await expect(readStreamInto(arena, chunks(60, 60), { bytes: 100 })).rejects.toMatchObject({ code: 'ERR_ARENA_TOO_LONG' });
    const failing = new Readable({
      read() {
        this.destroy(new Error('gone'));
      },
    });
    await expect(readStreamInto(arena, failing)).rejects.toThrow('gone');
    const abort = new AbortController();
    abort.abort(new Error('enough'));
    await expect(readStreamInto(arena, chunks(60), { signal: abort.signal })).rejects.toThrow('enough');
    expect(arena.stats().liveBlocks).toBe(0);
  });

  it('reads a socket into one buffer', async () => {
    const server = createServer((socket) => socket.end('from the socket')).listen(0);
    await once(server, 'listening');
    const pool = createBufferPool(arena);
    let text = '';
    using reader = socketReader(pool, 4, (bytes) => void (text += Buffer.from(bytes).toString()));
    const socket = connect({ port: (server.address() as AddressInfo).port, onread: reader });
    await once(socket, 'close');
    server.close();
    await once(server, 'close');
    expect(text).toBe('from the socket');
    expect(arena.stats().liveBlocks).toBe(1);
  });
});
