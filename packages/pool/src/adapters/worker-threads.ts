import { availableParallelism } from 'node:os';
import type { ResourceLimits, Transferable } from 'node:worker_threads';
import { type Clock, systemClock, type Timer } from '../clock.js';
import { invalidOption, poolClosed, workerExited } from '../errors.js';
import type { PoolLease } from '../lending/lease.js';
import { type PoolTuning, requireDuration, requireKnown, requireObject, TUNING } from '../options.js';
import type { PoolStats } from '../stats.js';
import { type AcquireOptions, checkAcquireOptions, type CloseOptions, type WaitOptions } from '../wait-options.js';
import type { Tasks } from '../workers/tasks.js';
import { type Running, startThread, type WorkerThread } from '../workers/worker-thread.js';
import { HoldingPool } from './holding-pool.js';

export { serveTasks } from '../workers/serve-tasks.js';
export type { TaskContext, Tasks } from '../workers/tasks.js';

export interface WorkerPoolOptions extends Omit<PoolTuning, 'max'> {
  /** The worker's file, which calls {@link serveTasks}. */
  readonly worker: URL | string;
  /** Most threads. @default 8, or `os.availableParallelism()` where that is less */
  readonly size?: number;
  /** What the worker finds in `workerData`. Copied for each thread; SharedArrayBuffers are shared. */
  readonly workerData?: unknown;
  readonly resourceLimits?: ResourceLimits;
  /** @default a copy of `process.env` */
  readonly env?: Readonly<Record<string, string>>;
  readonly execArgv?: readonly string[];
  readonly argv?: readonly string[];
  /** Longest wait of a task for a thread. @default Infinity */
  readonly acquireTimeoutMs?: number;
  /** Threads beyond `min` end when idle this long. @default Infinity */
  readonly idleTimeoutMs?: number;
  /** Most tasks at once on one thread, for tasks that mostly wait. An integer ≥ 1. @default 1 */
  readonly concurrency?: number;
  /**
   * How long an aborted task may go on before its thread is ended and replaced; with `concurrency`, one whose event loop still turns
   * ends when its other tasks have. 0 waits for nothing. @default 1_000
   */
  readonly abortGraceMs?: number;
  /**
   * A thread that has more memory in use after a task, garbage not yet collected included, is replaced. Above 0.
   * @default Infinity
   */
  readonly maxHeapBytes?: number;
}

export interface RunOptions extends AcquireOptions {
  /** Ends the wait for a thread, or the task; `run` rejects at once with `signal.reason`. */
  readonly signal?: AbortSignal | undefined;
  /** Moved to the worker instead of copied. */
  readonly transfer?: readonly Transferable[] | undefined;
}

/** Threads that run tasks, one at a time unless `concurrency` says otherwise. Idle ones hold no process. */
export interface WorkerPool<T extends Tasks> extends AsyncDisposable {
  readonly name: string;
  /**
   * Runs a task on a thread. A thread that crashes or exits is replaced, and its task is not
   * tried again: that is for its caller to decide.
   * @throws what the task threw (a copy, with its `name` and `code`); {@link PoolError} `ERR_POOL_WORKER_CRASHED` with the crash
   * as `cause`, `ERR_POOL_WORKER_EXITED` when the task ended its thread, `ERR_POOL_UNKNOWN_TASK`; what the worker's file threw
   * when it was loaded; or as `Pool.acquire`.
   */
  run<N extends keyof T & string>(name: N, payload: Parameters<T[N]>[0], options?: RunOptions): Promise<Awaited<ReturnType<T[N]>>>;
  /** As `Pool.ready`. */
  ready(options?: WaitOptions): Promise<void>;
  /** As `Pool.drain`. */
  drain(options?: WaitOptions): Promise<void>;
  /** As `Pool.close`; a task that is still running when it is forced rejects with `ERR_POOL_CLOSED`. */
  close(options?: CloseOptions): Promise<void>;
  stats(): PoolStats;
}

const OWN: readonly string[] = ['worker', 'size', 'workerData', 'resourceLimits', 'env', 'execArgv', 'argv', 'abortGraceMs', 'maxHeapBytes'];
const OPTIONS: readonly string[] = [...OWN, ...TUNING.filter((name) => name !== 'max')];

const LIMITS: readonly string[] = ['maxOldGenerationSizeMb', 'maxYoungGenerationSizeMb', 'codeRangeSizeMb', 'stackSizeMb'];

/** @throws {PoolError} `ERR_POOL_INVALID_OPTION` */
export function createWorkerPool<T extends Tasks>(options: WorkerPoolOptions): WorkerPool<T> {
  requireKnown(options, OPTIONS);
  const { worker, workerData, resourceLimits, env, execArgv, argv, ...rest } = options;
  const { size = Math.min(8, availableParallelism()), name = 'workers', abortGraceMs = 1_000, maxHeapBytes = Infinity, clock = systemClock, ...others } = rest;
  const { acquireTimeoutMs = Infinity, idleTimeoutMs = Infinity, ...tuning } = others;
  if (!(worker instanceof URL) && typeof worker !== 'string') throw invalidOption('worker', worker, 'a URL or a path');
  if (!Number.isSafeInteger(size) || size < 1) throw invalidOption('size', size, 'an integer ≥ 1');
  if (abortGraceMs !== 0) requireDuration('abortGraceMs', abortGraceMs);
  if (resourceLimits !== undefined) requireKnown(resourceLimits, LIMITS);
  if (env !== undefined) requireObject('env', env);
  for (const [limit, value] of Object.entries(resourceLimits ?? {})) if (value !== undefined && !(typeof value === 'number' && value > 0)) throw invalidOption(`resourceLimits.${limit}`, value, 'a number above 0');
  if (execArgv !== undefined && !(Array.isArray(execArgv) && execArgv.every((argument) => typeof argument === 'string'))) throw invalidOption('execArgv', execArgv, 'an array of strings');
  if (argv !== undefined && !Array.isArray(argv)) throw invalidOption('argv', argv, 'an array');
  if (!(typeof maxHeapBytes === 'number' && maxHeapBytes > 0)) throw invalidOption('maxHeapBytes', maxHeapBytes, 'a number above 0');
  const threadOptions = { pool: name, worker, workerData, resourceLimits, env, execArgv, argv };
  const threads = new HoldingPool<WorkerThread>(
    {
      ...tuning,
      acquireTimeoutMs,
      idleTimeoutMs,
      name,
      max: size,
      clock,
      create: ({ signal }) => startThread(threadOptions, signal),
      watch: (thread, lost) => thread.watch(lost),
      destroy: (thread, reason) => thread.end(reason === 'leaked' ? workerExited(name, 'as its task had gone on for longer than leakAfterMs') : poolClosed(name, 'closed')),
    },
    (thread, held) => thread.hold(held),
  );
  return new ThreadPool<T>(threads, { abortGraceMs, maxHeapBytes, clock });
}

interface Limits {
  readonly abortGraceMs: number;
  readonly maxHeapBytes: number;
  readonly clock: Clock;
}

const NOTHING: readonly Transferable[] = [];
/** A thread whose event loop turns answers an abort within this. */
const ANSWER_MS = 1_000;

/** What is to be run. */
interface Task {
  readonly name: string;
  readonly payload: unknown;
  readonly transfer: readonly Transferable[];
  readonly signal: AbortSignal | undefined;
}

/** Of the promise that the caller has. */
type End = Omit<Running, 'task'>;

class ThreadPool<T extends Tasks> implements WorkerPool<T> {
  readonly name: string;
  readonly #threads: HoldingPool<WorkerThread>;
  readonly #limits: Limits;

  constructor(threads: HoldingPool<WorkerThread>, limits: Limits) {
    this.name = threads.name;
    this.#threads = threads;
    this.#limits = limits;
  }

  run<N extends keyof T & string>(name: N, payload: Parameters<T[N]>[0], options?: RunOptions): Promise<Awaited<ReturnType<T[N]>>> {
    return new Promise((resolve, reject) => {
      const end: End = { resolve: resolve as End['resolve'], reject };
      if (options === undefined) {
        this.#threads.lend((lease) => this.#begin(lease, { name, payload, transfer: NOTHING, signal: undefined }, end), reject);
        return;
      }
      requireObject('options', options);
      const { transfer = NOTHING, ...wait } = options;
      checkAcquireOptions(wait);
      if (!Array.isArray(transfer)) throw invalidOption('transfer', transfer, 'an array');
      this.#threads.lend((lease) => this.#begin(lease, { name, payload, transfer, signal: wait.signal }, end), reject, wait);
    });
  }

  /** An abort frees the caller at once; the thread when its task ends, or else with its own end. */
  #begin(lease: PoolLease<WorkerThread>, { name, payload, transfer, signal }: Task, { resolve, reject }: End): void {
    const { abortGraceMs, maxHeapBytes, clock } = this.#limits;
    const thread = lease.resource;
    let id: number;
    let grace: Timer | undefined;
    // Its event loop does not turn: no other task on it will ever end.
    const endIfBlocked = (): void => {
      if (thread.isDeafTo(id)) void thread.end(workerExited(this.name, 'as it was blocked by a task that had been aborted'));
    };
    // It may have been given up or reclaimed, as a leak, before.
    const giveUp = (reason: unknown): void => {
      if (lease.isOut) lease.destroy(reason);
    };
    const abort = (): void => {
      reject(signal?.reason);
      thread.abort(id);
      if (abortGraceMs === Infinity) return;
      grace = clock.setTimeout(() => {
        giveUp(signal?.reason);
        endIfBlocked();
      }, abortGraceMs === 0 ? ANSWER_MS : abortGraceMs);
      // Afterwards: with the thread's only task it ends, and the timer with it.
      if (abortGraceMs === 0) giveUp(signal?.reason);
    };
    // Before its caller knows, so that it can have it again.
    const giveBack = (): void => {
      signal?.removeEventListener('abort', abort);
      grace?.close();
      if (thread.heapBytes > maxHeapBytes) giveUp(`${thread.heapBytes} bytes in use`);
      else lease[Symbol.dispose]();
    };
    const running: Running = {
      task: name,
      resolve: (value) => {
        giveBack();
        resolve(value);
      },
      reject: (reason) => {
        giveBack();
        reject(reason);
      },
    };
    try {
      // It may have aborted after the wait was over, when nobody listened.
      signal?.throwIfAborted();
      id = thread.run(running, payload, transfer, maxHeapBytes !== Infinity);
      signal?.addEventListener('abort', abort, { once: true });
    } catch (error) {
      reject(error);
      queueMicrotask(() => lease[Symbol.dispose]());
    }
  }

  ready(options?: WaitOptions): Promise<void> {
    return this.#threads.ready(options);
  }

  drain(options?: WaitOptions): Promise<void> {
    return this.#threads.drain(options);
  }

  close(options?: CloseOptions): Promise<void> {
    return this.#threads.close(options);
  }

  stats(): PoolStats {
    return this.#threads.stats();
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.#threads.close();
  }
}
