import { EXCHANGE_PAIRS, type Allocator } from './allocator.js';
import type { BlockTable } from './block-table.js';
import { Magazines, NONE } from './magazines.js';
import { PAGE_BYTES } from './options.js';
import { GRANULE_BYTES, smallestOf } from './size-class.js';

/** The least to grow by: growing is cheap, but each time the magazines are emptied first. */
const LEAST_GROWTH_BYTES = 2 ** 20;

/**
 * Where blocks come from: a magazine, else the allocator, else emptied magazines, else a larger region; and where they go
 * back to. Knows slots and granules; what a block's owner sees is `block.ts`.
 */
export class Heap {
  #memory: SharedArrayBuffer;
  readonly #allocator: Allocator;
  readonly #table: BlockTable;
  readonly #magazines = new Magazines();
  readonly #onGrown: (fromBytes: number, toBytes: number) => void;
  /** Why the system refused to grow the region, if it did so last. */
  growFailure: unknown = undefined;

  constructor(memory: SharedArrayBuffer, allocator: Allocator, table: BlockTable, onGrown: (fromBytes: number, toBytes: number) => void) {
    this.#memory = memory;
    this.#allocator = allocator;
    this.#table = table;
    this.#onGrown = onGrown;
  }

  get memory(): SharedArrayBuffer {
    return this.#memory;
  }

  /** A slot of a placed block of `size` granules, or NONE. */
  take(size: number, align: number): number {
    // A magazine's blocks lie anywhere, so only the usual alignment can be served from it.
    const sizeClass = align === 1 ? Magazines.classFor(size) : NONE;
    if (sizeClass === NONE) return this.#allocate(size, align, 1, NONE);
    const cached = this.#magazines.pop(sizeClass);
    if (cached !== NONE) return cached;
    const granted = smallestOf(sizeClass);
    const slot = this.#allocate(granted, 1, Magazines.batchOf(sizeClass), sizeClass);
    // A block of the class may be more than there is where one of the very size still fits.
    return slot === NONE && granted > size ? this.#allocate(size, 1, 1, NONE) : slot;
  }

  give(slot: number): void {
    const sizeClass = this.#table.originOf(slot);
    if (sizeClass === NONE) {
      this.#allocator.exchange[0] = slot;
      this.#allocator.free(1);
    } else if (!this.#magazines.push(sizeClass, slot)) {
      this.#unload(sizeClass, Magazines.batchOf(sizeClass));
      this.#magazines.push(sizeClass, slot);
    }
  }

  /** Gives all cached blocks to the allocator, which merges them. @returns whether there were any */
  flush(): boolean {
    let any = false;
    for (const sizeClass of this.#magazines.loaded()) {
      while (this.#unload(sizeClass, EXCHANGE_PAIRS) > 0);
      any = true;
    }
    return any;
  }

  reset(): void {
    this.#magazines.clear();
    this.#allocator.reset();
  }

  purge(): number {
    this.flush();
    return this.#allocator.purge(this.#memory);
  }

  /** Lets go of the memory. */
  close(): void {
    this.#memory = new SharedArrayBuffer(0);
  }

  /** How the committed bytes are divided. */
  survey(): { readonly cachedBytes: number; readonly freeBytes: number; readonly freeBlocks: number; readonly largestFreeBytes: number } {
    const { freeSize, freeBlocks, largestSize } = this.#allocator.survey();
    return { cachedBytes: this.#magazines.size * GRANULE_BYTES, freeBytes: freeSize * GRANULE_BYTES, freeBlocks, largestFreeBytes: largestSize * GRANULE_BYTES };
  }

  /** Places up to `count` blocks, leaves all but one of them in the magazine, and gives that one. */
  #allocate(size: number, align: number, count: number, sizeClass: number): number {
    let placed = this.#allocator.allocate(size, align, count);
    if (placed === 0 && this.flush()) placed = this.#allocator.allocate(size, align, count);
    if (placed === 0 && this.#grow(size, align)) placed = this.#allocator.allocate(size, align, count);
    const { exchange } = this.#allocator;
    // From the last, so that the first, with the lowest offset as a rule, is given out first.
    for (let index = placed - 1; index >= 0; index -= 1) {
      const slot = exchange[2 * index] as number;
      this.#table.place(slot, exchange[2 * index + 1] as number, sizeClass);
      if (index === 0) return slot;
      this.#magazines.push(sizeClass, slot);
    }
    return NONE;
  }

  #unload(sizeClass: number, most: number): number {
    const { exchange } = this.#allocator;
    let count = 0;
    for (let slot = NONE; count < most; count += 1) {
      slot = this.#magazines.pop(sizeClass);
      if (slot === NONE) break;
      exchange[count] = slot;
    }
    this.#allocator.free(count);
    return count;
  }

  /** @returns whether the region grew */
  #grow(size: number, align: number): boolean {
    const { byteLength, maxByteLength } = this.#memory;
    this.growFailure = undefined;
    const neededBytes = (size + align - 1) * GRANULE_BYTES;
    // No growth for what would not fit even then: at best the largest free block is at the end and grows too.
    if (size * GRANULE_BYTES > maxByteLength - byteLength + this.survey().largestFreeBytes) return false;
    const wantedBytes = byteLength + Math.max(neededBytes, LEAST_GROWTH_BYTES, byteLength / 4);
    const toBytes = Math.min(Math.ceil(wantedBytes / PAGE_BYTES) * PAGE_BYTES, maxByteLength);
    if (toBytes === byteLength) return false;
    try {
      this.#memory.grow(toBytes);
    } catch (error) {
      this.growFailure = error;
      return false;
    }
    this.#allocator.grow(toBytes / GRANULE_BYTES);
    this.#onGrown(byteLength, toBytes);
    return true;
  }
}
