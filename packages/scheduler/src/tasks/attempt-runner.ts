import type { Executor } from '../executor.js';
import type { Task } from './task.js';

/** Who is told how attempts end: exactly once for each that started. */
export interface Outcomes {
  succeeded(task: Task, value: unknown, how: 'at once' | 'later'): void;
  failed(task: Task, error: unknown, how: 'at once' | 'later'): void;
}

/** Runs attempts of tasks. What is a promise, is like one or throws is the same to whoever is told. */
export class AttemptRunner {
  readonly #executor: Executor;
  readonly #outcomes: Outcomes;
  /** Those that wait for no promise at the moment. */
  readonly #idle: Waiter[] = [];

  constructor(executor: Executor, outcomes: Outcomes) {
    this.#executor = executor;
    this.#outcomes = outcomes;
  }

  run(task: Task): void {
    const attempt = task.current;
    // Cancelled, or told to stop, between plan and start: the attempt ends before it began.
    if (attempt === undefined || attempt.aborted) return this.#outcomes.failed(task, undefined, 'at once');
    let value: unknown;
    let running: Promise<unknown> | undefined;
    try {
      value = this.#executor.execute(task, attempt);
      // A promise of our own: what is merely like one may throw when asked for `then`, or settle twice.
      if (isThenable(value)) running = Promise.resolve(value);
    } catch (error) {
      return this.#outcomes.failed(task, error, 'at once');
    }
    if (running === undefined) return this.#outcomes.succeeded(task, value, 'at once');
    const waiter = this.#idle.pop() ?? new Waiter(this.#outcomes, this.#idle);
    waiter.wait(task, running);
  }
}

/**
 * Waits for one attempt after the other: two functions made once, where two for each attempt, with what they enclose, would be most
 * of what a short one allocates.
 */
class Waiter {
  #task: Task | undefined = undefined;
  readonly #fulfilled: (value: unknown) => void;
  readonly #rejected: (error: unknown) => void;

  constructor(outcomes: Outcomes, idle: Waiter[]) {
    const free = (): Task => {
      const task = this.#task as Task;
      this.#task = undefined;
      idle.push(this);
      return task;
    };
    this.#fulfilled = (value) => outcomes.succeeded(free(), value, 'later');
    this.#rejected = (error) => outcomes.failed(free(), error, 'later');
  }

  wait(task: Task, running: Promise<unknown>): void {
    this.#task = task;
    // Not its own `then`, which may be anybody's: this one calls just one of the two, and once.
    void Promise.prototype.then.call(running, this.#fulfilled, this.#rejected);
  }
}

function isThenable(value: unknown): value is PromiseLike<unknown> {
  return ((typeof value === 'object' && value !== null) || typeof value === 'function') && typeof (value as { readonly then?: unknown }).then === 'function';
}
