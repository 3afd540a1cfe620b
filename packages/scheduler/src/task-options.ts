import type { TaskContext } from './executor.js';
import type { Affinity } from './labels.js';
import type { Needs } from './resources.js';

/** A task is submitted with this. */
export interface TaskOptions<Result> {
  /** The kind of work; run times are learned per name, so that names like `resize` teach more than `resize-4711`. */
  readonly name: string;
  /** Does the work. What it throws, at once or later, fails the task unchanged. */
  readonly run: (context: TaskContext) => Result | PromiseLike<Result>;
  /** Capacity it holds while it runs; what is left out is 0. @default { cpu: 1 } */
  readonly needs?: Needs;
  /** More is more urgent, under `priority`, `affinity` and `adaptive`. -1000 … 1000. @default 0 */
  readonly priority?: number;
  /**
   * When the result is wanted, ms from now, above 0. It orders tasks under `sla`, `cost` and `adaptive`, prefers workers fast
   * enough, and is counted as met or missed; a late task still runs.
   */
  readonly deadlineMs?: number;
  /**
   * Longest wait before the task goes ahead of all that are not overdue themselves and has a worker set aside for it, ms from
   * now, at least 0. What starves under the strategy alone then starts as soon as the tasks running there have ended.
   */
  readonly maxWaitMs?: number;
  /** The caller's own guess of the run time on a worker of speed 1. Above 0. Corrected by what such guesses have been worth. */
  readonly estimateMs?: number;
  /** Labels that the worker must have, or should have. */
  readonly affinity?: Affinity;
  /** Labels that the worker must not have, or should not have. */
  readonly antiAffinity?: Affinity;
  /** Whose task it is: a new name starts from what is known of its tenant. */
  readonly tenant?: string;
  /** Names the task in errors and events; not that of a task queued or running, nor beginning with `#`. @default `#` and a number */
  readonly id?: string;
  /** Cancels the task at any state, with `signal.reason`. */
  readonly signal?: AbortSignal;
  /** Wait where no worker now here could ever run the task, instead of being refused. @default false */
  readonly waitForCapacity?: boolean;
}

export type TaskState = 'queued' | 'running' | 'succeeded' | 'failed' | 'cancelled';
