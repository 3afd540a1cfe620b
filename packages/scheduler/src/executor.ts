/** What `run` is told of its surroundings. */
export interface TaskContext {
  /** Aborted when the task is cancelled, its worker removed by force, or the scheduler closed. Made on first use. */
  readonly signal: AbortSignal;
  readonly workerId: string;
  /** 1 for the first attempt; one more each time the task went back to the queue. */
  readonly attempt: number;
  /** The worker's GPUs the task holds, by their index in the worker's `capacity.gpu`. */
  readonly gpus: readonly number[];
}

/** A task as an executor gets it. */
export interface ExecutableTask<Result = unknown> {
  readonly id: string;
  readonly name: string;
  run(context: TaskContext): Result | PromiseLike<Result>;
}

/**
 * The seam between deciding and doing. The scheduler calls `execute` once for every attempt, right after it took the
 * task's needs from the worker's capacity, and gives them back when the outcome settles. An executor
 *
 * - returns the task's value or a promise of it; throwing and rejecting fail the task with that very error;
 * - settles soon after `context.signal` aborts: until it does the capacity stays taken, and a task whose worker was
 *   removed starts elsewhere only then, so that no task ever runs twice at once. Fulfilling all the same is allowed.
 */
export interface Executor {
  execute(task: ExecutableTask, context: TaskContext): unknown;
}

/** Calls `run` in this process, on this thread. */
export const inProcess: Executor = { execute: (task, context) => task.run(context) };
