import { existsSync } from 'node:fs';
import { PassThrough, Readable } from 'node:stream';
import { afterEach, beforeEach, expect, it } from '@jest/globals';
import { createArena, type Arena } from '../src/arena.js';
import { createBufferPool } from '../src/buffer-pool.js';
import { readFileInto, readStreamInto, socketReader } from '../src/streams.js';

let arena: Arena;
beforeEach(() => {
  arena = createArena({ backend: 'javascript' });
});
afterEach(() => arena.close());

it('a stream is given up while nothing comes from it, and ended', async () => {
  const abort = new AbortController();
  const stalled = new PassThrough();
  stalled.write('some');
  const reading = readStreamInto(arena, stalled, { signal: abort.signal });
  await new Promise(setImmediate);
  abort.abort(new Error('enough'));
  await expect(reading).rejects.toThrow('enough');
  expect(stalled.destroyed).toBe(true);
  expect(arena.stats().liveBlocks).toBe(0);
});

it('what else is iterated is given up while nothing comes from it', async () => {
  const abort = new AbortController();
  const reading = readStreamInto(arena, { [Symbol.asyncIterator]: () => ({ next: () => new Promise(() => undefined) }) }, { signal: abort.signal });
  abort.abort(new Error('enough'));
  await expect(reading).rejects.toThrow('enough');
});

it('a stream that fails, or is too long, is ended with the reading', async () => {
  const { signal } = new AbortController();
  for (const options of [{}, { signal }]) {
    const long = Readable.from([Buffer.alloc(60), Buffer.alloc(60), Buffer.alloc(60)]);
    await expect(readStreamInto(arena, long, { ...options, maxBytes: 100 })).rejects.toMatchObject({ code: 'ERR_ARENA_TOO_LONG' });
    expect(long.destroyed).toBe(true);
  }
  expect(arena.stats().liveBlocks).toBe(0);
});

it('a stream may bring bytes in whatever array, and nothing else', async () => {
  const chunks = [Uint16Array.of(0x0101), Uint8Array.of(2).buffer, new DataView(Uint8Array.of(0, 3).buffer, 1), Buffer.of(4)];
  const block = await readStreamInto(arena, Readable.from(chunks) as never);
  expect([...(block?.u8 ?? [])]).toEqual([1, 1, 2, 3, 4]);
  block?.free();
  for (const chunk of ['text', { a: 1 }, 7]) await expect(readStreamInto(arena, Readable.from([chunk]))).rejects.toMatchObject({ code: 'ERR_ARENA_INVALID_ARGUMENT' });
  for (const stream of [null, undefined, 7, {}]) await expect(readStreamInto(arena, stream as never)).rejects.toMatchObject({ code: 'ERR_ARENA_INVALID_ARGUMENT' });
  for (const options of [null, 7, { signal: 7 }]) {
    await expect(readStreamInto(arena, Readable.from([]), options as never)).rejects.toMatchObject({ code: 'ERR_ARENA_INVALID_OPTION' });
    await expect(readFileInto(arena, 'any', options as never)).rejects.toMatchObject({ code: 'ERR_ARENA_INVALID_OPTION' });
  }
  for (const source of [null, undefined, 7, {}, { alloc: () => undefined }]) {
    await expect(readStreamInto(source as never, Readable.from([]))).rejects.toMatchObject({ code: 'ERR_ARENA_INVALID_ARGUMENT' });
    await expect(readFileInto(source as never, 'any')).rejects.toMatchObject({ code: 'ERR_ARENA_INVALID_ARGUMENT' });
    expect(() => socketReader(source as never, 10, () => true)).toThrow(expect.objectContaining({ code: 'ERR_ARENA_INVALID_ARGUMENT' }));
  }
  for (const path of [null, undefined, 7, {}]) await expect(readFileInto(arena, path as never)).rejects.toMatchObject({ code: 'ERR_ARENA_INVALID_ARGUMENT' });
  expect(() => socketReader(createBufferPool(arena), 10, 7 as never)).toThrow(expect.objectContaining({ code: 'ERR_ARENA_INVALID_ARGUMENT' }));
  expect(arena.stats().liveBlocks).toBe(0);
});

if (existsSync('/proc/self/status'))
  it('what is no regular file is refused, before it holds a thread', async () => {
    await expect(readFileInto(arena, '/dev/zero')).rejects.toMatchObject({ code: 'ERR_ARENA_INVALID_ARGUMENT' });
  });

  it('a file that does not tell its size is read to its end', async () => {
    const block = await readFileInto(arena, '/proc/self/status');
    expect(block?.buffer.toString()).toMatch(/^Name:.*\n/);
  });

it.each([[[10]], [[70_000]], [[20_000, 20_000, 20_000]]])('a stream of chunks of %p bytes needs no budget beyond them', async (lengths) => {
  const bytes = lengths.reduce((sum, length) => sum + length, 0);
  const part = arena.subArena({ maxBytes: bytes });
  const block = await readStreamInto(part, Readable.from(lengths.map((length, index) => Buffer.alloc(length, index + 1))));
  expect(block?.byteLength).toBe(bytes);
  expect(block?.u8.at(-1)).toBe(lengths.length);
  block?.free();
});

it('a stream of more than there is says so', async () => {
  const part = arena.subArena({ maxBytes: 100 });
  await expect(readStreamInto(part, Readable.from([Buffer.alloc(60), Buffer.alloc(60)]))).rejects.toMatchObject({ code: 'ERR_ARENA_BUDGET_EXCEEDED' });
  expect(part.stats().liveBlocks).toBe(0);
});

it('a stream of the web is cancelled, though nothing comes from it', async () => {
  const abort = new AbortController();
  let cancelled: unknown;
  const stalled = new ReadableStream<Uint8Array>({ start: (controller) => controller.enqueue(Buffer.alloc(10)), cancel: (reason) => void (cancelled = reason) });
  const reading = readStreamInto(arena, stalled as AsyncIterable<Uint8Array>, { signal: abort.signal });
  await new Promise(setImmediate);
  abort.abort('enough');
  await expect(reading).rejects.toBe('enough');
  expect(cancelled).toBe('enough');
  expect(arena.stats().liveBlocks).toBe(0);
});

it('what is no bytes is refused in a line', async () => {
  await expect(readStreamInto(arena, Readable.from(['x'.repeat(10_000)]))).rejects.toMatchObject({ code: 'ERR_ARENA_INVALID_ARGUMENT', message: expect.stringMatching(/^.{50,200}$/) });
});
