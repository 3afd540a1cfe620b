export type Backend = 'native' | 'javascript';

/**
 * What both backends do: divide a region into blocks, over offsets alone; neither touches the memory. Sizes and offsets
 * count granules of 16 bytes. A block is known by its slot, an index above 0 that a later block may get again.
 *
 * Asked for several blocks at a time, since a call into native code costs more than the work it asks for.
 */
export interface Allocator {
  readonly backend: Backend;
  /** Pairs of slot and offset that `allocate` wrote; for `free`, slots one after the other. */
  readonly exchange: Int32Array;
  /**
   * Allocates up to `count` blocks, at most `EXCHANGE_PAIRS`, of `size` granules aligned to `align`, a power of two.
   * @returns how many there was room for; fewer than `count` only if no free block could hold another.
   */
  allocate(size: number, align: number, count: number): number;
  /** Frees the first `count` slots of `exchange`, merging each block with free neighbours at once. */
  free(count: number): void;
  /** Adds the granules up to `capacity`; free ones at the end become one block with them. */
  grow(capacity: number): void;
  /** Makes the whole region one free block again. */
  reset(): void;
  /** Reads how things stand; `largest` takes time in proportion to the blocks of the largest class. */
  survey(): Survey;
  /** Gives the whole pages of free blocks of `memory` back to the system. @returns the bytes that were resident */
  purge(memory: SharedArrayBuffer): number;
}

export interface Survey {
  readonly freeSize: number;
  readonly freeBlocks: number;
  readonly largestSize: number;
}

/** One crossing into native code serves this many blocks. */
export const EXCHANGE_PAIRS = 64;
