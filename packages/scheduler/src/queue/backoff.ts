import { IndexedHeap, type HeapItem } from './indexed-heap.js';
import type { Task } from '../tasks/task.js';

interface Pause extends HeapItem {
  readonly task: Task;
}

/** Failed tasks that pause before their next attempt. */
export class Backoff {
  readonly #heap = new IndexedHeap<Pause>();
  readonly #pauses = new Map<Task, Pause>();

  /** When the next pause is over; `Infinity` if there is none. */
  get nextMs(): number {
    return this.#heap.peekKey();
  }

  add(task: Task, untilMs: number): void {
    const pause = { heapIndex: -1, sequence: task.sequence, task };
    this.#pauses.set(task, pause);
    this.#heap.push(pause, untilMs);
  }

  remove(task: Task): void {
    const pause = this.#pauses.get(task);
    if (pause === undefined) return;
    this.#pauses.delete(task);
    this.#heap.remove(pause);
  }

  /** Takes out a task whose pause is over. */
  next(nowMs: number): Task | undefined {
    if (this.#heap.peekKey() > nowMs) return undefined;
    const task = this.#heap.pop()?.task;
    if (task !== undefined) this.#pauses.delete(task);
    return task;
  }
}
