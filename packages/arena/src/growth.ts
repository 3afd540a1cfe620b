import type { Central } from './central/central.js';
import { GRANULE_BYTES } from './central/size-class.js';
import { PAGE_BYTES } from './options.js';
import * as at from './records/layout.js';
import type { Records } from './records/records.js';

/**
 * The least to grow by; beyond twice that, by half. Growing is cheap, but each time what is cached goes back first; and what
 * was added takes no memory until it is written to.
 */
const LEAST_GROWTH_BYTES = 2 ** 20;

/** What came of it: bytes by which the region is longer here or by another thread's doing, or why it is not. */
export type Growth = 'grown' | 'grown elsewhere' | 'at its end' | { readonly refused: unknown };

/** Makes the region longer by as much as `size` granules aligned to `align` may need, and some more; moves nothing. */
export function grow(memory: SharedArrayBuffer, records: Records, central: Central, size: number, align: number): Growth {
  const { byteLength, maxByteLength } = memory;
  // Another thread grew the region and has not told yet, or was ended before.
  if ((records.words[at.CAPACITY] as number) * GRANULE_BYTES < byteLength) {
    central.grow(byteLength / GRANULE_BYTES);
    return 'grown elsewhere';
  }
  // No growth for what would not fit even then: at best the largest free block is at the end and grows too.
  const leftBytes = maxByteLength - byteLength;
  if (size * GRANULE_BYTES > leftBytes && size * GRANULE_BYTES > leftBytes + central.survey().largestSize * GRANULE_BYTES) return 'at its end';
  const neededBytes = (size + align - 1) * GRANULE_BYTES;
  const wantedBytes = byteLength + Math.max(neededBytes, LEAST_GROWTH_BYTES, byteLength / 2);
  const toBytes = Math.min(Math.ceil(wantedBytes / PAGE_BYTES) * PAGE_BYTES, maxByteLength);
  if (toBytes === byteLength) return 'at its end';
  try {
    memory.grow(toBytes);
  } catch (error) {
    // Another thread may have grown it beyond that; otherwise the system refused.
    if (memory.byteLength === byteLength) return { refused: error };
  }
  central.grow(memory.byteLength / GRANULE_BYTES);
  return 'grown';
}
