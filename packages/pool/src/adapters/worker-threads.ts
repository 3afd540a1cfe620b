import { availableParallelism } from 'node:os';
import type { ResourceLimits, Transferable } from 'node:worker_threads';
import { type Clock, systemClock, type Timer } from '../clock.js';
import { invalidOption, poolClosed } from '../errors.js';
import type { Lease } from '../lease.js';
import { type PoolTuning, requireDuration, requireKnown, TUNING } from '../options.js';
import type { Pool } from '../pool.js';
import type { PoolStats } from '../stats.js';
import { checkAcquireOptions, type CloseOptions, type WaitOptions } from '../wait-options.js';
import type { Tasks } from '../workers/tasks.js';
import { startThread, type WorkerThread } from '../workers/worker-thread.js';
import { createHoldingPool } from './holding-pool.js';

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
  /** How long an aborted task may go on before its thread is ended and replaced. 0 ends it at once. @default 1_000 */
  readonly abortGraceMs?: number;
}

export interface RunOptions {
  /** Ends the wait for a thread, or the task; `run` rejects at once with `signal.reason`. */
  readonly signal?: AbortSignal | undefined;
  /** Longest wait for a thread, in ms. @default the pool's `acquireTimeoutMs` */
  readonly timeoutMs?: number | undefined;
  /** Moved to the worker instead of copied. */
  readonly transfer?: readonly Transferable[] | undefined;
}

/** Threads that each run one task at a time. Idle ones hold no process. */
export interface WorkerPool<T extends Tasks> extends AsyncDisposable {
  readonly name: string;
  /**
   * Runs a task on a thread of its own for as long as it takes. A thread that crashes or exits is replaced, and its task is not
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

const OWN: readonly string[] = ['worker', 'size', 'workerData', 'resourceLimits', 'env', 'execArgv', 'argv', 'abortGraceMs'];
const OPTIONS: readonly string[] = [...OWN, ...TUNING.filter((name) => name !== 'max')];

/** @throws {PoolError} `ERR_POOL_INVALID_OPTION` */
export function createWorkerPool<T extends Tasks>(options: WorkerPoolOptions): WorkerPool<T> {
  requireKnown(options, OPTIONS);
  const { worker, workerData, resourceLimits, env, execArgv, argv, ...rest } = options;
  const { size = Math.min(8, availableParallelism()), name = 'workers', abortGraceMs = 1_000, clock = systemClock, ...others } = rest;
  const { acquireTimeoutMs = Infinity, idleTimeoutMs = Infinity, ...tuning } = others;
  if (!(worker instanceof URL) && typeof worker !== 'string') throw invalidOption('worker', worker, 'a URL or a path');
  if (!Number.isSafeInteger(size) || size < 1) throw invalidOption('size', size, 'an integer ≥ 1');
  if (abortGraceMs !== 0) requireDuration('abortGraceMs', abortGraceMs);
  const threadOptions = { pool: name, worker, workerData, resourceLimits, env, execArgv, argv };
  const threads = createHoldingPool<WorkerThread>(
    {
      ...tuning,
      acquireTimeoutMs,
      idleTimeoutMs,
      name,
      max: size,
      clock,
      create: ({ signal }) => startThread(threadOptions, signal),
      watch: (thread, lost) => thread.watch(lost),
      destroy: (thread) => thread.end(poolClosed(name, 'closed')),
    },
    (thread, held) => thread.hold(held),
  );
  return new ThreadPool<T>(threads, abortGraceMs, clock);
}

class ThreadPool<T extends Tasks> implements WorkerPool<T> {
  readonly name: string;
  readonly #threads: Pool<WorkerThread>;
  readonly #abortGraceMs: number;
  readonly #clock: Clock;

  constructor(threads: Pool<WorkerThread>, abortGraceMs: number, clock: Clock) {
    this.name = threads.name;
    this.#threads = threads;
    this.#abortGraceMs = abortGraceMs;
    this.#clock = clock;
  }

  async run<N extends keyof T & string>(name: N, payload: Parameters<T[N]>[0], options: RunOptions = {}): Promise<Awaited<ReturnType<T[N]>>> {
    const { transfer = [], ...wait } = options;
    checkAcquireOptions(wait);
    const lease = await this.#threads.acquire(wait);
    const { signal } = wait;
    let answer: Promise<unknown>;
    try {
      // It may have aborted after the wait was over, when nobody listened.
      signal?.throwIfAborted();
      answer = lease.resource.run(name, payload, transfer);
    } catch (error) {
      lease.release();
      throw error;
    }
    return this.#untilAborted(lease, answer as Promise<Awaited<ReturnType<T[N]>>>, signal);
  }

  /** An abort frees the caller at once; the thread when its task ends, or else with its own end. */
  #untilAborted<V>(lease: Lease<WorkerThread>, answer: Promise<V>, signal: AbortSignal | undefined): Promise<V> {
    return new Promise((resolve, reject) => {
      let grace: Timer | undefined;
      const abort = (): void => {
        reject(signal?.reason);
        lease.resource.abort();
        const end = (): void => lease.destroy(signal?.reason);
        if (this.#abortGraceMs === 0) end();
        else if (this.#abortGraceMs !== Infinity) grace = this.#clock.setTimeout(end, this.#abortGraceMs);
      };
      signal?.addEventListener('abort', abort, { once: true });
      const settle = (): void => {
        signal?.removeEventListener('abort', abort);
        grace?.close();
        lease[Symbol.dispose]();
      };
      answer.finally(settle).then(resolve, reject);
    });
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
