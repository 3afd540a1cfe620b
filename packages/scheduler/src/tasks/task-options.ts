import type { TaskContext } from '../executor.js';
import type { GangOptions } from './gang.js';
import type { Affinity } from '../workers/labels.js';
import type { Needs } from '../workers/resources.js';
import type { RetryOptions } from './retry.js';

/** A task is submitted with this: `name`, and `run` or what the executor needs to do it by name. */
export interface TaskOptions<Result> {
  /** The kind of work; run times are learned per name, so that names like `resize` teach more than `resize-4711`. */
  readonly name: string;
  /** Does the work. What it throws, at once or later, fails the task unchanged. Left out where the executor knows the name. */
  readonly run?: (context: TaskContext) => Result | PromiseLike<Result>;
  /** Handed to the executor's handler of that name, where there is no `run`. */
  readonly payload?: unknown;
  /** Capacity it holds while it runs; what is left out is 0. @default { cpu: 1 } */
  readonly needs?: Needs;
  /** More is more urgent, under `priority`, `affinity` and `adaptive`. -1000 … 1000. @default 0 */
  readonly priority?: number;
  /**
   * When the result is wanted, ms from now, above 0. It orders tasks under `sla`, `cost` and `adaptive`, prefers workers fast
   * enough, and is counted as met or missed; a late task still runs.
   */
  readonly deadlineMs?: number;
  /** Under which name deadlines met and missed are counted: see `serviceLevels()`. @default 'default' */
  readonly serviceClass?: string;
  /**
   * Longest wait before the task goes ahead of all that are not overdue themselves and has a worker set aside for it, ms from
   * now, at least 0. What starves under the strategy alone then starts as soon as the tasks running there have ended.
   */
  readonly maxWaitMs?: number;
  /** The caller's own guess of the run time on a worker of speed 1. Above 0. Corrected by what such guesses have been worth. */
  readonly estimateMs?: number;
  /** Labels that the worker must have, or should have; tasks that must run there, or should. */
  readonly affinity?: Affinity;
  /** Labels that the worker must not have, or should not have; tasks that must not run there, or should not. */
  readonly antiAffinity?: Affinity;
  /** Tasks that start together or not at all. */
  readonly gang?: GangOptions;
  /** Whose task it is: see the option `tenants`; and a new name starts from what is known of its tenant. */
  readonly tenant?: string;
  /** May be stopped and put back into the queue when a task of higher priority finds no room. @default false */
  readonly preemptible?: boolean;
  /** A failed task runs again, after a pause: so many times, or as the object says. @default 0 */
  readonly retry?: number | RetryOptions;
  /**
   * Submitting the same key again gives the task that has it, while that is queued or running, and for `idempotencyMs` after it
   * succeeded.
   */
  readonly idempotencyKey?: string;
  /** Names the task in errors and events; not that of a task queued or running, nor beginning with `#`. @default `#` and a number */
  readonly id?: string;
  /** Cancels the task at any state, with `signal.reason`. */
  readonly signal?: AbortSignal;
  /** Wait where no worker now here could ever run the task, instead of being refused. @default false */
  readonly waitForCapacity?: boolean;
}

/** A task that waits for its gang, for a worker that could run it, or for its next attempt is `queued` as well. */
export type TaskState = 'queued' | 'running' | 'succeeded' | 'failed' | 'cancelled';
