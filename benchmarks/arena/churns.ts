import { seededRandom } from '@fog/testkit';
import type { Subject } from '../harness/bench.js';

const SEQUENCE = 2 ** 16;

/** The sizes that come, one after the other, and the place of the one that each replaces. */
export interface Churn {
  readonly live: number;
  readonly bytes: Int32Array;
  readonly places: Int32Array;
}

export function churn(live: number, sizeOf: (random: number) => number): Churn {
  const random = seededRandom(1);
  return {
    live,
    bytes: Int32Array.from({ length: SEQUENCE }, () => sizeOf(random())),
    places: Int32Array.from({ length: SEQUENCE }, () => Math.floor(random() * live)),
  };
}

const logUniform = (least: number, most: number) => (random: number) => Math.floor(least * (most / least) ** random);

export const small = (random: number): number => 16 + Math.floor(random * 1_009);
export const mixed: (random: number) => number = logUniform(64, 65_536);
export const wide: (random: number) => number = logUniform(64, 4 * 2 ** 20);
export const pages = (random: number): number => 4_096 * (1 + Math.floor(random * 16));

/** Keeps `live` blocks, each replaced in turn; gives the bytes that passed, the same for all that do the work. */
export function replacing<B>({ live, bytes, places }: Churn, alloc: (bytes: number) => B, free: (block: B) => void): Subject {
  const blocks: B[] = Array.from({ length: live }, (_, index) => alloc(bytes[index & (SEQUENCE - 1)] as number));
  return {
    run: (iterations) => {
      let passed = 0;
      for (let index = 0; index < iterations; index += 1) {
        const at = index & (SEQUENCE - 1);
        const place = places[at] as number;
        const size = bytes[at] as number;
        free(blocks[place] as B);
        blocks[place] = alloc(size);
        passed += size;
      }
      return passed;
    },
  };
}
