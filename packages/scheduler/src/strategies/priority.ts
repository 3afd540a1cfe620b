import type { Policy } from './policy.js';

/** Strictly by priority, the same priorities in the order they came. What is low may starve: see `maxWaitMs`. */
export const priority: Policy = {
  name: 'priority',
  order: (task) => -task.priority,
  weights: { affinity: 2, load: -1, spareGpu: 1 },
  backfill: false,
};
