import { isMainThread, type MessagePort, parentPort, type Transferable } from 'node:worker_threads';
import { invalidOption, notAWorker } from '../errors.js';
import { type FromThread, isOurs, sendable, type SentError } from './messages.js';
import type { TaskContext, Tasks } from './tasks.js';

/**
 * Called once in the worker's file. Gives the tasks back, so that their types can be exported.
 * @throws {PoolError} `ERR_POOL_NOT_A_WORKER` in the main thread, `ERR_POOL_INVALID_OPTION` if a task is no function
 */
export function serveTasks<T extends Tasks>(tasks: T): T {
  if (isMainThread || parentPort === null) throw notAWorker();
  for (const [name, task] of Object.entries(tasks)) if (typeof task !== 'function') throw invalidOption(`tasks.${name}`, task, 'a function');
  serve(parentPort, tasks);
  return tasks;
}

type Task = (payload: unknown, context: TaskContext) => unknown;

function serve(port: MessagePort, tasks: Readonly<Record<string, unknown>>): void {
  let running: { readonly id: number; readonly controller: AbortController } | undefined;

  const run = async (id: number, task: string, payload: unknown): Promise<void> => {
    const controller = new AbortController();
    running = { id, controller };
    const transfer: Transferable[] = [];
    try {
      // The pool only sends names that `ready` told it.
      const value = await (tasks[task] as Task)(payload, { signal: controller.signal, transfer });
      // Throws for what cannot be copied, which is the task's failure too.
      port.postMessage({ fogPool: 'done', id, value } satisfies FromThread, transfer);
    } catch (error) {
      fail(port, id, sendable(error));
    }
    running = undefined;
  };

  port.on('message', (message: unknown) => {
    if (!isOurs(message)) return;
    if (message.fogPool === 'run') void run(message.id, message.task, message.payload);
    else if (message.fogPool === 'abort' && running?.id === message.id) running.controller.abort();
  });
  port.postMessage({ fogPool: 'ready', tasks: Object.keys(tasks) } satisfies FromThread);
}

function fail(port: MessagePort, id: number, error: SentError): void {
  try {
    port.postMessage({ fogPool: 'failed', id, error } satisfies FromThread);
  } catch {
    // Something that cannot be copied was thrown, or hangs on the error.
    port.postMessage({ fogPool: 'failed', id, error: { ...error, value: new Error(String(error.value)) } } satisfies FromThread);
  }
}
