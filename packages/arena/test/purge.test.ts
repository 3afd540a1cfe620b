import diagnostics from 'node:diagnostics_channel';
import { ManualClock } from '@fog/testkit';
import { describe, expect, it } from '@jest/globals';
import { createArena } from '../src/arena.js';
import { backends } from './backends.js';

const MiB = 2 ** 20;

describe.each(backends)('purge on the %s backend', (backend) => {
  const canGiveBack = backend === 'native' && process.platform === 'linux';

  it('gives back the pages of free blocks, and nothing of live ones', async () => {
    await using arena = createArena({ backend, initialBytes: 64 * MiB });
    const messages: unknown[] = [];
    diagnostics.subscribe('@fog/arena:region:purged', (message) => messages.push(message));
    const blocks = arena.allocBatch(MiB, 40);
    for (const block of blocks) block.u8.fill(7);
    const kept = blocks.filter((_, index) => index % 4 === 0);
    for (const block of blocks) if (!kept.includes(block)) block.free();

    const residentBefore = process.memoryUsage.rss();
    const purged = arena.purge();
    const returned = residentBefore - process.memoryUsage.rss();

    expect(purged).toBe(canGiveBack ? 30 * MiB : 0);
    if (canGiveBack) expect(returned).toBeGreaterThan(25 * MiB);
    expect(messages).toEqual(canGiveBack ? [{ arena: 'default', purgedBytes: purged }] : []);
    expect(arena.stats().purgedBytesTotal).toBe(purged);
    expect(kept.every((block) => block.u8.every((byte) => byte === 7))).toBe(true);
    // What is gone cannot be given back again, and comes back when it is used.
    expect(arena.purge()).toBe(0);
    expect(arena.allocBatch(MiB, 30).every((block) => block.u8.fill(1).every((byte) => byte === 1))).toBe(true);
  });

  it('is done by close, at once', async () => {
    const arena = createArena({ backend, initialBytes: 64 * MiB });
    arena.alloc(40 * MiB).u8.fill(7);
    await arena.close();
    expect(arena.stats().purgedBytesTotal).toBe(canGiveBack ? 40 * MiB : 0);
  });

  it('also reaches what small blocks left in the magazines', async () => {
    await using arena = createArena({ backend });
    for (const block of arena.allocBatch(256, 2_048)) {
      block.u8.fill(1);
      block.free();
    }
    expect(arena.purge()).toBe(canGiveBack ? 512 * 1_024 : 0);
    expect(arena.stats().cachedBytes).toBe(0);
  });

  it('happens by itself purgeAfterMs after memory was freed, by a timer that keeps no process alive', async () => {
    const clock = new ManualClock();
    await using arena = createArena({ backend, initialBytes: 8 * MiB, purgeAfterMs: 500, clock });
    const block = arena.alloc(4 * MiB);
    block.u8.fill(1);
    block.free();
    expect([clock.pendingTimers, clock.pendingRefs]).toEqual([backend === 'native' ? 1 : 0, 0]);
    clock.advance(499);
    expect(arena.stats().purgedBytesTotal).toBe(0);
    clock.advance(1);
    expect(arena.stats().purgedBytesTotal).toBe(canGiveBack ? 4 * MiB : 0);
    expect(clock.pendingTimers).toBe(0);
    if (canGiveBack) expect(arena.stats().residentBytes).toBe(0);
  });

  it('also finds by itself what was freed into the magazines, however late, and then asks no more', async () => {
    const clock = new ManualClock();
    await using arena = createArena({ backend, initialBytes: 8 * MiB, purgeAfterMs: 500, clock });
    const blocks = arena.allocBatch(4_096, 8);
    for (const { u8 } of blocks) u8.fill(1);
    clock.advance(5_000);
    for (const block of blocks) block.free();
    clock.advance(500);
    expect(arena.stats().purgedBytesTotal).toBe(canGiveBack ? 8 * 4_096 : 0);
    if (canGiveBack) expect(arena.stats()).toMatchObject({ cachedBytes: 0, residentBytes: 0 });
    expect(clock.pendingTimers).toBe(0);
  });

  it('never happens by itself where purgeAfterMs is Infinity', async () => {
    const clock = new ManualClock();
    await using arena = createArena({ backend, purgeAfterMs: Infinity, clock });
    arena.alloc(MiB / 2).free();
    expect(clock.pendingTimers).toBe(0);
  });

  it('works with huge pages, too', async () => {
    await using arena = createArena({ backend, hugePages: true, initialBytes: 16 * MiB });
    const block = arena.alloc(32 * MiB);
    block.u8.fill(3);
    expect(block.u8.every((byte) => byte === 3)).toBe(true);
    block.free();
    arena.purge();
    if (canGiveBack) expect(arena.stats().residentBytes).toBeLessThan(4 * MiB);
  });
});
