import type { ResourceLimits, Transferable } from 'node:worker_threads';
import type { PoolTuning } from '../options.js';
import type { CloseOptions, WaitOptions } from '../wait-options.js';
import type { PoolStats } from '../stats.js';

/** What a task is told beside its payload. */
export interface TaskContext {
  /** Aborts when the caller of `run` aborts. A task that ignores it ends with its thread, `abortGraceMs` later. */
  readonly signal: AbortSignal;
  /** Push what is to be moved, not copied, with the result. */
  readonly transfer: Transferable[];
}

/** Tasks by name. `never` lets each have a payload type of its own. */
export type Tasks = Readonly<Record<string, (payload: never, context: TaskContext) => unknown>>;

export interface WorkerPoolOptions extends Omit<PoolTuning, 'max'> {
  /** The worker's file; it calls {@link serveTasks}. */
  readonly worker: URL | string;
  /** Most threads. @default 8, or `os.availableParallelism()` where that is less */
  readonly size?: number;
  /** What the worker finds in `workerData`. Cloned for each thread; SharedArrayBuffers are shared. */
  readonly workerData?: unknown;
  readonly resourceLimits?: ResourceLimits;
  readonly env?: Readonly<Record<string, string>>;
  readonly execArgv?: readonly string[];
  readonly argv?: readonly string[];
  /** Longest wait of a task for a thread. @default Infinity */
  readonly acquireTimeoutMs?: number;
  /** Threads beyond `min` end when idle this long. @default Infinity */
  readonly idleTimeoutMs?: number;
  /** How long an aborted task may go on before its thread is ended and replaced. @default 1_000 */
  readonly abortGraceMs?: number;
}

export interface RunOptions {
  /** Ends the wait for a thread, or the task; `run` rejects at once with `signal.reason`. */
  readonly signal?: AbortSignal;
  /** Longest wait for a thread, in ms. @default the pool's `acquireTimeoutMs` */
  readonly timeoutMs?: number;
  /** Moved to the worker instead of copied. */
  readonly transfer?: readonly Transferable[];
}

export interface WorkerPool<T extends Tasks> extends AsyncDisposable {
  readonly name: string;
  /**
   * Runs a task on a thread of its own for as long as it takes.
   * @throws what the task threw (a copy, with its `code`); {@link PoolError} `ERR_POOL_WORKER_CRASHED` with the crash as
   * `cause`, `ERR_POOL_WORKER_EXITED` when the task ended its thread; or as `acquire` of a pool.
   */
  run<N extends keyof T & string>(name: N, payload: Parameters<T[N]>[0], options?: RunOptions): Promise<Awaited<ReturnType<T[N]>>>;
  ready(options?: WaitOptions): Promise<void>;
  drain(options?: WaitOptions): Promise<void>;
  close(options?: CloseOptions): Promise<void>;
  stats(): PoolStats;
}

export declare function createWorkerPool<T extends Tasks>(options: WorkerPoolOptions): WorkerPool<T>;

/** Called once in the worker's file. Gives the tasks back, so that their types can be exported. */
export declare function serveTasks<T extends Tasks>(tasks: T): T;
