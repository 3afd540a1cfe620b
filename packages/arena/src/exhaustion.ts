import type { Exhaustion } from './errors.js';
import { regionExhausted } from './events.js';
import type { Heap } from './heap.js';
import { GRANULE_BYTES } from './central/size-class.js';
import { EXHAUSTIONS } from './records/counters.js';
import { figuresOf } from './stats.js';

/** Counts an allocation there was no room for, tells those who listen, and gives the numbers that explain it. */
export function noteExhaustion(heap: Heap, arena: string, askedBytes: number, align: number): Exhaustion {
  heap.count(EXHAUSTIONS, 1);
  const { freeBytes, largestFreeBytes, externalFragmentationRatio, committedBytes, maxBytes } = figuresOf(heap);
  const figures: Exhaustion = { askedBytes, alignBytes: align * GRANULE_BYTES, freeBytes, largestFreeBytes, externalFragmentationRatio, committedBytes, maxBytes };
  regionExhausted(arena, figures);
  return figures;
}
