import type { Transferable } from 'node:worker_threads';

/** What a task is told beside its payload. */
export interface TaskContext {
  /**
   * Aborts when the caller of `run` aborts, once the task lets its event loop turn. A task that goes on regardless ends
   * with its thread, `abortGraceMs` later.
   */
  readonly signal: AbortSignal;
  /** Push what is to be moved, not copied, with the result. */
  readonly transfer: Transferable[];
}

/** Tasks by name. `never` lets each have a payload type of its own. */
export type Tasks = Readonly<Record<string, (payload: never, context: TaskContext) => unknown>>;
