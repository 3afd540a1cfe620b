import type { Policy } from './policy.js';
import { earliestDeadline } from './sla.js';

/** By deadline too, on the cheapest worker for the work that keeps it; packed, so that others stay empty. */
export const cost: Policy = {
  name: 'cost',
  order: earliestDeadline,
  reorders: true,
  weights: { deadline: 16, price: 8, interruption: 8, affinity: 1, load: 1, fragmentation: 1, spareGpu: 1 },
  backfill: true,
};
