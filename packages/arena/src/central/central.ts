export type Backend = 'native' | 'javascript';
/** Which free block is taken: the first of 16 that suits best, or the best of all. */
export type Fit = 'good' | 'best';

/**
 * What all threads of an arena share: it divides the region into blocks, over offsets alone, and never touches the memory.
 * Both backends work on the same records under the same lock. Sizes and offsets count granules of 16 bytes.
 *
 * Asked for several blocks at a time, since a call into native code costs more than the work it asks for.
 */
export interface Central {
  readonly backend: Backend;
  /** Slots that `allocate` wrote and `free` reads. */
  readonly exchange: Int32Array;
  /**
   * Allocates up to `count` blocks, at most `EXCHANGE_SLOTS`, of `size` granules aligned to `align`, a power of two, and notes
   * `owner` in each record.
   * @returns how many there was room for; fewer than `count` only if no free block could hold another, or if records ran out
   */
  allocate(size: number, align: number, count: number, owner: number): number;
  /** Frees the first `count` slots of `exchange`, merging each block with free neighbours at once. */
  free(count: number): void;
  /** Adds the granules up to `capacity`; free ones at the end become one block with them. */
  grow(capacity: number): void;
  /** Ends all blocks and makes the whole region one free block again. */
  reset(): void;
  /** Reads how things stand; `largestSize` takes time in proportion to the blocks of the largest class. */
  survey(): Survey;
  /** Frees whatever blocks, cached or live and known to nobody else, belong to rows of ended threads; `lost` says which. */
  reclaim(lost: Lost): Reclaimed;
  /** Gives the whole pages of free blocks of `memory` back to the system. @returns the bytes that were resident */
  purge(memory: SharedArrayBuffer): number;
  /** Lets go of the records; nothing can be asked of it any more. */
  letGo(): void;
}

export interface Survey {
  readonly freeSize: number;
  readonly freeBlocks: number;
  readonly largestSize: number;
}

/** What belongs to nobody any more. */
export interface Lost {
  /** Indexed by OWNER's low byte. */
  readonly owners: Uint8Array;
}

/** What was live of that. */
export interface Reclaimed {
  readonly liveBlocks: number;
  readonly liveBytes: number;
}

/** One crossing into native code serves this many blocks. */
export const EXCHANGE_SLOTS = 64;
