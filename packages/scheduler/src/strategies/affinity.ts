import type { Policy } from './policy.js';

/** By priority, on the worker whose labels suit best; tasks that need no GPU keep away from workers that have some. */
export const affinity: Policy = {
  name: 'affinity',
  order: (task) => -task.priority,
  weights: { affinity: 8, spareGpu: 4, load: 1 },
  backfill: true,
};
