import { type ResourceLimits, type Transferable, Worker } from 'node:worker_threads';
import { unknownTask, workerCrashed, workerExited } from '../errors.js';
import { type FromThread, isOurs, received, type ToThread } from './messages.js';

/** How threads are started. */
export interface ThreadOptions {
  readonly pool: string;
  readonly worker: URL | string;
  readonly workerData: unknown;
  readonly resourceLimits: ResourceLimits | undefined;
  readonly env: Readonly<Record<string, string>> | undefined;
  readonly execArgv: readonly string[] | undefined;
  readonly argv: readonly string[] | undefined;
}

/** A task that runs, and who is to know when it does no longer: one of the two is called, once. */
export interface Running {
  readonly task: string;
  readonly resolve: (value: unknown) => void;
  readonly reject: (reason: unknown) => void;
}

/** Starts a thread and waits until its file has called `serveTasks`. */
export function startThread(options: ThreadOptions, signal: AbortSignal): Promise<WorkerThread> {
  const { pool, worker: file, workerData, resourceLimits, env, execArgv, argv } = options;
  return new Promise((resolve, reject) => {
    const worker = new Worker(file, {
      workerData,
      ...(resourceLimits && { resourceLimits }),
      ...(env && { env: { ...env } }),
      ...(execArgv && { execArgv: [...execArgv] }),
      ...(argv && { argv: [...argv] }),
    });
    const settle = (): void => {
      worker.off('message', onMessage).off('exit', onExit).off('error', reject);
      signal.removeEventListener('abort', onAbort);
    };
    const onMessage = (message: unknown): void => {
      if (!isOurs(message) || message.fogPool !== 'ready') return;
      settle();
      resolve(new WorkerThread(worker, pool, message.tasks));
    };
    const onExit = (code: number): void => {
      settle();
      reject(workerExited(pool, `with code ${code} before it called serveTasks()`));
    };
    const onAbort = (): void => {
      // An 'exit' follows, unless the promise is settled by then.
      void worker.terminate();
      reject(signal.reason);
    };
    worker.on('message', onMessage).on('exit', onExit).on('error', reject);
    signal.addEventListener('abort', onAbort, { once: true });
  });
}

/** One thread, and the tasks that run on it. */
export class WorkerThread {
  readonly #worker: Worker;
  readonly #pool: string;
  readonly #tasks: ReadonlySet<string>;
  #lastId = 0;
  readonly #running = new Map<number, Running>();
  /** Aborts that the thread has not heard. */
  readonly #unheard = new Set<number>();
  #onLost: (cause: unknown) => void = () => {};
  /** In use after the last task that was measured. */
  heapBytes = 0;

  constructor(worker: Worker, pool: string, tasks: readonly string[]) {
    this.#worker = worker;
    this.#pool = pool;
    this.#tasks = new Set(tasks);
    worker
      .on('message', (message: unknown) => {
        if (isOurs(message)) this.#receive(message as FromThread);
      })
      // A result that cannot be read, as it needs what this thread lacks; nothing tells whose it was.
      .on('messageerror', (error) => this.#failAll(() => error))
      .on('error', (error) => {
        // First, or those who fail would give back a thread to be lent again.
        this.#onLost(error);
        this.#failAll(({ task }) => workerCrashed(this.#pool, task, error));
      })
      .on('exit', (code) => {
        this.#onLost(workerExited(this.#pool, `with code ${code} while it was idle`));
        this.#failAll(({ task }) => workerExited(this.#pool, `with code ${code} during task ${task}`));
      });
  }

  /** `lost` is called when the thread has ended, however that came. */
  watch(lost: (cause: unknown) => void): void {
    this.#onLost = lost;
  }

  hold(held: boolean): void {
    if (held) this.#worker.ref();
    else this.#worker.unref();
  }

  /**
   * Begins a task, whose id it gives.
   * @throws synchronously for a task that the worker does not serve, or a payload that cannot be copied.
   */
  run(running: Running, payload: unknown, transfer: readonly Transferable[], measure: boolean): number {
    const { task } = running;
    if (!this.#tasks.has(task)) throw unknownTask(this.#pool, task, [...this.#tasks]);
    this.#lastId += 1;
    const id = this.#lastId;
    this.#worker.postMessage({ fogPool: 'run', id, task, payload, measure } satisfies ToThread, transfer);
    this.#running.set(id, running);
    return id;
  }

  /** Tells a task. */
  abort(id: number): void {
    this.#unheard.add(id);
    this.#worker.postMessage({ fogPool: 'abort', id } satisfies ToThread);
  }

  /** Whether the thread has had no turn of its event loop since it was told to abort the task. */
  isDeafTo(id: number): boolean {
    return this.#unheard.has(id);
  }

  /** Ends the thread; what runs there rejects with `reason`. */
  async end(reason: unknown): Promise<void> {
    this.#failAll(() => reason);
    await this.#worker.terminate();
  }

  #receive(message: FromThread): void {
    if (message.fogPool === 'ready') return;
    this.#unheard.delete(message.id);
    if (message.fogPool === 'aborting') return;
    const running = this.#running.get(message.id);
    this.#running.delete(message.id);
    this.heapBytes = message.heapBytes;
    if (message.fogPool === 'done') running?.resolve(message.value);
    else running?.reject(received(message.error));
  }

  #failAll(reason: (running: Running) => unknown): void {
    this.heapBytes = 0;
    const failed = [...this.#running.values()];
    this.#running.clear();
    for (const running of failed) running.reject(reason(running));
  }
}
