import { afterEach, describe, expect, it } from '@jest/globals';
import { createArena, type Arena } from '../src/arena.js';
import type { ArenaOptions } from '../src/options.js';
import { backends } from './backends.js';

const KiB = 1_024;
const MiB = 1_024 * KiB;

describe.each(backends)('an arena on the %s backend', (backend) => {
  const arenas: Arena[] = [];
  const create = (options: ArenaOptions = {}): Arena => {
    const arena = createArena({ initialBytes: 64 * KiB, maxBytes: 64 * KiB, name: 'test', backend, ...options });
    arenas.push(arena);
    return arena;
  };
  afterEach(async () => {
    for (const arena of arenas.splice(0)) await arena.close();
  });

  it('tells which backend it got', () => {
    expect(create().backend).toBe(backend);
  });

  it('gives blocks whose views all show the same bytes', () => {
    const block = create().alloc(24);
    block.view(Float64Array)[1] = 1.5;
    expect(block.u8.byteLength).toBe(24);
    expect(block.buffer.readDoubleLE(8)).toBe(1.5);
    expect(block.view(BigUint64Array)).toHaveLength(3);
    expect(new DataView(block.u8.buffer, block.u8.byteOffset).getFloat64(8, true)).toBe(1.5);
    expect(block.u8).toBe(block.u8);
  });

  it('gives every block its own memory', () => {
    const arena = create();
    const blocks = [1, 100, 16, 1_000, 9_000, 33].map((bytes) => arena.alloc(bytes));
    blocks.forEach((block, index) => block.u8.fill(index + 1));
    blocks.forEach((block, index) => expect(new Set(block.u8)).toEqual(new Set([index + 1])));
  });

  it('aligns every block to 16 bytes, and to what is asked for', () => {
    const arena = create();
    for (const align of [1, 2, 4, 8, 16, 32, 64, 4_096]) {
      const block = arena.alloc(10, { align });
      expect(block.offset % Math.max(16, align)).toBe(0);
      expect(arena.alloc(3).offset % 16).toBe(0);
    }
    expect(arena.alloc(8, {}).byteLength).toBe(8);
  });

  it('serves one block of all its memory', () => {
    const arena = create();
    const block = arena.alloc(64 * KiB, { align: 4_096 });
    expect(arena.stats()).toMatchObject({ liveBytes: 64 * KiB, freeBytes: 0, utilisationRatio: 1, externalFragmentationRatio: 0 });
    block.free();
    expect(arena.stats()).toMatchObject({ liveBytes: 0, freeBytes: 64 * KiB, freeBlocks: 1 });
  });

  it('grows up to maxBytes when it must, and keeps what is in its blocks', () => {
    const arena = create({ initialBytes: 64 * KiB, maxBytes: 3 * MiB });
    const first = arena.alloc(60 * KiB);
    const view = first.u8.fill(7);
    const second = arena.alloc(MiB);
    expect(arena.stats()).toMatchObject({ growsTotal: 1, maxBytes: 3 * MiB });
    expect(arena.stats().committedBytes).toBeGreaterThanOrEqual(MiB + 60 * KiB);
    second.u8.fill(9);
    expect(view.every((byte) => byte === 7)).toBe(true);
    expect(first.u8.every((byte) => byte === 7)).toBe(true);
    expect(second.u8.every((byte) => byte === 9)).toBe(true);
  });

  it('grows by no more than maxBytes, joining the free block at its end', () => {
    const arena = create({ initialBytes: 64 * KiB, maxBytes: 128 * KiB });
    arena.alloc(16 * KiB);
    const rest = arena.alloc(112 * KiB);
    expect(rest.offset).toBe(16 * KiB);
    expect(arena.stats()).toMatchObject({ committedBytes: 128 * KiB, freeBytes: 0 });
  });

  it('does not grow for what would not fit even then', () => {
    const arena = create({ initialBytes: 64 * KiB, maxBytes: 128 * KiB });
    arena.alloc(32 * KiB);
    expect(arena.tryAlloc(112 * KiB)).toBeUndefined();
    expect(arena.stats().committedBytes).toBe(64 * KiB);
  });

  it('refuses with the numbers when it is exhausted', () => {
    const arena = create();
    const blocks = arena.allocBatch(16 * KiB, 4);
    blocks[0]?.free();
    blocks[2]?.free();
    const figures = { askedBytes: 20_000, alignBytes: 64, freeBytes: 32 * KiB, largestFreeBytes: 16 * KiB, externalFragmentationRatio: 0.5, committedBytes: 64 * KiB, maxBytes: 64 * KiB };
    expect(() => arena.alloc(20_000, { align: 64 })).toThrow(
      expect.objectContaining({
        code: 'ERR_ARENA_EXHAUSTED',
        exhaustion: figures,
        message: "arena 'test' has no room for 20000 bytes aligned to 64: 32768 of 65536 bytes are free, the largest free block has 16384 (external fragmentation 0.50), and the arena may grow to 65536",
      }),
    );
    expect(arena.tryAlloc(20_000)).toBeUndefined();
    expect(arena.tryAlloc(2 ** 40)).toBeUndefined();
    expect(arena.stats().exhaustionsTotal).toBe(3);
  });

  it('takes back cached small blocks before it gives up', () => {
    const arena = create({ initialBytes: 4 * MiB, maxBytes: 4 * MiB });
    for (const block of arena.allocBatch(64, 1_000)) block.free();
    expect(arena.stats().cachedBytes).toBeGreaterThan(0);
    expect(arena.alloc(4 * MiB).byteLength).toBe(4 * MiB);
    expect(arena.stats().cachedBytes).toBe(0);
  });

  it('serves what fits exactly, though blocks of its size class are larger', () => {
    const arena = create({ initialBytes: 8_192, maxBytes: 8_192 });
    arena.alloc(3_072, { align: 32 });
    arena.alloc(48, { align: 32 });
    expect(arena.alloc(8_192 - 3_072 - 48).byteLength).toBe(5_072);
    expect(arena.stats()).toMatchObject({ freeBytes: 0, cachedBytes: 0 });
  });

  it('fills up with small blocks to the last one', () => {
    const arena = create();
    const blocks = arena.allocBatch(16, 4_096);
    expect(new Set(blocks.map(({ offset }) => offset)).size).toBe(4_096);
    expect(arena.stats()).toMatchObject({ liveBlocks: 4_096, freeBytes: 0, cachedBytes: 0 });
    expect(arena.tryAlloc(1)).toBeUndefined();
  });

  it('gives a batch as a whole or not at all', () => {
    const arena = create();
    expect(arena.allocBatch(100, 0)).toEqual([]);
    expect(arena.allocBatch(1_000, 10, { align: 64 }).map(({ offset }) => offset % 64)).toEqual(Array(10).fill(0));
    const { reservedBytes } = arena.stats();
    expect(() => arena.allocBatch(10 * KiB, 6)).toThrow(expect.objectContaining({ code: 'ERR_ARENA_EXHAUSTED' }));
    expect(arena.stats()).toMatchObject({ liveBlocks: 10, liveBytes: 10_000, reservedBytes });
  });

  it('frees all blocks at once by reset, and their tokens die', () => {
    const arena = create();
    const blocks = [...arena.allocBatch(100, 50), arena.alloc(9_000)];
    const tokens = blocks.map(({ token }) => token);
    arena.reset();
    expect(arena.stats()).toMatchObject({ liveBlocks: 0, liveBytes: 0, reservedBytes: 0, cachedBytes: 0, freeBytes: 64 * KiB, freeBlocks: 1, freesTotal: 51, resetsTotal: 1 });
    const again = [...arena.allocBatch(100, 50), arena.alloc(9_000)];
    for (const block of blocks) expect(() => block.u8).toThrow(expect.objectContaining({ code: 'ERR_ARENA_FREED' }));
    for (const token of tokens) expect(() => arena.open(token)).toThrow(expect.objectContaining({ code: 'ERR_ARENA_FREED' }));
    for (const block of again) expect(block.u8.byteLength).toBe(block.byteLength);
  });

  it('counts what it does', () => {
    const arena = create();
    const [first, second] = arena.allocBatch(40, 2);
    first?.free();
    expect(arena.stats()).toMatchObject({ liveBlocks: 1, liveBytes: 40, peakLiveBytes: 80, reservedBytes: 48, allocationsTotal: 2, freesTotal: 1 });
    expect(arena.stats().internalFragmentationRatio).toBeCloseTo(8 / 48);
    second?.free();
    expect(arena.stats()).toMatchObject({ liveBlocks: 0, reservedBytes: 0, internalFragmentationRatio: 0, utilisationRatio: 0, peakLiveBytes: 80 });
  });

  it('ends all blocks when it is closed, lets go of the memory, and keeps its last figures', async () => {
    const arena = create();
    const block = arena.alloc(100);
    const { token } = block;
    await arena.close();
    await arena.close();
    const operations = [() => arena.alloc(1), () => arena.tryAlloc(1), () => arena.allocBatch(1, 1), () => arena.open(token), () => arena.reset(), () => arena.purge(), () => arena.share(), () => block.u8, () => block.token, () => block.free()];
    for (const operation of operations) expect(operation).toThrow(expect.objectContaining({ code: 'ERR_ARENA_CLOSED' }));
    expect(arena.stats()).toMatchObject({ liveBlocks: 0, allocationsTotal: 1, freesTotal: 1, committedBytes: 64 * KiB });
  });

  it.each([0, -1, 1.5, Number.NaN, Infinity, '8', undefined, null, 2n ** 4n])('refuses a block of %p bytes', (bytes) => {
    const arena = create();
    expect(() => arena.alloc(bytes as number)).toThrow(expect.objectContaining({ code: 'ERR_ARENA_INVALID_ARGUMENT' }));
    expect(() => arena.tryAlloc(bytes as number)).toThrow(expect.objectContaining({ code: 'ERR_ARENA_INVALID_ARGUMENT' }));
  });

  it.each([0, 3, -16, 8_192, Number.NaN, Infinity, 0.5, '16', null])('refuses an alignment of %p', (align) => {
    expect(() => create().alloc(8, { align: align as number })).toThrow(expect.objectContaining({ code: 'ERR_ARENA_INVALID_ARGUMENT', message: expect.stringContaining('align is') }));
  });

  it.each([-1, 1.5, Number.NaN, '2'])('refuses a batch of %p blocks', (count) => {
    expect(() => create().allocBatch(8, count as number)).toThrow(expect.objectContaining({ code: 'ERR_ARENA_INVALID_ARGUMENT' }));
  });

  it('refuses an option of alloc that there is not', () => {
    expect(() => create().alloc(8, { alignment: 64 } as object)).toThrow(expect.objectContaining({ code: 'ERR_ARENA_INVALID_OPTION' }));
  });
});
