import type { Policy } from './policy.js';

/** First come, first served, spread over the workers. Nothing but arrival decides who is next. */
export const fifo: Policy = {
  name: 'fifo',
  order: () => 0,
  weights: { affinity: 2, load: -1, spareGpu: 1 },
  backfill: false,
};
