/**
 * One consistent reading; bytes unless the name says otherwise. Every committed byte is in a live block, its rounding,
 * a cached block or a free block: `committedBytes = reservedBytes + cachedBytes + freeBytes`.
 */
export interface ArenaStats {
  /** Blocks allocated and not freed. */
  readonly liveBlocks: number;
  /** What those blocks' owners asked for. */
  readonly liveBytes: number;
  /** High-water mark of `liveBytes`. */
  readonly peakLiveBytes: number;
  /** What the live blocks occupy, rounding included. */
  readonly reservedBytes: number;
  /** Freed blocks kept apart for the next `alloc` of their size; merged with their neighbours when room is needed. */
  readonly cachedBytes: number;
  readonly freeBytes: number;
  readonly freeBlocks: number;
  readonly largestFreeBytes: number;
  /** The region's present length; pages of it that were never written to take no memory. */
  readonly committedBytes: number;
  readonly maxBytes: number;
  /** `liveBytes / committedBytes`. */
  readonly utilisationRatio: number;
  /** Lost inside blocks, by rounding: `1 - liveBytes / reservedBytes`. */
  readonly internalFragmentationRatio: number;
  /** Lost between blocks: `1 - largestFreeBytes / freeBytes`, 0 when all that is free is in one piece. */
  readonly externalFragmentationRatio: number;
  readonly allocationsTotal: number;
  readonly freesTotal: number;
  readonly resetsTotal: number;
  readonly growsTotal: number;
  /** Allocations there was no room for. */
  readonly exhaustionsTotal: number;
  /** Memory given back to the system by `purge()`. */
  readonly purgedBytesTotal: number;
}
