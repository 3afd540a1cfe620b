import { invalidOption } from './errors.js';

/** What `run` is told of its surroundings. */
export interface TaskContext {
  /** Aborted when the task is cancelled, its worker removed by force, its place taken by a more urgent one, or the scheduler closed. Made on first use. */
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
  /** As given to `submit()`, for executors that know by the name what to do with it. */
  readonly payload: unknown;
  /** Was it given a `run` of its own? */
  readonly hasRun: boolean;
  /** What was given as `run`; gives `undefined` if nothing was. */
  run(context: TaskContext): Result | PromiseLike<Result>;
}

/**
 * The seam between deciding and doing: all that a transport to threads, processes or other machines has to offer. The scheduler
 * calls `execute` once for every attempt, right after it took the task's needs from the worker's capacity, and gives them back when
 * the outcome settles. An executor
 *
 * - returns the task's value or a promise of it; throwing and rejecting fail the task with that very error;
 * - settles soon after `context.signal` aborts: until it does the capacity stays taken, and a task whose worker was
 *   removed starts elsewhere only then, so that no task ever runs twice at once. Fulfilling all the same is allowed.
 */
export interface Executor {
  execute(task: ExecutableTask, context: TaskContext): unknown;
  /** Can it run a task of that name, with or without a `run` of its own? `submit()` refuses what it can't. @default always */
  accepts?(name: string, hasRun: boolean): boolean;
}

/** Does the work of one name. */
export type Handler = (payload: never, context: TaskContext) => unknown;

/**
 * Runs tasks in this process, on this thread: their own `run`, or the handler of their name with their payload.
 * @throws {SchedulerError} `ERR_SCHEDULER_INVALID_OPTION`
 */
export function inProcess(handlers: Readonly<Record<string, Handler>> = {}): Executor {
  if (typeof handlers !== 'object' || handlers === null) throw invalidOption('handlers', handlers, 'an object of functions');
  for (const [name, handler] of Object.entries(handlers)) if (typeof handler !== 'function') throw invalidOption(`handlers.${name}`, handler, 'a function');
  const byName = new Map(Object.entries(handlers));
  if (byName.size === 0) return { execute: (task, context) => task.run(context), accepts: (_name, hasRun) => hasRun };
  return {
    execute(task, context) {
      const handler = task.hasRun ? undefined : byName.get(task.name);
      return handler === undefined ? task.run(context) : handler(task.payload as never, context);
    },
    accepts: (name, hasRun) => hasRun || byName.has(name),
  };
}

/** What {@link workerThreads} needs of a pool; that of `@fog/pool/worker-threads` has it. */
export interface ThreadPool {
  run(name: never, payload: never, options: { readonly signal: AbortSignal }): Promise<unknown>;
}

/**
 * Runs tasks in a pool of threads, by their names and with their payload; those with a `run` of their own, which cannot leave it, on this thread.
 * @throws {SchedulerError} `ERR_SCHEDULER_INVALID_OPTION`
 */
export function workerThreads(pool: ThreadPool): Executor {
  if (typeof (pool as Partial<ThreadPool> | null)?.run !== 'function') throw invalidOption('pool', pool, 'one with run(), as of createWorkerPool()');
  return {
    execute: (task, context) => (task.hasRun ? task.run(context) : pool.run(task.name as never, task.payload as never, { signal: context.signal })),
  };
}
