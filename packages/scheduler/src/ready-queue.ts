import { IndexedHeap } from './indexed-heap.js';
import type { DueEntry, Task } from './task.js';

/** Milliseconds between two orderings, per queued task: computing an order takes about 0.1 µs, so that is 1 % of the time. */
const REORDER_MS_PER_TASK = 0.01;

/**
 * Who is first: overdue tasks in the order they came, then the order of the policy. Tasks that no worker could run even when
 * idle are parked beside it, where they block nobody.
 */
export class ReadyQueue {
  readonly #ready = new IndexedHeap<Task>();
  readonly #due = new IndexedHeap<DueEntry>();
  readonly #parked = new Set<Task>();
  readonly #order: (task: Task, nowMs: number) => number;
  readonly #reorders: boolean;
  #orderedAtMs = 0;

  constructor(order: (task: Task, nowMs: number) => number, reorders: boolean) {
    this.#order = order;
    this.#reorders = reorders;
  }

  /** Tasks in line. */
  get ready(): number {
    return this.#ready.size;
  }

  /** All of them, parked ones included. */
  get size(): number {
    return this.#ready.size + this.#parked.size;
  }

  /** When the next task becomes overdue; `Infinity` if none will. */
  get nextDueMs(): number {
    return this.#due.peekKey();
  }

  /** A task comes, or comes back. Whatever the order throws, it throws with nothing changed. */
  add(task: Task, nowMs: number): void {
    if (this.#ready.size === 0 || !this.#reorders) this.#orderedAtMs = nowMs;
    this.#enter(task, this.#keyOf(task));
    if (task.maxWaitMs === Infinity || task.overdue) return;
    task.due = { heapIndex: -1, sequence: task.sequence, task };
    this.#due.push(task.due, task.submittedMs + task.maxWaitMs);
  }

  /** A task leaves for good, or starts. */
  remove(task: Task): void {
    if (task.parked) this.#unpark(task);
    else this.#leave(task);
    this.forgetDue(task);
  }

  /** The first task, taken out for a planning pass: it is then started, parked or restored. */
  pop(): Task | undefined {
    const task = this.#ready.pop();
    if (task !== undefined) task.shape.queued -= 1;
    return task;
  }

  restore(task: Task): void {
    this.#enter(task, this.#keyOf(task));
  }

  park(task: Task): void {
    task.parked = true;
    this.#parked.add(task);
  }

  /** The workers have changed: whoever was parked gets in line again. */
  unparkAll(): void {
    for (const task of this.#parked) {
      this.#unpark(task);
      this.restore(task);
    }
  }

  /** Brings the order up to date. */
  advance(nowMs: number): void {
    while (this.#due.peekKey() <= nowMs) {
      const task = this.#due.pop()?.task;
      if (task === undefined) break;
      task.due = undefined;
      task.overdue = true;
      if (!task.parked) this.#ready.update(task, -Infinity);
    }
    if (!this.#reorders || nowMs - this.#orderedAtMs <= this.#ready.size * REORDER_MS_PER_TASK) return;
    this.#orderedAtMs = nowMs;
    this.#ready.rekey((task) => this.#keyOf(task));
  }

  forgetDue(task: Task): void {
    if (task.due !== undefined) this.#due.remove(task.due);
    task.due = undefined;
  }

  /** Tasks in line before this one. O(n), for explanations. */
  ahead(task: Task): number {
    if (task.parked) return this.#ready.size;
    const key = this.#ready.keyOf(task);
    let count = 0;
    for (const other of this.#ready.items()) {
      const otherKey = this.#ready.keyOf(other);
      if (otherKey < key || (otherKey === key && other.sequence < task.sequence)) count += 1;
    }
    return count;
  }

  /** Every task, in no order. */
  all(): Task[] {
    return [...this.#ready.items(), ...this.#parked];
  }

  /** All keys are of the same moment, else tasks of different ages would be compared by different clocks. */
  #keyOf(task: Task): number {
    return task.overdue ? -Infinity : this.#order(task, this.#orderedAtMs);
  }

  #enter(task: Task, key: number): void {
    this.#ready.push(task, key);
    task.shape.queued += 1;
  }

  #leave(task: Task): void {
    this.#ready.remove(task);
    task.shape.queued -= 1;
  }

  #unpark(task: Task): void {
    task.parked = false;
    this.#parked.delete(task);
  }
}
