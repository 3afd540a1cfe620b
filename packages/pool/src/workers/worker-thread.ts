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

interface Running {
  readonly id: number;
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
      reject(workerExited(pool, 'before it called serveTasks()', code));
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

/** One thread, with at most one task at a time. */
export class WorkerThread {
  readonly #worker: Worker;
  readonly #pool: string;
  readonly #tasks: readonly string[];
  #lastId = 0;
  #running: Running | undefined = undefined;
  #onLost: (cause: unknown) => void = () => {};

  constructor(worker: Worker, pool: string, tasks: readonly string[]) {
    this.#worker = worker;
    this.#pool = pool;
    this.#tasks = tasks;
    worker
      .on('message', (message: unknown) => {
        if (isOurs(message)) this.#receive(message as FromThread);
      })
      // A result that cannot be read, as it needs what this thread lacks.
      .on('messageerror', (error) => this.#take()?.reject(error))
      .on('error', (error) => {
        const running = this.#take();
        if (running !== undefined) running.reject(workerCrashed(this.#pool, running.task, error));
        this.#onLost(error);
      })
      .on('exit', (code) => {
        const running = this.#take();
        if (running !== undefined) running.reject(workerExited(this.#pool, `during task ${running.task}`, code));
        this.#onLost(workerExited(this.#pool, 'while it was idle', code));
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

  /** @throws synchronously for a task that the worker does not serve, or a payload that cannot be copied. */
  run(task: string, payload: unknown, transfer: readonly Transferable[]): Promise<unknown> {
    if (!this.#tasks.includes(task)) throw unknownTask(this.#pool, task, this.#tasks);
    this.#lastId += 1;
    const id = this.#lastId;
    this.#worker.postMessage({ fogPool: 'run', id, task, payload } satisfies ToThread, transfer);
    return new Promise((resolve, reject) => {
      this.#running = { id, task, resolve, reject };
    });
  }

  /** Tells the running task. */
  abort(): void {
    this.#worker.postMessage({ fogPool: 'abort', id: this.#lastId } satisfies ToThread);
  }

  /** Ends the thread; what runs there rejects with `reason`. */
  async end(reason: unknown): Promise<void> {
    this.#take()?.reject(reason);
    await this.#worker.terminate();
  }

  #receive(message: FromThread): void {
    if (message.fogPool === 'ready' || message.id !== this.#running?.id) return;
    const running = this.#take();
    if (message.fogPool === 'done') running?.resolve(message.value);
    else running?.reject(received(message.error));
  }

  #take(): Running | undefined {
    const running = this.#running;
    this.#running = undefined;
    return running;
  }
}
