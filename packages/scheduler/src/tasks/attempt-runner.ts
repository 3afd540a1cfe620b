import type { Executor } from '../executor.js';
import type { Task } from './task.js';

/** Who is told how attempts end: exactly once for each that started. */
export interface Outcomes {
  succeeded(task: Task, value: unknown, how: 'at once' | 'later'): void;
  failed(task: Task, error: unknown, how: 'at once' | 'later'): void;
}

/** Runs one attempt of a task. What is a promise, is like one or throws is the same to whoever is told. */
export function runAttempt(task: Task, executor: Executor, outcomes: Outcomes): void {
  const attempt = task.current;
  // Cancelled, or told to stop, between plan and start: the attempt ends before it began.
  if (attempt === undefined || attempt.aborted) return outcomes.failed(task, undefined, 'at once');
  let value: unknown;
  let running: Promise<unknown> | undefined;
  try {
    value = executor.execute(task, attempt);
    // A promise of our own: what is merely like one may throw when asked for `then`, or settle twice.
    if (isThenable(value)) running = Promise.resolve(value);
  } catch (error) {
    return outcomes.failed(task, error, 'at once');
  }
  if (running === undefined) return outcomes.succeeded(task, value, 'at once');
  running.then(
    (result) => outcomes.succeeded(task, result, 'later'),
    (error: unknown) => outcomes.failed(task, error, 'later'),
  );
}

function isThenable(value: unknown): value is PromiseLike<unknown> {
  return typeof value === 'object' && value !== null && typeof (value as { readonly then?: unknown }).then === 'function';
}
