import type { Estimate } from '../estimation/estimator.js';

/** A task as a {@link Policy} sees it. Times are those of the scheduler's clock, ms. */
export interface PolicyTask {
  readonly name: string;
  readonly tenant: string | undefined;
  /** As given to `submit()`; 0 by default, more is more urgent. */
  readonly priority: number;
  readonly submittedMs: number;
  /** On the clock; `Infinity` where there is none. */
  readonly deadlineAtMs: number;
  /** As given to `submit()`; `Infinity` where there is none. */
  readonly maxWaitMs: number;
  /** What the estimator expects on a worker of speed 1. */
  readonly estimate: Estimate;
  /** The share it needs of all the workers have, of whatever it needs most of; 0 … 1. */
  readonly sizeRatio: number;
}


/** A worker as a {@link Policy} sees it. */
export interface PolicyWorker {
  readonly id: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly pricePerHour: number;
  readonly speed: number;
}

/**
 * What each term of a placement's score counts; a term without a weight counts nothing. Every term lies in -1 … 1.
 *
 * - `affinity`: preferred labels found, less preferred anti-labels found, as a share of those asked for
 * - `deadline`: -1 where the upper estimate on this worker ends after the deadline
 * - `load`: share in use, after the placement, of what the worker is shortest of; a positive weight packs tasks, a negative one spreads them
 * - `experience`: above 0 where tasks of that name have run faster than the worker's `speed` says, below where slower
 * - `fragmentation`: 0 where the placement leaves as much room for typical GPU tasks as before, towards -1 the more it costs; for
 *   workers with GPUs, where it takes the place of `load`
 * - `interruption`: less the chance that the worker is taken away before the task ends, by its `interruptionsPerHour`
 * - `price`: 1 for free, 0 for the dearest worker there is, per unit of work (price divided by speed)
 * - `speed`: 1 for the fastest worker there is
 * - `spareGpu`: -1 where a task without need of a GPU would take a worker with GPUs
 */
export interface ScoreWeights {
  readonly affinity?: number;
  readonly deadline?: number;
  readonly experience?: number;
  readonly fragmentation?: number;
  readonly interruption?: number;
  readonly load?: number;
  readonly price?: number;
  readonly speed?: number;
  readonly spareGpu?: number;
}

/** The six by name. */
export type StrategyName = 'fifo' | 'priority' | 'sla' | 'cost' | 'affinity' | 'adaptive';

/** A strategy: who is first, which worker is best, and who may pass. The six named ones are no more than this. */
export interface Policy {
  readonly name: string;
  /** The task's place in the queue: smaller runs first, equals in the order they came. Must not be `NaN`. */
  order(task: PolicyTask, nowMs: number): number;
  /**
   * `order` depends on `nowMs` or on the estimate. The queue is then ordered anew as time goes by: small ones at
   * every decision, long ones no more often than costs about 1 % of the time. @default false
   */
  readonly reorders?: boolean;
  /** How a worker is chosen among those with room: the highest weighted sum of terms, equals by the order they were added. */
  readonly weights: ScoreWeights;
  /** One more term, added to the weighted sum. */
  score?(task: PolicyTask, worker: PolicyWorker, nowMs: number): number;
  /**
   * Who may pass a task that finds no room. `false`: nobody starts on a worker that it could run on. `true`: the first
   * such task gets a reservation by the estimates, and others pass if that does not delay it (EASY backfilling). A number
   * does the same and bounds how many tasks without room one decision looks beyond, where `true` stands for 64.
   */
  readonly backfill: boolean | number;
  /**
   * Has the task, which found no room, waited long enough to have a worker set aside? Until then others of any length pass it; the first
   * for which it holds is the one that gets a reservation (selective backfilling; Srinivasan et al., 2002).
   * `backlogMs`: how long all workers together would take for what is queued, by the median estimates, in ms, when it was last
   * ordered anew, and for what has come since; 0 without {@link reorders}. @default always
   */
  reserves?(task: PolicyTask, nowMs: number, backlogMs: number): boolean;
  /** The order of those that may pass, as {@link order} is that of the queue. @default that of the queue */
  passOrder?(task: PolicyTask, nowMs: number): number;
}
