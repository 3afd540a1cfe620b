import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { createArena } from '../src/arena.js';
import { backends } from './backends.js';

const MiB = 2 ** 20;
const folder = mkdtempSync(join(tmpdir(), 'fog-arena-lazy-'));
const path = join(folder, 'file');
const contents = Uint8Array.from({ length: 3 * 65_536 + 100 }, (_, index) => index % 251);
beforeAll(() => writeFileSync(path, contents));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const sameBytes = (bytes: Uint8Array): boolean => Buffer.compare(bytes, contents.subarray(0, bytes.length)) === 0;

describe.each(backends)('a lazy object on the %s backend', (backend) => {
  it.each(['map', 'read'] as const)('of a file (%s) is loaded when it is touched, and again after it was evicted', async (mode) => {
    await using arena = createArena({ backend });
    const object = arena.lazy(path, { mode });
    expect(object).toMatchObject({ byteLength: contents.length, isLoaded: false, loads: 0 });
    expect(arena.stats().liveBlocks).toBe(0);
    expect(sameBytes(object.u8)).toBe(true);
    expect(object.u8).toHaveLength(contents.length);
    object.u8[0] = 99; // Private: the file does not change.
    expect(object).toMatchObject({ isLoaded: true, loads: 1 });
    expect(object.evict()).toBe(true);
    expect(object.evict()).toBe(false);
    expect(arena.stats().liveBlocks).toBe(0);
    expect(sameBytes(arena.lazy(pathToFileURL(path), { bytes: 1_000 }).u8)).toBe(true);
    expect(sameBytes(await object.load())).toBe(true);
    expect(object.loads).toBe(2);
  });

  it('leaves plain memory behind, for whatever block comes next', async () => {
    await using arena = createArena({ backend, initialBytes: MiB, maxBytes: MiB });
    const object = arena.lazy(path);
    expect(sameBytes(object.u8)).toBe(true);
    object.close();
    const block = arena.alloc(MiB);
    block.u8.fill(1);
    expect(block.u8.every((byte) => byte === 1)).toBe(true);
    expect(() => object.u8).toThrow(expect.objectContaining({ code: 'ERR_ARENA_CLOSED' }));
  });

  it('of a function is filled by it, once for all who wait', async () => {
    await using arena = createArena({ backend });
    let calls = 0;
    const object = arena.lazy(
      async (bytes) => {
        calls += 1;
        await Promise.resolve();
        bytes.fill(5);
      },
      { bytes: 1_000 },
    );
    expect(() => object.u8).toThrow(expect.objectContaining({ code: 'ERR_ARENA_NOT_LOADED' }));
    const [one, other] = await Promise.all([object.load(), object.load()]);
    expect(one.buffer).toBe(other.buffer);
    expect(object.u8.every((byte) => byte === 5)).toBe(true);
    expect(calls).toBe(1);
    const sync = arena.lazy((bytes) => void bytes.fill(6), { bytes: 10 });
    expect([...sync.u8]).toEqual(Array.from({ length: 10 }, () => 6));
  });

  it('has what its loader gives, in whatever array, if it does not fill what it is handed', async () => {
    await using arena = createArena({ backend });
    arena.allocBatch(64, 100).forEach((block) => void block.u8.fill(9));
    arena.reset();
    expect([...arena.lazy(() => Buffer.from([1, 2]), { bytes: 4 }).u8]).toEqual([1, 2, 0, 0]);
    expect([...(await arena.lazy(() => Promise.resolve(Uint16Array.of(0x0101, 0x0101).buffer), { bytes: 4 }).load())]).toEqual([1, 1, 1, 1]);
    expect([...arena.lazy((bytes) => bytes.fill(3).subarray(1), { bytes: 4 }).u8]).toEqual([3, 3, 3, 3]);
    const { liveBlocks } = arena.stats();
    const tooLong = expect.objectContaining({ code: 'ERR_ARENA_INVALID_ARGUMENT' });
    expect(() => arena.lazy(() => new Uint8Array(5), { bytes: 4 }).u8).toThrow(tooLong);
    await expect(arena.lazy(() => Promise.resolve(new Uint8Array(5)), { bytes: 4 }).load()).rejects.toThrow(tooLong);
    expect(arena.stats().liveBlocks).toBe(liveBlocks);
  });

  it('fails with what its loader failed of, and can be tried again', async () => {
    await using arena = createArena({ backend });
    let fails = true;
    const object = arena.lazy(
      () => {
        if (fails) throw new Error('not now');
      },
      { bytes: 10 },
    );
    expect(() => object.u8).toThrow('not now');
    await expect(object.load()).rejects.toThrow('not now');
    expect(arena.stats().liveBlocks).toBe(0);
    fails = false;
    expect(object.u8).toHaveLength(10);
    expect(() => arena.lazy(join(folder, 'none'))).toThrow(expect.objectContaining({ code: 'ENOENT' }));
  });

  it('whose loader never settles leaves nobody waiting once it, or its arena, is closed', async () => {
    const arena = createArena({ backend });
    const [one, other] = [1, 2].map(() => arena.lazy(() => new Promise(() => undefined), { bytes: 10 }));
    const loads = [one?.load(), other?.use((bytes) => bytes.length)];
    one?.close();
    await expect(loads[0]).rejects.toMatchObject({ code: 'ERR_ARENA_CLOSED' });
    await arena.close();
    await expect(loads[1]).rejects.toMatchObject({ code: 'ERR_ARENA_CLOSED' });
  });

  it('keeps its memory from others after it was closed, for as long as its loader may write there', async () => {
    await using arena = createArena({ backend });
    let write = (): void => undefined;
    const object = arena.lazy((bytes) => new Promise<void>((resolve) => {
      write = () => resolve(void bytes.fill(1));
    }), { bytes: 10 });
    const loading = object.load();
    object.close();
    await expect(loading).rejects.toMatchObject({ code: 'ERR_ARENA_CLOSED' });
    expect(arena.stats().liveBlocks).toBe(1);
    write();
    await new Promise(setImmediate);
    expect(arena.stats().liveBlocks).toBe(0);
  });

  it('keeps its memory after it was closed for as long as it is in use', async () => {
    await using arena = createArena({ backend });
    const object = arena.lazy((bytes) => void bytes.fill(5), { bytes: 1_000 });
    await object.use(async (bytes) => {
      object.close();
      await Promise.resolve();
      const mine = arena.allocBatch(1_000, 20);
      for (const { u8 } of mine) u8.fill(1);
      expect(new Set(bytes)).toEqual(new Set([5]));
      for (const block of mine) block.free();
    });
    expect(arena.stats().liveBlocks).toBe(0);
  });

  it('that its own loader closes is closed', async () => {
    await using arena = createArena({ backend });
    const object = arena.lazy(() => object.close(), { bytes: 1_000 });
    expect(() => object.u8).toThrow(expect.objectContaining({ code: 'ERR_ARENA_CLOSED' }));
    expect(object.isLoaded).toBe(false);
    expect(arena.stats().liveBlocks).toBe(0);
  });

  it('is not loaded yet for its own loader, and awaits whatever can be awaited', async () => {
    await using arena = createArena({ backend });
    const own = arena.lazy(() => own.u8, { bytes: 10 });
    expect(() => own.u8).toThrow(expect.objectContaining({ code: 'ERR_ARENA_NOT_LOADED' }));
    // oxlint-disable-next-line unicorn/no-thenable -- what a load might give by mistake
    const thenable = { then: (resolve: (bytes: Uint8Array) => void) => resolve(Uint8Array.of(7)) };
    expect([...(await arena.lazy(() => thenable, { bytes: 2 }).load())]).toEqual([7, 0]);
    await expect(arena.lazy(() => undefined, { bytes: 1 }).use(7 as never)).rejects.toMatchObject({ code: 'ERR_ARENA_INVALID_ARGUMENT' });
    for (const bytes of [Number.NaN, -1, '1']) expect(() => arena.evict(bytes as never)).toThrow(expect.objectContaining({ code: 'ERR_ARENA_INVALID_ARGUMENT' }));
  });

  it('is made of regular files alone', async () => {
    await using arena = createArena({ backend });
    const notAFile = expect.objectContaining({ code: 'ERR_ARENA_INVALID_OPTION' });
    for (const other of [folder, '/dev/null'].filter((each) => existsSync(each))) {
      expect(() => arena.lazy(other)).toThrow(notAFile);
      expect(() => arena.lazy(other, { bytes: 10 }).u8).toThrow(notAFile);
    }
    expect(arena.stats().liveBlocks).toBe(0);
  });

  it('makes room for others when it was touched least recently, but not while it is in use', async () => {
    await using arena = createArena({ backend, lazyBudgetBytes: 3_000 });
    const [a, b, c] = [1, 2, 3].map((value) => arena.lazy((bytes) => void bytes.fill(value), { bytes: 1_000 }));
    if (a === undefined || b === undefined || c === undefined) throw new Error('three were made');
    void [a.u8, b.u8, c.u8, a.u8];
    const d = arena.lazy(() => undefined, { bytes: 1_000 });
    void d.u8;
    expect([a, b, c, d].map((each) => each.isLoaded)).toEqual([true, false, true, true]);
    await c.use((bytes) => {
      expect(bytes[0]).toBe(3);
      void b.u8;
      expect([a, b, c, d].map((each) => each.isLoaded)).toEqual([false, true, true, true]);
      expect(c.evict()).toBe(false);
    });
    expect(arena.evict()).toBe(3_000);
  });

  it('keeps to its budget with those that are in use or being loaded, too', async () => {
    await using arena = createArena({ backend, lazyBudgetBytes: 3_000 });
    const [a, b, c] = [1, 2, 3].map((value) => arena.lazy((bytes) => Promise.resolve(void bytes.fill(value)), { bytes: 1_400 }));
    if (a === undefined || b === undefined || c === undefined) throw new Error('three were made');
    const loading = [a.load(), b.load()];
    const refusal = { code: 'ERR_ARENA_BUDGET_EXCEEDED', message: expect.stringContaining('may have 3000 bytes: 2800 are in use or being loaded, and 1400 more') };
    await expect(c.load()).rejects.toMatchObject(refusal);
    await Promise.all(loading);
    await a.use(() => b.use(() => expect(c.load()).rejects.toMatchObject(refusal)));
    expect((await c.load())[0]).toBe(3);
    expect([a, b, c].map((each) => each.isLoaded)).toEqual([false, true, true]);
    arena.reset();
    await Promise.all([a.load(), b.load()]);
    expect(arena.evict()).toBe(2_800);
  });

  it('can be waited for until a signal, while others wait on', async () => {
    await using arena = createArena({ backend });
    let resolve: (bytes: Uint8Array) => void = () => undefined;
    const promise = new Promise<Uint8Array>((settle) => (resolve = settle));
    const object = arena.lazy(() => promise, { bytes: 1 });
    const abort = new AbortController();
    const [patient, impatient] = [object.load(), object.use(() => 'used', { signal: abort.signal })];
    abort.abort(new Error('enough'));
    await expect(impatient).rejects.toThrow('enough');
    await expect(object.load({ signal: abort.signal })).rejects.toThrow('enough');
    await expect(object.load({ signal: 7 as never })).rejects.toMatchObject({ code: 'ERR_ARENA_INVALID_OPTION' });
    resolve(Uint8Array.of(5));
    expect([...(await patient)]).toEqual([5]);
    expect(await object.use(([byte]) => byte, { signal: new AbortController().signal })).toBe(5);
    expect(object.evict()).toBe(true);
  });

  it('gives way to blocks when the arena is exhausted', async () => {
    await using arena = createArena({ backend, initialBytes: MiB, maxBytes: MiB });
    const object = arena.lazy((bytes) => void bytes.fill(1), { bytes: 500_000 });
    void object.u8;
    expect(arena.alloc(900_000).byteLength).toBe(900_000);
    expect(object.isLoaded).toBe(false);
    expect(() => object.u8).toThrow(expect.objectContaining({ code: 'ERR_ARENA_EXHAUSTED' }));
  });

  it('ends with a reset, and comes back at the next touch', async () => {
    await using arena = createArena({ backend });
    const object = arena.lazy(path);
    void object.u8;
    arena.reset();
    expect(arena.stats().liveBlocks).toBe(0);
    expect(sameBytes(object.u8)).toBe(true);
  });

  it.each([
    [7, undefined],
    [() => undefined, undefined],
    [() => undefined, { bytes: 0 }],
    [() => undefined, { bytes: 1.5 }],
    [() => undefined, { bytes: 2 ** 40 }],
    [() => undefined, { bytes: 10, mode: 'hope' }],
    [() => undefined, { bytes: 10, more: 1 }],
    [() => undefined, null],
  ])('is not made of %p with %p', async (source, options) => {
    await using arena = createArena({ backend });
    expect(() => arena.lazy(source as never, options as never)).toThrow(expect.objectContaining({ code: 'ERR_ARENA_INVALID_OPTION' }));
  });

  it('is not longer than its file', async () => {
    await using arena = createArena({ backend });
    const object = arena.lazy(path, { bytes: contents.length + 1 });
    expect(() => object.u8).toThrow(expect.objectContaining({ code: 'ERR_ARENA_INVALID_OPTION' }));
  });
});
