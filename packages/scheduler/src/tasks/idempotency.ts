import { idempotencyConflict } from '../errors.js';
import type { Task } from './task.js';

/** Most keys of ended tasks remembered, whatever their age; the oldest go first. */
const MOST = 100_000;

/**
 * Which task was submitted with a key. A key leads to its task while that is queued or running and for some time after it
 * succeeded; one that failed or was cancelled gives its key back, so that it can be tried again.
 */
export class IdempotencyKeys {
  readonly #keepMs: number;
  readonly #byKey = new Map<string, Task>();
  /** Keys of tasks that succeeded, in the order they did. */
  readonly #ended = new Map<string, number>();

  constructor(keepMs: number) {
    this.#keepMs = keepMs;
  }

  /** Throws `ERR_SCHEDULER_IDEMPOTENCY_CONFLICT` if the key was used for another kind of work. */
  find(key: string, name: string, nowMs: number): Task | undefined {
    this.#forget(nowMs);
    const task = this.#byKey.get(key);
    if (task !== undefined && task.name !== name) throw idempotencyConflict(key, task.name, name);
    return task;
  }

  add(key: string, task: Task): void {
    this.#byKey.set(key, task);
  }

  ended(key: string, task: Task): void {
    if (task.state === 'succeeded' && this.#keepMs > 0) this.#ended.set(key, task.endedMs);
    else this.#byKey.delete(key);
  }

  #forget(nowMs: number): void {
    for (const [key, endedMs] of this.#ended) {
      if (nowMs - endedMs < this.#keepMs && this.#ended.size <= MOST) break;
      this.#ended.delete(key);
      this.#byKey.delete(key);
    }
  }
}
