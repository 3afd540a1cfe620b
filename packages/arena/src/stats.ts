import type { NativeBinding } from './binding.js';
import type { GcSampler } from './gc.js';
import * as of from './records/counters.js';
import type { Heap } from './heap.js';
import { RESETS, USED_BLOCKS } from './records/layout.js';
import { GRANULE_BYTES } from './central/size-class.js';
import { rowsInUse } from './records/threads.js';

/**
 * One reading of the whole arena, all threads together; bytes unless the name says otherwise. Exact while no other thread is
 * in the middle of something. Every committed byte is in a live block, its rounding, a cached block or a free block:
 * `committedBytes = reservedBytes + cachedBytes + freeBytes`.
 */
export interface ArenaStats {
  /** Blocks allocated and not freed. */
  readonly liveBlocks: number;
  /** What those blocks' owners asked for. */
  readonly liveBytes: number;
  /** High-water mark of `liveBytes`; with several threads, the highest that was seen. */
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
  /** What of the region is in physical memory; `NaN` where nobody tells: on the JavaScript backend and outside of Linux. */
  readonly residentBytes: number;
  readonly maxBytes: number;
  /** Of the records that describe the blocks. */
  readonly recordBytes: number;
  /** `liveBytes / committedBytes`. */
  readonly utilisationRatio: number;
  /** Lost inside blocks, by rounding: `1 - liveBytes / reservedBytes`. */
  readonly internalFragmentationRatio: number;
  /** Lost between blocks: `1 - largestFreeBytes / freeBytes`, 0 when all that is free is in one piece. */
  readonly externalFragmentationRatio: number;
  /** Threads that have the arena. */
  readonly threads: number;
  readonly allocationsTotal: number;
  /** What V8 would have counted as external memory, had each block been a Buffer of its own; of the arena it counts nothing. */
  readonly allocatedBytesTotal: number;
  readonly freesTotal: number;
  readonly resetsTotal: number;
  readonly growsTotal: number;
  /** Allocations there was no room for. */
  readonly exhaustionsTotal: number;
  /** Those of them that got memory from outside of the arena. */
  readonly fallbacksTotal: number;
  /** Blocks that were collected without `free`, and taken back. */
  readonly collectedTotal: number;
  /** Memory given back to the system by `purge()`. */
  readonly purgedBytesTotal: number;
  /** Minor collections of this thread since it had the arena, as `createGcSampler` counts them. */
  readonly gcMinorTotal: number;
  /** Major ones; an arena's memory causes none, however large it is. */
  readonly gcMajorTotal: number;
  /** How long collections of all kinds stopped this thread meanwhile. */
  readonly gcPauseMs: number;
}

export type Figures = Omit<ArenaStats, 'residentBytes' | 'gcMinorTotal' | 'gcMajorTotal' | 'gcPauseMs'>;

export function statsOf(heap: Heap, gc: GcSampler, residentBytes: number): ArenaStats {
  const { minorTotal: gcMinorTotal, majorTotal: gcMajorTotal, pauseMs: gcPauseMs } = gc.stats();
  return { ...figuresOf(heap), residentBytes, gcMinorTotal, gcMajorTotal, gcPauseMs };
}

export const residentBytesOf = (memory: SharedArrayBuffer, native: NativeBinding | undefined): number =>
  native === undefined ? Number.NaN : native.resident(new Uint8Array(memory, 0, memory.byteLength));

/** All that can be read without asking the system. */
export function figuresOf(heap: Heap): Figures {
  const { counters } = heap;
  const { freeSize, freeBlocks, largestSize } = heap.survey();
  const cached = heap.cached();
  const allocationsTotal = counters.sum(of.ALLOCATIONS);
  const liveBlocks = (heap.records.words[USED_BLOCKS] as number) - cached.blocks;
  const { liveBytes } = counters;
  const committedBytes = heap.memory.byteLength;
  const [freeBytes, largestFreeBytes, cachedBytes] = [freeSize * GRANULE_BYTES, largestSize * GRANULE_BYTES, cached.granules * GRANULE_BYTES];
  const reservedBytes = committedBytes - freeBytes - cachedBytes;
  return {
    liveBlocks,
    liveBytes,
    peakLiveBytes: counters.peakBytes,
    reservedBytes,
    cachedBytes,
    freeBytes,
    freeBlocks,
    largestFreeBytes,
    committedBytes,
    maxBytes: heap.memory.maxByteLength,
    recordBytes: heap.records.buffer.byteLength,
    utilisationRatio: liveBytes / committedBytes,
    internalFragmentationRatio: reservedBytes === 0 ? 0 : 1 - liveBytes / reservedBytes,
    externalFragmentationRatio: freeBytes === 0 ? 0 : 1 - largestFreeBytes / freeBytes,
    threads: [...rowsInUse(heap.records)].length,
    allocationsTotal,
    allocatedBytesTotal: counters.sum(of.ALLOCATED_BYTES),
    freesTotal: allocationsTotal - liveBlocks,
    resetsTotal: heap.records.words[RESETS] as number,
    growsTotal: counters.sum(of.GROWS),
    exhaustionsTotal: counters.sum(of.EXHAUSTIONS),
    fallbacksTotal: counters.sum(of.FALLBACKS),
    collectedTotal: counters.sum(of.COLLECTED),
    purgedBytesTotal: counters.sum(of.PURGED_BYTES),
  };
}
