import { adaptive } from './adaptive.js';
import { affinity } from './affinity.js';
import { cost } from './cost.js';
import { fifo } from './fifo.js';
import type { Policy, StrategyName } from './policy.js';
import { priority } from './priority.js';
import { sla } from './sla.js';

/** The six by name; spread one to make a policy of your own: `{ ...strategies.sla, name: 'ours', backfill: false }`. */
export const strategies: Readonly<Record<StrategyName, Policy>> = { fifo, priority, sla, cost, affinity, adaptive };
