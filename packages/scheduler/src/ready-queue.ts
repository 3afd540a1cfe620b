import { invalidOption } from './errors.js';
import { IndexedHeap } from './indexed-heap.js';
import type { Lane } from './lane.js';
import type { DueEntry, Task } from './task.js';

/** Milliseconds between two orderings, per queued task: computing an order takes about 0.1 µs, so that is 1 % of the time. */
const REORDER_MS_PER_TASK = 0.01;

/**
 * Who is first: overdue tasks in the order they came, then the order of the policy. A heap of lanes, one for each shape of task.
 * Tasks that no worker could run even when idle are parked beside it, where they block nobody.
 */
export class ReadyQueue {
  /** Lanes that have tasks and are not aside. */
  readonly #lanes = new IndexedHeap<Lane>();
  readonly #aside: Lane[] = [];
  readonly #due = new IndexedHeap<DueEntry>();
  readonly #parked = new Set<Task>();
  readonly #order: (task: Task, nowMs: number) => number;
  readonly #reorders: boolean;
  #ready = 0;
  #orderedAtMs = 0;

  constructor(order: (task: Task, nowMs: number) => number, reorders: boolean) {
    this.#order = order;
    this.#reorders = reorders;
  }

  /** Tasks in line. */
  get ready(): number {
    return this.#ready;
  }

  /** All of them, parked ones included. */
  get size(): number {
    return this.#ready + this.#parked.size;
  }

  /** Nobody is left for `pop` to give, though some may be set aside. */
  get isExhausted(): boolean {
    return this.#lanes.size === 0;
  }

  /** When the next task becomes overdue; `Infinity` if none will. */
  get nextDueMs(): number {
    return this.#due.peekKey();
  }

  /** A task comes, or comes back. Whatever the order throws, it throws with nothing changed. */
  add(task: Task, nowMs: number): void {
    if (this.#ready === 0 || !this.#reorders) this.#orderedAtMs = nowMs;
    this.restore(task);
    if (task.maxWaitMs === Infinity || task.overdue) return;
    task.due = { heapIndex: -1, sequence: task.sequence, task };
    this.#due.push(task.due, task.submittedMs + task.maxWaitMs);
  }

  /** A task leaves for good. */
  remove(task: Task): void {
    if (task.parked) this.#unpark(task);
    else this.#leave(task);
    this.#forgetDue(task);
  }

  /** The first task, taken out for a planning pass: it is then started, parked or restored. */
  pop(): Task | undefined {
    const lane = this.#lanes.peek();
    const task = lane?.tasks.pop();
    if (lane === undefined || task === undefined) return undefined;
    this.#ready -= 1;
    this.#seat(lane);
    return task;
  }

  /** A task taken out by `pop` starts. */
  started(task: Task): void {
    this.#forgetDue(task);
  }

  restore(task: Task): void {
    this.#enter(task, this.#keyOf(task));
  }

  park(task: Task): void {
    task.parked = true;
    this.#parked.add(task);
  }

  /** Until `bringBack()`, `pop` gives no more tasks of the lane. */
  setAside(lane: Lane): void {
    lane.aside = true;
    this.#aside.push(lane);
    this.#seat(lane);
  }

  bringBack(): void {
    for (const lane of this.#aside) {
      lane.aside = false;
      this.#seat(lane);
    }
    this.#aside.length = 0;
  }

  /** The workers have changed: whoever was parked gets in line again. */
  unparkAll(): void {
    for (const task of this.#parked) {
      this.restore(task);
      this.#unpark(task);
    }
  }

  /** Brings the order up to date. */
  advance(nowMs: number): void {
    while (this.#due.peekKey() <= nowMs) {
      const task = this.#due.pop()?.task;
      if (task === undefined) break;
      task.due = undefined;
      task.overdue = true;
      if (task.parked) continue;
      this.#leave(task);
      this.restore(task);
    }
    if (!this.#reorders || nowMs - this.#orderedAtMs <= this.#ready * REORDER_MS_PER_TASK) return;
    this.#orderedAtMs = nowMs;
    for (const lane of this.#lanes.items()) lane.tasks.rekey((task) => this.#keyOf(task));
    this.#lanes.rekey((lane) => {
      lane.sequence = lane.tasks.peek()?.sequence ?? -1;
      return lane.tasks.peekKey();
    });
  }

  /** Tasks in line before this one. O(n), for explanations. */
  ahead(task: Task): number {
    if (task.parked) return this.#ready;
    const key = task.shape.lane.tasks.keyOf(task);
    let count = 0;
    for (const { tasks } of this.#lanes.items())
      for (const other of tasks.items()) {
        const otherKey = tasks.keyOf(other);
        if (otherKey < key || (otherKey === key && other.sequence < task.sequence)) count += 1;
      }
    return count;
  }

  /** Every task, in no order. */
  all(): Task[] {
    return [...this.#lanes.items().flatMap(({ tasks }) => tasks.items()), ...this.#parked];
  }

  /** All keys are of the same moment, else tasks of different ages would be compared by different clocks. */
  #keyOf(task: Task): number {
    if (task.overdue) return -Infinity;
    const key = this.#order(task, this.#orderedAtMs);
    // Compared with nothing, it would leave the whole queue in no order.
    if (Number.isNaN(key)) throw invalidOption('strategy.order()', key, 'a number');
    return key;
  }

  #enter(task: Task, key: number): void {
    const { lane } = task.shape;
    lane.tasks.push(task, key);
    this.#ready += 1;
    if (lane.tasks.peek() === task) this.#seat(lane);
  }

  #leave(task: Task): void {
    const { lane } = task.shape;
    const wasFirst = lane.tasks.peek() === task;
    lane.tasks.remove(task);
    this.#ready -= 1;
    if (wasFirst) this.#seat(lane);
  }

  /** Puts a lane where its first task belongs. */
  #seat(lane: Lane): void {
    const first = lane.aside ? undefined : lane.tasks.peek();
    const seated = lane.heapIndex !== -1;
    if (first === undefined) {
      if (seated) this.#lanes.remove(lane);
      return;
    }
    lane.sequence = first.sequence;
    if (seated) this.#lanes.update(lane, lane.tasks.peekKey());
    else this.#lanes.push(lane, lane.tasks.peekKey());
  }

  #forgetDue(task: Task): void {
    if (task.due !== undefined) this.#due.remove(task.due);
    task.due = undefined;
  }

  #unpark(task: Task): void {
    task.parked = false;
    this.#parked.delete(task);
  }
}
