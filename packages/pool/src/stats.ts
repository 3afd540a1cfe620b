/**
 * One consistent reading of a pool. At any time `size` is the sum of `idle`, `leased`, `checking`, `creating` and
 * `destroying`, and at most `max`.
 */
export interface PoolStats {
  readonly min: number;
  readonly max: number;
  readonly size: number;
  readonly idle: number;
  readonly leased: number;
  /** Being validated or reset. */
  readonly checking: number;
  readonly creating: number;
  readonly destroying: number;
  /** Calls of `acquire` and `use` that wait for a resource. */
  readonly waiting: number;

  readonly createdTotal: number;
  readonly destroyedTotal: number;
  /** Loans begun, and ended: always `leased` apart. */
  readonly acquiredTotal: number;
  readonly releasedTotal: number;
  /** Waits that ended by time-out, by abort, or were refused as the queue was full. */
  readonly timeoutsTotal: number;
  readonly abortedTotal: number;
  readonly refusedTotal: number;
  /** Failures of `create`, `validate` (a `false` among them), `reset` and `destroy`, time-outs included, and their sum. */
  readonly createErrorsTotal: number;
  readonly validateErrorsTotal: number;
  readonly resetErrorsTotal: number;
  readonly destroyErrorsTotal: number;
  readonly errorsTotal: number;
  /** Share of all acquisitions whose resource had been lent before; 0 before the first. */
  readonly reuseRatio: number;
}

/** What a pool has counted since it was made, beside its parts. */
export class Counters {
  created = 0;
  released = 0;
  firstUses = 0;
  timeouts = 0;
  aborted = 0;
  refused = 0;
  createErrors = 0;
}

/** What a pool has now. */
export type Levels = Pick<PoolStats, 'min' | 'max' | 'idle' | 'leased' | 'checking' | 'creating' | 'destroying' | 'waiting'>;

export function readStats(
  levels: Levels,
  counters: Counters,
  { validateErrors, resetErrors }: { readonly validateErrors: number; readonly resetErrors: number },
  { destroyed, destroyErrors }: { readonly destroyed: number; readonly destroyErrors: number },
): PoolStats {
  const { min, max, idle, leased, checking, creating, destroying, waiting } = levels;
  const { released, firstUses, createErrors } = counters;
  const acquired = released + leased;
  return {
    min,
    max,
    size: idle + leased + checking + creating + destroying,
    idle,
    leased,
    checking,
    creating,
    destroying,
    waiting,
    createdTotal: counters.created,
    destroyedTotal: destroyed,
    acquiredTotal: acquired,
    releasedTotal: released,
    timeoutsTotal: counters.timeouts,
    abortedTotal: counters.aborted,
    refusedTotal: counters.refused,
    createErrorsTotal: createErrors,
    validateErrorsTotal: validateErrors,
    resetErrorsTotal: resetErrors,
    destroyErrorsTotal: destroyErrors,
    errorsTotal: createErrors + validateErrors + resetErrors + destroyErrors,
    reuseRatio: acquired === 0 ? 0 : 1 - firstUses / acquired,
  };
}
