import { describe, expect, it } from '@jest/globals';
import { createArena } from '../src/arena.js';
import { createBufferPool } from '../src/buffer-pool.js';
import { backends } from './backends.js';

/** What a call that was not thought of gets. */
const refused = (code: string): unknown => expect.objectContaining({ name: 'ArenaError', code });

describe.each(backends)('on the %s backend', (backend) => {
  it('realloc refuses a block of another arena, which stays as it was', async () => {
    await using arena = createArena({ backend });
    await using other = createArena({ backend });
    const block = other.alloc(100);
    const sub = arena.subArena({ maxBytes: 1_000 });
    expect(() => arena.realloc(block, 50)).toThrow(refused('ERR_ARENA_FOREIGN_BLOCK'));
    expect(() => sub.realloc(block, 50)).toThrow(refused('ERR_ARENA_FOREIGN_BLOCK'));
    expect(() => arena.scope((scope) => scope.realloc(block, 50))).toThrow(refused('ERR_ARENA_FOREIGN_BLOCK'));
    for (const bad of [undefined, null, 7, {}]) expect(() => sub.realloc(bad as never, 50)).toThrow(refused('ERR_ARENA_INVALID_ARGUMENT'));
    expect(block.isLive).toBe(true);
    expect(arena.stats().liveBlocks).toBe(0);
  });

  it('realloc within a budget needs room for the difference alone', async () => {
    await using arena = createArena({ backend });
    const sub = arena.subArena({ maxBytes: 100 });
    const block = sub.alloc(80);
    block.u8.fill(7);
    const shorter = sub.realloc(block, 70);
    expect(new Set(shorter.u8)).toEqual(new Set([7]));
    expect(sub.stats()).toMatchObject({ liveBlocks: 1, liveBytes: 70 });
    expect(() => sub.realloc(shorter, 101)).toThrow(refused('ERR_ARENA_BUDGET_EXCEEDED'));
    expect(shorter.isLive).toBe(true);
    expect(sub.stats()).toMatchObject({ liveBlocks: 1, liveBytes: 70, peakLiveBytes: 80 });
    expect(sub.realloc(shorter, 100).byteLength).toBe(100);
  });

  it('a block that realloc gave in a scope ends with it, in the same place or not', async () => {
    await using arena = createArena({ backend });
    arena.scope(() => {
      const block = arena.alloc(60);
      const here = arena.realloc(block, 61);
      expect(here.offset).toBe(block.offset);
      arena.realloc(here, 6_000);
    });
    expect(arena.stats()).toMatchObject({ liveBlocks: 0, liveBytes: 0 });
  });

  it('realloc in place counts what was added and what was given up, and never takes back what was counted', async () => {
    await using arena = createArena({ backend });
    const block = arena.realloc(arena.alloc(1_000), 900);
    expect(arena.stats()).toMatchObject({ liveBytes: 900, allocatedBytesTotal: 1_000 });
    arena.realloc(block, 1_000);
    expect(arena.stats()).toMatchObject({ liveBytes: 1_000, allocatedBytesTotal: 1_100 });
  });

  it('a scope that has ended gives nothing that nobody would free', async () => {
    await using arena = createArena({ backend, initialBytes: 65_536, maxBytes: 65_536 });
    const scope = arena.scope((scope) => scope);
    expect(() => scope.alloc(1)).toThrow(refused('ERR_ARENA_CLOSED'));
    expect(() => scope.tryAlloc(1)).toThrow(refused('ERR_ARENA_CLOSED'));
    await expect(scope.allocAsync(1)).rejects.toEqual(refused('ERR_ARENA_CLOSED'));
    const all = arena.alloc(60_000);
    const late = arena.scope((scope) => ({ waiting: scope.allocAsync(50_000) }));
    all.free();
    await expect(late.waiting).rejects.toEqual(refused('ERR_ARENA_CLOSED'));
    expect(arena.stats().liveBlocks).toBe(0);
  });

  it('falls back to memory outside only where there is some, and says so else', async () => {
    await using arena = createArena({ backend, initialBytes: 65_536, maxBytes: 65_536, onExhausted: 'buffer' });
    expect(() => arena.alloc(2 ** 50)).toThrow(refused('ERR_ARENA_EXHAUSTED'));
    expect(arena.stats()).toMatchObject({ fallbacksTotal: 0, exhaustionsTotal: 1 });
  });

  it('refuses what is no signal, no handle, no number of bytes', async () => {
    const arena = createArena({ backend });
    await expect(arena.allocAsync(1, { signal: 'stop' as never })).rejects.toEqual(refused('ERR_ARENA_INVALID_OPTION'));
    for (const handle of ['5', 5n, null, {}]) {
      expect(() => arena.freeHandle(handle as never)).toThrow(refused('ERR_ARENA_INVALID_ARGUMENT'));
      expect(() => arena.openHandle(handle as never)).toThrow(refused('ERR_ARENA_INVALID_ARGUMENT'));
    }
    for (const bytes of [-1, Number.NaN, '5', null]) expect(() => arena.evict(bytes as never)).toThrow(refused('ERR_ARENA_INVALID_ARGUMENT'));
    expect(() => arena.allocBatch(0, 0)).toThrow(refused('ERR_ARENA_INVALID_ARGUMENT'));
    await arena.close();
    expect(() => arena.evict()).toThrow(refused('ERR_ARENA_CLOSED'));
    expect(() => arena.sizeClasses()).toThrow(refused('ERR_ARENA_CLOSED'));
  });

  it('a pool refuses more than its largest buffer, however much more, and what is no whole number', async () => {
    await using arena = createArena({ backend });
    const pool = createBufferPool(arena);
    for (const bytes of [2 ** 20 + 1, 2 ** 32, 2 ** 32 + 64, 2 ** 53, Infinity, Number.NaN, 0, -1, 1.5, '64', [8], 5n]) expect(() => pool.acquire(bytes as never)).toThrow(refused('ERR_ARENA_INVALID_ARGUMENT'));
    expect(pool.acquire(2 ** 20).byteLength).toBe(2 ** 20);
    expect(pool.acquire(65_537).byteLength).toBe(2 ** 17);
    expect(() => createBufferPool(7 as never)).toThrow(refused('ERR_ARENA_INVALID_ARGUMENT'));
    for (const options of [null, 5, 'no']) expect(() => createBufferPool(arena, options as never)).toThrow(refused('ERR_ARENA_INVALID_OPTION'));
  });
});
