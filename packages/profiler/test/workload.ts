import { createHash } from 'node:crypto';

const UNIT = 100_000;

/** In jest's contexts a look-up of a global costs more than what is measured here. */
const { imul } = Math;

function spin(units: number): number {
  let sum = units;
  for (let step = 0; step < units * UNIT; step += 1) sum = (imul(sum, 31) + step) | 0;
  return sum;
}

// Busy loops of set lengths, under names of their own. Generators, as V8 inlines none: the time of functions that are
// inlined it books on their callers.
function* threeUnits(): Generator<number> {
  let sum = 3;
  for (let step = 0; step < 3 * UNIT; step += 1) sum = (imul(sum, 31) + step) | 0;
  yield sum;
}

function* oneUnit(): Generator<number> {
  let sum = 1;
  for (let step = 0; step < UNIT; step += 1) sum = (imul(sum, 31) + step) | 0;
  yield sum;
}

/** `threeUnits` and `oneUnit` in turn, about .5 ms a round. */
export function threeToOne(rounds: number): number {
  let sum = 0;
  for (let round = 0; round < rounds; round += 1) for (const work of [threeUnits, oneUnit]) sum ^= work().next().value ?? 0;
  return sum;
}

/** Stays on the stack `depth` times while it spins. */
export function recursive(depth: number): number {
  return depth === 0 ? spin(100) : recursive(depth - 1) + 1;
}

/** Nearly all of it in Node's native `update`. */
export function hashALot(megabytes: number): string {
  const hash = createHash('sha256');
  const block = Buffer.alloc(1_000_000);
  for (let round = 0; round < megabytes; round += 1) hash.update(block);
  return hash.digest('hex');
}

export const kept: unknown[] = [];

/** `count` arrays of `bytes` on V8's heap. */
export function allocate(count: number, bytes: number): void {
  // oxlint-disable-next-line unicorn/no-new-array -- whatever fills an array otherwise grows it, and allocates more
  for (let index = 0; index < count; index += 1) kept[index % 16] = new Array<number>(bytes / 8).fill(0);
}
