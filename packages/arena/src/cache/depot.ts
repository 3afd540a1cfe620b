import * as at from '../records/layout.js';
import { CLASSES } from './magazines.js';
import type { Records } from '../records/records.js';
import { rowBase } from '../records/threads.js';

/**
 * Where threads leave batches of freed blocks for each other, by size class, so that what one allocates and another frees
 * goes round without merging and splitting. A batch is a list through the records; a cell holds its first slot, or 0, and
 * changes hands by one exchange: there is nothing that a thread ended in the middle could leave locked.
 */
export class Depot {
  readonly #records: Records;
  readonly #moving: number;
  readonly #row: number;

  constructor(records: Records, row: number) {
    this.#records = records;
    this.#row = row;
    this.#moving = rowBase(row) + at.ROW_MOVING;
  }

  /** Leaves the first `count` slots of `slots`. @returns whether there was a place for them */
  put(sizeClass: number, slots: Int32Array, count: number): boolean {
    const { words } = this.#records;
    const first = this.#firstCell(sizeClass);
    let cell = first;
    while (words[cell] !== 0) if ((cell += 1) === first + at.CELLS_PER_CLASS) return false;
    if (!this.#begin()) return false;
    let next: number = at.END;
    for (let index = 0; index < count; index += 1) {
      const base = (slots[index] as number) << at.RECORD_LOG2;
      words[base + at.LINK] = next;
      words[base + at.OWNER] = at.DEPOT | (sizeClass << at.CLASS_SHIFT);
      next = slots[index] as number;
    }
    const left = Atomics.compareExchange(words, cell, 0, next) === 0;
    if (!left) for (let index = 0; index < count; index += 1) this.#stamp(slots[index] as number, sizeClass);
    this.#end();
    return left;
  }

  /** Takes a batch. @returns how many slots it wrote to `slots`, 0 if there was none */
  take(sizeClass: number, slots: Int32Array): number {
    const { words } = this.#records;
    const first = this.#firstCell(sizeClass);
    let cell = first;
    while (words[cell] === 0) if ((cell += 1) === first + at.CELLS_PER_CLASS) return 0;
    if (!this.#begin()) return 0;
    let count = 0;
    for (let slot = Atomics.exchange(words, cell, 0); slot !== at.END; slot = this.#records.get(slot, at.LINK)) {
      this.#records.has(slot); // Another thread may have added the record.
      this.#stamp(slot, sizeClass);
      slots[count] = slot;
      count += 1;
    }
    this.#end();
    return count;
  }

  /** Takes whatever any cell has, for the region. @returns as {@link take} */
  drain(slots: Int32Array): number {
    for (let sizeClass = 1; sizeClass < CLASSES; sizeClass += 1) {
      const count = this.take(sizeClass, slots);
      if (count > 0) return count;
    }
    return 0;
  }

  /** How many there are of a class. */
  batches(sizeClass: number): number {
    const first = this.#firstCell(sizeClass);
    let count = 0;
    for (let cell = first; cell < first + at.CELLS_PER_CLASS; cell += 1) if (this.#records.words[cell] !== 0) count += 1;
    return count;
  }

  #firstCell(sizeClass: number): number {
    return at.DEPOT_CELLS + sizeClass * at.CELLS_PER_CLASS;
  }

  #stamp(slot: number, sizeClass: number): void {
    this.#records.words[(slot << at.RECORD_LOG2) + at.OWNER] = this.#row | (sizeClass << at.CLASS_SHIFT);
  }

  /** Says that a batch is on its way, so that nobody takes it for lost. @returns false while lost ones are looked for */
  #begin(): boolean {
    const { words } = this.#records;
    Atomics.store(words, this.#moving, 1);
    if (Atomics.load(words, at.RECLAIMING) === 0) return true;
    this.#end();
    return false;
  }

  #end(): void {
    Atomics.store(this.#records.words, this.#moving, 0);
  }
}
