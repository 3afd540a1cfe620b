import { HELD_BLOCKS, HELD_GRANULES, type Counters } from '../records/counters.js';
import * as at from '../records/layout.js';
import type { Records } from '../records/records.js';
import { NONE } from './magazines.js';

/** So few that looking through them takes less time than entering the lock. */
const MOST_BLOCKS = 16;
/** 32 MiB, or this part of what the arena may grow to, if that is less. */
const MOST_GRANULES = 2 ** 21;
const PART = 64;
/** A block serves requests that leave at most an eighth of it unused, as the classes of the magazines do. */
const WASTE_LOG2 = 3;

/**
 * Freed blocks of one thread that are too large for magazines, kept for its next allocation of about that size, the last
 * freed first. Bounded in bytes, all sizes together, as a few of these hold more than all magazines.
 */
export class LargeBlocks {
  readonly #records: Records;
  readonly #counters: Counters;
  readonly #mostGranules: number;
  /** The oldest first. */
  readonly #slots = new Int32Array(MOST_BLOCKS);
  #blocks = 0;
  #granules = 0;

  /** @param capacity granules that the arena may have */
  constructor(records: Records, counters: Counters, capacity: number) {
    this.#records = records;
    this.#counters = counters;
    this.#mostGranules = Math.min(MOST_GRANULES, capacity / PART);
  }

  /** A block of at least `size` granules at a multiple of `align`. @returns its slot, or NONE */
  take(size: number, align: number): number {
    for (let index = this.#blocks - 1; index >= 0; index -= 1) {
      const slot = this.#slots[index] as number;
      const granted = this.#records.get(slot, at.SIZE);
      if (granted < size || granted - size > granted >> WASTE_LOG2 || (this.#records.get(slot, at.OFFSET) & (align - 1)) !== 0) continue;
      // Mostly the last, and a call that moves nothing would take as long as all of this.
      if (index + 1 < this.#blocks) this.#slots.copyWithin(index, index + 1, this.#blocks);
      this.#count(-1, -granted);
      return slot;
    }
    return NONE;
  }

  /**
   * Keeps a block. Where that is too much, half of what is kept goes, the oldest first: several at a time, as the lock
   * takes longer than what is done under it.
   * @returns how many slots it wrote to `leaving`
   */
  put(slot: number, leaving: Int32Array): number {
    const granted = this.#records.get(slot, at.SIZE);
    if (granted > this.#mostGranules) {
      leaving[0] = slot;
      return 1;
    }
    const isFull = this.#blocks === MOST_BLOCKS || this.#granules + granted > this.#mostGranules;
    const left = isFull ? this.#leave(leaving, MOST_BLOCKS / 2, this.#mostGranules / 2 - granted) : 0;
    this.#slots[this.#blocks] = slot;
    this.#count(1, granted);
    return left;
  }

  /** Lets go of all. @returns how many slots it wrote to `leaving` */
  drain(leaving: Int32Array): number {
    return this.#leave(leaving, 0, 0);
  }

  /** After all blocks ended at once. */
  clear(): void {
    this.#blocks = this.#granules = 0;
  }

  /** Until no more than `blocks` and `granules` are left. */
  #leave(leaving: Int32Array, blocks: number, granules: number): number {
    let count = 0;
    let left = this.#granules;
    while (count < this.#blocks && (this.#blocks - count > blocks || left > granules)) {
      const slot = this.#slots[count] as number;
      leaving[count] = slot;
      left -= this.#records.get(slot, at.SIZE);
      count += 1;
    }
    this.#slots.copyWithin(0, count, this.#blocks);
    this.#count(-count, left - this.#granules);
    return count;
  }

  #count(blocks: number, granules: number): void {
    this.#blocks += blocks;
    this.#granules += granules;
    this.#counters.add(HELD_BLOCKS, blocks);
    this.#counters.add(HELD_GRANULES, granules);
  }
}
