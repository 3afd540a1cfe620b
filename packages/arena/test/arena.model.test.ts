import { seededRandom } from '@fog/testkit';
import { describe, expect, it } from '@jest/globals';
import { createArena, type Arena } from '../src/arena.js';
import type { Block } from '../src/block.js';
import { backends } from './backends.js';

const MiB = 2 ** 20;

interface Held {
  readonly block: Block;
  readonly mark: number;
}

/** Small blocks that go through magazines, large ones that do not, a few aligned ones. */
function randomRequest(random: () => number): [bytes: number, options?: { readonly align: number }] {
  const kind = random();
  if (kind < 0.6) return [1 + Math.floor(random() * 1_000)];
  if (kind < 0.9) return [1 + Math.floor(random() * 20_000)];
  if (kind < 0.95) return [1 + Math.floor(random() * 300_000)];
  return [1 + Math.floor(random() * 5_000), { align: 2 ** Math.floor(random() * 13) }];
}

/** Marks both ends of a block, which is where a neighbour that overlaps would write. */
function mark({ u8 }: Block, value: number): void {
  u8[0] = u8[u8.length - 1] = value;
}

const isIntact = ({ block, mark }: Held): boolean => block.u8[0] === mark && block.u8.at(-1) === mark;

/** Where live blocks lie one over the other. */
function overlaps(held: readonly Held[]): number {
  const blocks = held.map(({ block }) => block).toSorted((a, b) => a.offset - b.offset);
  return blocks.filter(({ offset }, index) => offset < (blocks[index - 1]?.offset ?? 0) + (blocks[index - 1]?.byteLength ?? 0)).length;
}

function checkStats(arena: Arena, held: readonly Held[]): void {
  const stats = arena.stats();
  expect(stats.liveBlocks).toBe(held.length);
  expect(stats.liveBytes).toBe(held.reduce((sum, { block }) => sum + block.byteLength, 0));
  expect(stats.reservedBytes).toBeGreaterThanOrEqual(stats.liveBytes);
  expect(stats.reservedBytes + stats.cachedBytes + stats.freeBytes).toBe(stats.committedBytes);
  expect(stats.freesTotal).toBe(stats.allocationsTotal - held.length);
}

describe.each(backends)('an arena on the %s backend, under random use', (backend) => {
  it.each([1, 2, 3])('never lets blocks touch each other and has all memory back at the end (seed %i)', async (seed) => {
    const random = seededRandom(seed);
    await using arena = createArena({ backend, initialBytes: MiB, maxBytes: 16 * MiB });
    const held: Held[] = [];
    let refused = 0;
    for (let turn = 0; turn < 100_000; turn += 1) {
      if (held.length > 0 && random() < 0.49) {
        const index = Math.floor(random() * held.length);
        const leaving = held[index] as Held;
        if (!isIntact(leaving)) throw new Error(`turn ${turn}: the block at ${leaving.block.offset} was overwritten`);
        leaving.block.free();
        held[index] = held.at(-1) as Held;
        held.pop();
      } else {
        const block = arena.tryAlloc(...randomRequest(random));
        if (block === undefined) refused += 1;
        else {
          mark(block, turn & 255);
          held.push({ block, mark: turn & 255 });
        }
      }
      if (turn % 10_000 === 0) checkStats(arena, held);
    }
    expect(overlaps(held)).toBe(0);
    expect(held.filter((each) => !isIntact(each))).toEqual([]);
    checkStats(arena, held);
    expect(arena.stats().exhaustionsTotal).toBe(refused);

    for (const { block } of held) block.free();
    checkStats(arena, []);
    // One block of everything: whatever was free, cached or between blocks is one again.
    expect(arena.alloc(arena.stats().committedBytes).offset).toBe(0);
  });
});

it('gives every block the same place on every backend', async () => {
  const places = await Promise.all(
    backends.map(async (backend) => {
      const random = seededRandom(7);
      await using arena = createArena({ backend, initialBytes: MiB, maxBytes: 8 * MiB });
      const held: Block[] = [];
      const offsets: number[] = [];
      for (let turn = 0; turn < 10_000; turn += 1)
        if (held.length > 0 && random() < 0.45) held.splice(Math.floor(random() * held.length), 1)[0]?.free();
        else {
          const block = arena.tryAlloc(...randomRequest(random));
          offsets.push(block?.offset ?? -1);
          if (block !== undefined) held.push(block);
        }
      // Only the native backend can tell what is resident.
      const { residentBytes: _, ...stats } = arena.stats();
      return { offsets, stats };
    }),
  );
  for (const other of places) expect(other).toEqual(places[0]);
});
