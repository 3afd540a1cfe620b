import * as at from './layout.js';
import type { Records } from './records.js';
import { rowBase } from './threads.js';

/** Doubles of a row, from `ROW_COUNTERS` on. A thread writes its own; a sum over all rows is the arena's. */
export const ALLOCATIONS = 0;
export const ALLOCATED_BYTES = 1;
export const FREED_BYTES = 2;
export const EXHAUSTIONS = 3;
export const GROWS = 4;
export const PURGED_BYTES = 5;
export const FALLBACKS = 6;
export const COLLECTED = 7;
/** Ended, and neither in a magazine nor free: large ones that a thread keeps, and what is in quarantine. */
export const HELD_BLOCKS = 8;
export const HELD_GRANULES = 9;

/** What threads count, each in its own row; read by all. */
export class Counters {
  readonly #records: Records;
  readonly #own: number;

  constructor(records: Records, row: number) {
    this.#records = records;
    this.#own = countersOf(row);
  }

  add(counter: number, by: number): void {
    const { doubles } = this.#records;
    doubles[this.#own + counter] = (doubles[this.#own + counter] as number) + by;
  }

  /** The sum of a counter over all threads there ever were. */
  sum(counter: number): number {
    const { words, doubles } = this.#records;
    let sum = 0;
    for (let row = at.FIRST_ROW; row < (words[at.ROWS] as number); row += 1) sum += doubles[countersOf(row) + counter] as number;
    return sum;
  }

  /** Grows with each block that any thread takes or frees. */
  get movedBytes(): number {
    return this.sum(ALLOCATED_BYTES) + this.sum(FREED_BYTES);
  }

  get liveBytes(): number {
    return this.sum(ALLOCATED_BYTES) - this.sum(FREED_BYTES);
  }

  get peakBytes(): number {
    return Math.max(this.#records.doubles[at.PEAK_BYTES >> 1] as number, this.liveBytes);
  }

  /** After all blocks ended at once. */
  noteReset(): void {
    const { words, doubles } = this.#records;
    for (let row = at.FIRST_ROW; row < (words[at.ROWS] as number); row += 1) {
      const counters = countersOf(row);
      doubles[counters + FREED_BYTES] = doubles[counters + ALLOCATED_BYTES] as number;
      forgetHeld(this.#records, row);
    }
  }
}

/** After what a row held was freed. */
export function forgetHeld({ doubles }: Records, row: number): void {
  const counters = countersOf(row);
  doubles[counters + HELD_BLOCKS] = doubles[counters + HELD_GRANULES] = 0;
}

/** Where a row's begin, among the records as doubles. */
export const countersOf = (row: number): number => (rowBase(row) + at.ROW_COUNTERS) >> 1;
