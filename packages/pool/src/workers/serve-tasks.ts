import { getHeapStatistics } from 'node:v8';
import { isMainThread, type MessagePort, parentPort, type Transferable } from 'node:worker_threads';
import { invalidOption, notAWorker } from '../errors.js';
import { described, type FromThread, isOurs, sendable, type SentError } from './messages.js';
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

/** Most tasks never look at their signal, which would cost more than all else that is done for them here. */
class RunningContext implements TaskContext {
  readonly transfer: Transferable[] = [];
  #controller: AbortController | undefined;

  get signal(): AbortSignal {
    return this.#made.signal;
  }

  abort(): void {
    this.#made.abort();
  }

  get #made(): AbortController {
    this.#controller ??= new AbortController();
    return this.#controller;
  }
}

type Task = (payload: unknown, context: TaskContext) => unknown;

function serve(port: MessagePort, tasks: Readonly<Record<string, unknown>>): void {
  const running = new Map<number, RunningContext>();

  const run = async (id: number, task: string, payload: unknown, measure: boolean): Promise<void> => {
    const context = new RunningContext();
    running.set(id, context);
    try {
      // The pool only sends names that `ready` told it.
      const value = await (tasks[task] as Task)(payload, context);
      // Throws for what cannot be copied, which is the task's failure too.
      port.postMessage({ fogPool: 'done', id, value, heapBytes: measure ? heapBytes() : 0 } satisfies FromThread, context.transfer);
    } catch (error) {
      fail(port, id, error, measure ? heapBytes() : 0);
    }
    running.delete(id);
  };

  port.on('message', (message: unknown) => {
    if (!isOurs(message)) return;
    if (message.fogPool === 'run') void run(message.id, message.task, message.payload, message.measure);
    else if (message.fogPool === 'abort') {
      port.postMessage({ fogPool: 'aborting', id: message.id } satisfies FromThread);
      running.get(message.id)?.abort();
    }
  });
  port.postMessage({ fogPool: 'ready', tasks: Object.keys(tasks) } satisfies FromThread);
}

function fail(port: MessagePort, id: number, error: unknown, heapBytes: number): void {
  const send = (sent: SentError): void => port.postMessage({ fogPool: 'failed', id, error: sent, heapBytes } satisfies FromThread);
  try {
    send(sendable(error));
  } catch {
    send(described(error));
  }
}

/** What the thread has in use, garbage not yet collected and array buffers included. */
function heapBytes(): number {
  const { used_heap_size: heap, external_memory: outside } = getHeapStatistics();
  return heap + outside;
}
