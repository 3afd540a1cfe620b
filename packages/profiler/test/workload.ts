import { createHash } from 'node:crypto';

/**
 * Busy loops of set lengths, under names of their own. They are called from one place through a table of more
 * functions than V8 tells apart there, or it would inline them and their samples with them.
 */
const UNIT = 100_000;

/** In jest's contexts a look-up of a global costs more than what is measured here. */
const { imul } = Math;

function spin(units: number): number {
  let sum = units;
  for (let step = 0; step < units * UNIT; step += 1) sum = (imul(sum, 31) + step) | 0;
  return sum;
}

const table = {
  threeUnits: (): number => {
    let sum = 3;
    for (let step = 0; step < 3 * UNIT; step += 1) sum = (imul(sum, 31) + step) | 0;
    return sum;
  },
  oneUnit: (): number => {
    let sum = 1;
    for (let step = 0; step < UNIT; step += 1) sum = (imul(sum, 31) + step) | 0;
    return sum;
  },
  nothing: (): number => 0,
  oddNothing: (): number => 1,
  otherNothing: (): number => 2,
  lastNothing: (): number => 3,
};

/** `threeUnits` and `oneUnit` in turn, about .5 ms a round. */
export function threeToOne(rounds: number): number {
  let sum = 0;
  for (let round = 0; round < rounds; round += 1) for (const work of Object.values(table)) sum ^= work();
  return sum;
}

/** Stays on the stack `depth` times while it spins. */
export function recursive(depth: number): number {
  return depth === 0 ? spin(20) : recursive(depth - 1) + 1;
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
