import type { PoolStats } from './stats.js';

/** Of several pools together: what counts things is summed, of percentiles and the like the highest is taken. */
export function joinStats(all: readonly PoolStats[]): PoolStats {
  const joint: Record<string, number> = {};
  for (const stats of [NOTHING, ...all])
    for (const [name, value] of Object.entries(stats)) {
      const before = joint[name] ?? 0;
      joint[name] = isCount(name) ? before + value : Math.max(before, value);
    }
  const { acquiredTotal = 0 } = joint;
  const reused = all.reduce((sum, stats) => sum + stats.reuseRatio * stats.acquiredTotal, 0);
  return { ...(joint as unknown as PoolStats), reuseRatio: acquiredTotal === 0 ? 0 : reused / acquiredTotal };
}

function isCount(name: string): boolean {
  return !name.endsWith('Ms') && !['suspended', 'overloaded', 'circuitOpen', 'reuseRatio'].includes(name);
}

/** Of no pool at all. */
const NOTHING: PoolStats = {
  min: 0, max: 0, limit: 0, size: 0, idle: 0, leased: 0, checking: 0, creating: 0, destroying: 0, leases: 0, waiting: 0, suspended: 0, overloaded: 0, circuitOpen: 0,
  createdTotal: 0, destroyedTotal: 0, acquiredTotal: 0, releasedTotal: 0, timeoutsTotal: 0, abortedTotal: 0, refusedTotal: 0, shedTotal: 0, leaksTotal: 0,
  createErrorsTotal: 0, validateErrorsTotal: 0, resetErrorsTotal: 0, destroyErrorsTotal: 0, errorsTotal: 0, reuseRatio: 0,
  acquireP50Ms: 0, acquireP95Ms: 0, acquireP99Ms: 0, acquireMaxMs: 0, useP50Ms: 0, useP95Ms: 0, useP99Ms: 0, useMaxMs: 0, createP50Ms: 0, createP95Ms: 0, createP99Ms: 0, createMaxMs: 0,
};
