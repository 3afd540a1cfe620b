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
