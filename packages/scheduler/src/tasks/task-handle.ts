import type { Explanation } from './explanation.js';
import type { TaskState } from './task-options.js';

/** A submitted task, for the one who submitted it. */
export interface TaskHandle<Result> {
  readonly id: string;
  readonly name: string;
  readonly state: TaskState;
  /**
   * What `run` gave; or rejects with what it threw, with the reason of a cancellation, or with `ERR_SCHEDULER_CLOSED`. If
   * nobody handles it, a failure is an unhandled rejection, as with any promise; a cancellation is not.
   */
  readonly result: Promise<Result>;
  /**
   * Ends the task: it never starts, or its `context.signal` aborts. `result` rejects at once with `reason`, by default
   * `ERR_SCHEDULER_CANCELLED`; the capacity is free when `run` has stopped.
   * @returns whether it did: `false` after the task's end, which it leaves as it is.
   */
  cancel(reason?: unknown): boolean;
  /** Why the task is where it is: a reading of this moment. */
  explain(): Explanation;
}
