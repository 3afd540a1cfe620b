import type { Clock } from './clock.js';
import type { Estimator } from './estimation/estimator.js';
import type { Executor } from './executor.js';
import type { Policy, StrategyName } from './strategies/policy.js';

export interface SchedulerOptions {
  /** Told in errors and events. @default 'scheduler' */
  readonly name?: string;
  /** One of the six by name, or a policy of your own. @default 'adaptive' */
  readonly strategy?: StrategyName | Policy;
  /** Most tasks queued at once; `submit()` refuses more. An integer ≥ 1, or `Infinity`. @default Infinity */
  readonly maxQueued?: number;
  /** What runs the tasks. @default calls `run` in this process */
  readonly executor?: Executor;
  /** What predicts run times. @default learned medians and quantiles per name */
  readonly estimator?: Estimator;
  /** @default systemClock */
  readonly clock?: Clock;
}
