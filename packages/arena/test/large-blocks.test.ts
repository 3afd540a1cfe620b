import { afterEach, describe, expect, it } from '@jest/globals';
import { createArena } from '../src/arena.js';
import { backends } from './backends.js';
import { endThreads, exitOf, messageOf, startThread } from './workers.js';

afterEach(endThreads);

const KiB = 2 ** 10;
const MiB = 2 ** 20;

describe.each(backends)('large blocks on the %s backend', (backend) => {
  it('are kept by the thread that freed them, for its next of up to an eighth less', async () => {
    await using arena = createArena({ backend, initialBytes: 64 * MiB });
    const { offset } = arena.alloc(4 * MiB);
    const [first, second] = [arena.alloc(4 * MiB), arena.alloc(4 * MiB)];
    first.free();
    expect(arena.stats()).toMatchObject({ liveBlocks: 2, liveBytes: 8 * MiB, cachedBytes: 4 * MiB, reservedBytes: 8 * MiB });
    expect(arena.alloc(3 * MiB).offset).not.toBe(first.offset);
    const next = arena.alloc(3.5 * MiB);
    expect(next).toMatchObject({ offset: first.offset, byteLength: 3.5 * MiB });
    expect(arena.stats()).toMatchObject({ cachedBytes: 0, reservedBytes: 15 * MiB, liveBytes: 14.5 * MiB });
    expect(() => first.u8).toThrow(expect.objectContaining({ code: 'ERR_ARENA_FREED' }));
    expect([offset, first.offset, second.offset].every((at) => at % 16 === 0)).toBe(true);
  });

  it('come back at a place that is aligned as asked for', async () => {
    await using arena = createArena({ backend });
    arena.alloc(16);
    const [unaligned, aligned] = [arena.alloc(100 * KiB), arena.alloc(100 * KiB, { align: 4_096 })];
    unaligned.free();
    aligned.free();
    const again = arena.alloc(100 * KiB, { align: 4_096 });
    expect(again.offset % 4_096).toBe(0);
    expect(again.offset).toBe(aligned.offset);
    expect(arena.alloc(100 * KiB, { align: 4_096 }).offset % 4_096).toBe(0);
  });

  it('are kept within a 64th of the arena, all sizes together, and merged where more room is needed', async () => {
    await using arena = createArena({ backend, initialBytes: 64 * MiB, maxBytes: 64 * MiB });
    const blocks = Array.from({ length: 100 }, (_, index) => arena.alloc(65 * KiB + index * 5 * KiB));
    for (const block of blocks) {
      block.free();
      const { committedBytes, reservedBytes, cachedBytes, freeBytes } = arena.stats();
      expect(cachedBytes).toBeLessThanOrEqual(MiB);
      expect(reservedBytes + cachedBytes + freeBytes).toBe(committedBytes);
    }
    expect(arena.stats()).toMatchObject({ liveBlocks: 0, liveBytes: 0, reservedBytes: 0 });
    expect(arena.map().spans.reduce((sum, { kind, byteLength }) => sum + (kind === 'cached' ? byteLength : 0), 0)).toBe(arena.stats().cachedBytes);
    expect(arena.alloc(64 * MiB).offset).toBe(0);
  });

  it('are forgotten by reset', async () => {
    await using arena = createArena({ backend });
    const block = arena.alloc(MiB);
    block.free();
    arena.reset();
    expect(arena.stats()).toMatchObject({ liveBlocks: 0, cachedBytes: 0, reservedBytes: 0 });
    const blocks = [arena.alloc(MiB), arena.alloc(MiB)];
    expect(new Set(blocks.map(({ offset }) => offset)).size).toBe(2);
  });

  it.each(['guard', 'paranoid'] as const)('of a thread that ended are had back by reclaim, with exact figures (%s)', async (debug) => {
    await using arena = createArena({ backend, debug });
    const mine = arena.alloc(100_000);
    const worker = startThread(arena, `
      const blocks = [2 ** 20, 2 ** 17, 100].map((bytes) => arena.alloc(bytes));
      for (const block of blocks) block.free();
      globalThis.kept = arena.alloc(300_000); // Or it might be collected, and taken back, before the end.
      parentPort.postMessage('freed');`);
    const exit = exitOf(worker);
    await messageOf(worker);
    expect(arena.stats().liveBlocks).toBe(2);
    await exit;
    expect(arena.reclaim()).toBe(300_000);
    expect(arena.stats()).toMatchObject({ liveBlocks: 1, liveBytes: 100_000, peakLiveBytes: 2 ** 20 + 2 ** 17 + 100_100, allocatedBytesTotal: 2 ** 20 + 2 ** 17 + 400_100, cachedBytes: 0, freesTotal: 4 });
    expect(arena.sizeClasses()).toMatchObject([{ liveBlocks: 1, liveBytes: 100_000, cachedBlocks: 0 }]);
    mine.free();
    arena.purge();
    expect(arena.stats()).toMatchObject({ liveBlocks: 0, liveBytes: 0, reservedBytes: 0 });
  });
});
