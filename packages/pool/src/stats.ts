import type { Histogram } from './histogram.js';

/**
 * One consistent reading of a pool. At any time `size` is the sum of `idle`, `leased`, `checking`, `creating` and
 * `destroying`, and at most `max`.
 */
export interface PoolStats {
  readonly min: number;
  readonly max: number;
  /** Most resources now: `max`, or less as the pool adapts. */
  readonly limit: number;
  readonly size: number;
  readonly idle: number;
  /** Resources that are lent; as many as `leases`, unless several borrowers share them. */
  readonly leased: number;
  /** Being validated, kept alive or reset. */
  readonly checking: number;
  readonly creating: number;
  readonly destroying: number;
  readonly leases: number;
  /** Calls of `acquire` and `use` that wait for a resource. */
  readonly waiting: number;
  /** 1 while it is, 0 otherwise. */
  readonly suspended: number;
  readonly overloaded: number;
  readonly circuitOpen: number;

  readonly createdTotal: number;
  readonly destroyedTotal: number;
  /** Loans begun, and ended: always `leases` apart. */
  readonly acquiredTotal: number;
  readonly releasedTotal: number;
  /** Waits that ended by time-out or by abort. */
  readonly timeoutsTotal: number;
  readonly abortedTotal: number;
  /** Refused: the queue was full, the circuit open, it would have been a deadlock, or shed by overload; the last in `shedTotal`, too. */
  readonly refusedTotal: number;
  readonly shedTotal: number;
  /** Leases that were out for `leakAfterMs`. */
  readonly leaksTotal: number;
  /** Failures of `create`, `validate` and `keepalive` (a `false` among them), `reset` and `destroy`, time-outs included, and their sum. */
  readonly createErrorsTotal: number;
  readonly validateErrorsTotal: number;
  readonly resetErrorsTotal: number;
  readonly destroyErrorsTotal: number;
  readonly errorsTotal: number;
  /** Share of all acquisitions whose resource had been lent before; 0 before the first. */
  readonly reuseRatio: number;

  /** How long callers waited for a lease; 0 where a resource was idle. To within 4 %. */
  readonly acquireP50Ms: number;
  readonly acquireP95Ms: number;
  readonly acquireP99Ms: number;
  readonly acquireMaxMs: number;
  /** How long leases lasted: of the first 64 begun in every 25 ms. */
  readonly useP50Ms: number;
  readonly useP95Ms: number;
  readonly useP99Ms: number;
  readonly useMaxMs: number;
  /** How long `create` took when it succeeded. */
  readonly createP50Ms: number;
  readonly createP95Ms: number;
  readonly createP99Ms: number;
  readonly createMaxMs: number;
}

/** What a pool has counted since it was made, beside its parts. */
export class Counters {
  timeouts = 0;
  aborted = 0;
  refused = 0;
  shed = 0;
}

/** What a pool has now. */
export type Levels = Pick<
  PoolStats,
  'min' | 'max' | 'limit' | 'idle' | 'leased' | 'checking' | 'creating' | 'destroying' | 'waiting' | 'suspended' | 'overloaded' | 'circuitOpen'
>;

/** Leases begun and ended. */
export interface Loaned {
  readonly acquired: number;
  readonly released: number;
}

/** Counted by the pool's parts. */
export interface Totals {
  readonly created: number;
  readonly firstUses: number;
  readonly destroyed: number;
  readonly leaks: number;
  readonly createErrors: number;
  readonly validateErrors: number;
  readonly resetErrors: number;
  readonly destroyErrors: number;
}

export interface Durations {
  /** Of those who had to wait. */
  readonly acquire: Histogram;
  readonly use: Histogram;
  readonly create: Histogram;
}

export function readStats(levels: Levels, counters: Counters, { acquired, released }: Loaned, totals: Totals, durations: Durations): PoolStats {
  const { min, max, limit, idle, leased, checking, creating, destroying, waiting, suspended, overloaded, circuitOpen } = levels;
  const { firstUses, createErrors, validateErrors, resetErrors, destroyErrors } = totals;
  const acquire = durations.acquire.percentiles(acquired - durations.acquire.total);
  const use = durations.use.percentiles();
  const create = durations.create.percentiles();
  // Spelt out: with a spread, V8 makes so large an object a hundred times more slowly.
  return {
    min,
    max,
    limit,
    size: idle + leased + checking + creating + destroying,
    idle,
    leased,
    checking,
    creating,
    destroying,
    leases: acquired - released,
    waiting,
    suspended,
    overloaded,
    circuitOpen,
    createdTotal: totals.created,
    destroyedTotal: totals.destroyed,
    acquiredTotal: acquired,
    releasedTotal: released,
    timeoutsTotal: counters.timeouts,
    abortedTotal: counters.aborted,
    refusedTotal: counters.refused,
    shedTotal: counters.shed,
    leaksTotal: totals.leaks,
    createErrorsTotal: createErrors,
    validateErrorsTotal: validateErrors,
    resetErrorsTotal: resetErrors,
    destroyErrorsTotal: destroyErrors,
    errorsTotal: createErrors + validateErrors + resetErrors + destroyErrors,
    reuseRatio: acquired === 0 ? 0 : 1 - firstUses / acquired,
    acquireP50Ms: acquire.p50Ms,
    acquireP95Ms: acquire.p95Ms,
    acquireP99Ms: acquire.p99Ms,
    acquireMaxMs: acquire.maxMs,
    useP50Ms: use.p50Ms,
    useP95Ms: use.p95Ms,
    useP99Ms: use.p99Ms,
    useMaxMs: use.maxMs,
    createP50Ms: create.p50Ms,
    createP95Ms: create.p95Ms,
    createP99Ms: create.p99Ms,
    createMaxMs: create.maxMs,
  };
}
