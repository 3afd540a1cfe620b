import { invalidOption } from '../errors.js';
import { IndexedHeap } from './indexed-heap.js';
import type { Lane } from './lane.js';
import { Line } from './line.js';
import { News } from './news.js';
import type { Shape } from '../tasks/shape.js';
import type { Policy } from '../strategies/policy.js';
import type { DueEntry, Task } from '../tasks/task.js';
import type { Tenant } from './tenants.js';

/** Milliseconds between two orderings, per queued task: computing an order takes about 0.1 µs, so that is 1 % of the time. */
const REORDER_MS_PER_TASK = 0.01;
/** Milliseconds for each estimate that is made anew: that takes about 10 µs, so that it is 1 % of the time as well. */
const RENEWAL_MS = 1;
/** Share of its expected run time for which a task has waited before its estimate is made anew: until then little depends on it. Anything up to all of it does about as well. */
const RENEWED_AFTER = 0.5;
/** Lines kept although their tenants have nothing in line. */
const LINES = 64;

/** How long all workers together would take for the task. */
const shareMs = ({ sizeRatio, estimate }: Task): number => sizeRatio * estimate.medianMs;

type QueuePolicy = Pick<Policy, 'order' | 'reorders' | 'reserves'>;

/**
 * Who is first: overdue tasks in the order they came, then the tenant furthest below its share where tenants count, then the
 * order of the policy. A heap of lanes, one for each shape of task; a line of such lanes for each tenant.
 *
 * Beside it, where they block nobody, are tasks that no worker could run even when idle (parked), and those that are not to
 * start yet (apart): members of a gang that is not complete or stands in line by its first member, and failed ones that back off.
 */
export class ReadyQueue {
  readonly #lines: Line<Task>[] = [];
  readonly #lineOf = new Map<Tenant | undefined, Line<Task>>();
  #sweepLinesAt = LINES;
  readonly #aside: Lane<Task>[] = [];
  readonly #due = new IndexedHeap<DueEntry>();
  readonly #parked = new Set<Task>();
  readonly #apart = new Set<Task>();
  readonly #policy: QueuePolicy;
  readonly #reorders: boolean;
  readonly #weighsBacklog: boolean;
  readonly #onRenewed: (task: Task, nowMs: number) => void;
  readonly #news = new News();
  #ready = 0;
  #orderedAtMs = 0;
  #backlogMs = 0;
  /** Estimates that may be made anew by the time that has passed; a fraction counts. */
  #renewals = 0;

  /** `onRenewed`: the estimate of a task is another one. */
  constructor(policy: QueuePolicy, onRenewed: (task: Task, nowMs: number) => void = () => {}) {
    this.#policy = policy;
    this.#reorders = policy.reorders ?? false;
    this.#weighsBacklog = this.#reorders && policy.reserves !== undefined;
    this.#onRenewed = onRenewed;
  }

  /** Tasks in line. */
  get ready(): number {
    return this.#ready;
  }

  /** All of them, parked ones and those apart included. */
  get size(): number {
    return this.#ready + this.#parked.size + this.#apart.size;
  }

  /** How long all workers together would take for the tasks in line when they were last ordered anew, and those that have come since; 0 where the policy does not ask for it. */
  get backlogMs(): number {
    return this.#backlogMs;
  }

  /** Nobody is left for `pop` to give, though some may be set aside. */
  get isExhausted(): boolean {
    return this.#lines.every(({ lanes }) => lanes.size === 0);
  }

  /** When the next task becomes overdue; `Infinity` if none will. */
  get nextDueMs(): number {
    return this.#due.peekKey();
  }

  /** A task comes, or comes back. Whatever the order or the estimator throws, it throws with nothing changed. */
  add(task: Task, nowMs: number): void {
    this.#comes(nowMs);
    const key = this.#keyOf(task);
    this.#countIn(task);
    this.#enter(task, key);
    this.#watch(task);
  }

  /** A task comes that is not to stand in line yet. */
  addApart(task: Task): void {
    task.place = 'apart';
    this.#apart.add(task);
    this.#watch(task);
  }

  /** A task apart gets in line. */
  lineUp(task: Task, nowMs: number): void {
    this.#apart.delete(task);
    task.place = 'line';
    this.#comes(nowMs);
    this.restore(task);
    this.#countIn(task);
  }

  /** A task leaves for good. */
  remove(task: Task): void {
    if (task.place === 'parked') this.#parked.delete(task);
    else if (task.place === 'apart') this.#apart.delete(task);
    else this.#leave(task);
    task.place = 'line';
    this.#forgetDue(task);
  }

  /** Who is first, left where it is. */
  peek(): Task | undefined {
    return this.#first()?.lanes.peek()?.tasks.peek();
  }

  /** The first task, taken out for a planning pass: it is then started, parked or restored. */
  pop(): Task | undefined {
    const line = this.#first();
    const lane = line?.lanes.peek();
    const task = lane?.tasks.pop();
    if (lane === undefined || task === undefined) return undefined;
    this.#ready -= 1;
    this.#seat(lane);
    return task;
  }

  /** A task in line, taken out of its turn; else as by `pop`. */
  takeOut(task: Task): void {
    this.#leave(task);
  }

  /** The tasks in line whose lanes are not aside and of a shape that `suits`, in no order. */
  *inLine(suits: (shape: Shape) => boolean): Generator<Task> {
    for (const { lanes } of this.#lines)
      for (const { tasks } of lanes.items()) {
        const first = tasks.peek();
        if (first !== undefined && suits(first.shape)) yield* tasks;
      }
  }

  /** A task starts: one taken out by `pop`, or apart. */
  started(task: Task): void {
    if (task.place === 'apart') {
      this.#apart.delete(task);
      task.place = 'line';
    }
    this.#forgetDue(task);
  }

  /** A task that was taken out comes back; where the order throws, as the last in line, and that is thrown. */
  restore(task: Task): void {
    let key = Infinity;
    try {
      key = this.#keyOf(task);
    } finally {
      this.#enter(task, key);
    }
  }

  park(task: Task): void {
    task.place = 'parked';
    this.#parked.add(task);
  }

  /** Until `bringBack()`, `pop` gives no more tasks of the lane. */
  setAside(lane: Lane<Task>): void {
    if (lane.aside) return;
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

  /**
   * One like this has ended, and the estimator knows: what others of its tenant and name take is estimated anew when the queue is
   * next ordered, of those that have waited for half of that time.
   */
  learned(task: Task): void {
    if (this.#reorders && this.#ready > 0) this.#news.add(task);
  }

  /** The workers have changed: whoever was parked gets in line again. */
  unparkAll(): void {
    for (const task of this.#parked) {
      this.restore(task);
      this.#countIn(task);
      task.place = 'line';
      this.#parked.delete(task);
    }
  }

  /** Brings the order up to date. */
  advance(nowMs: number): void {
    while (this.#due.peekKey() <= nowMs) {
      const task = this.#due.pop()?.task;
      if (task === undefined) break;
      task.due = undefined;
      task.overdue = true;
      if (task.place !== 'line') continue;
      this.#leave(task);
      this.restore(task);
    }
    if (this.#lines.length > this.#sweepLinesAt) this.#sweepLines();
    if (!this.#reorders || nowMs - this.#orderedAtMs <= this.#ready * REORDER_MS_PER_TASK) return;
    this.#renewals = Math.min(this.#ready, this.#renewals + (nowMs - this.#orderedAtMs) / RENEWAL_MS);
    this.#orderedAtMs = nowMs;
    if (this.#weighsBacklog) this.#backlogMs = this.#measureBacklog();
    const rekeyed = this.#news.isEmpty ? (task: Task) => this.#keyOf(task) : (task: Task) => this.#renewedKeyOf(task);
    for (const { lanes } of this.#lines) {
      for (const lane of lanes.items()) lane.tasks.rekey(rekeyed);
      lanes.rekey((lane) => {
        lane.sequence = lane.tasks.peek()?.sequence ?? -1;
        return lane.tasks.peekKey();
      });
    }
    this.#news.clear();
  }

  #measureBacklog(): number {
    let backlogMs = 0;
    for (const { lanes } of this.#lines) for (const { tasks } of lanes.items()) for (const task of tasks) backlogMs += shareMs(task);
    return backlogMs;
  }

  /** Somebody is about to get in line. */
  #comes(nowMs: number): void {
    if (this.#ready === 0) this.#backlogMs = 0;
    if (this.#ready === 0 || !this.#reorders) this.#orderedAtMs = nowMs;
  }

  #countIn(task: Task): void {
    if (this.#weighsBacklog) this.#backlogMs += shareMs(task);
  }

  /** Tasks in line before this one. O(n), for explanations; as if all tenants had the same share. */
  ahead(task: Task): number {
    if (task.place !== 'line') return this.#ready;
    const key = task.shape.lane.tasks.keyOf(task);
    let count = 0;
    for (const { lanes } of this.#lines)
      for (const { tasks } of lanes.items())
        for (const other of tasks) {
          const otherKey = tasks.keyOf(other);
          if (otherKey < key || (otherKey === key && other.sequence < task.sequence)) count += 1;
        }
    return count;
  }

  /** Every task, in no order. */
  all(): Task[] {
    return [...this.#lines.flatMap(({ lanes }) => lanes.items().flatMap(({ tasks }) => [...tasks])), ...this.#parked, ...this.#apart];
  }

  #first(): Line<Task> | undefined {
    let first = this.#lines[0];
    for (let index = 1; index < this.#lines.length; index += 1) {
      const line = this.#lines[index] as Line<Task>;
      if (line.lanes.size > 0 && (first === undefined || first.lanes.size === 0 || line.isBefore(first))) first = line;
    }
    return first;
  }

  /** All keys are of the same moment, else tasks of different ages would be compared by different clocks. */
  #keyOf(task: Task): number {
    if (task.overdue) return -Infinity;
    const key = this.#policy.order(task, this.#orderedAtMs);
    // Compared with nothing, it would leave the whole queue in no order.
    if (Number.isNaN(key)) throw invalidOption('strategy.order()', key, 'a number');
    return key;
  }

  #renewedKeyOf(task: Task): number {
    if (this.#renewals >= 1 && this.#news.concerns(task) && this.#orderedAtMs - task.submittedMs > RENEWED_AFTER * task.estimate.medianMs) {
      this.#renewals -= 1;
      task.forgetEstimate();
      this.#onRenewed(task, this.#orderedAtMs);
    }
    return this.#keyOf(task);
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
  #seat(lane: Lane<Task>): void {
    const { lanes } = this.#lineFor(lane.tenant);
    const first = lane.aside ? undefined : lane.tasks.peek();
    const seated = lane.heapIndex !== -1;
    if (first === undefined) {
      if (seated) lanes.remove(lane);
      return;
    }
    lane.sequence = first.sequence;
    if (seated) lanes.update(lane, lane.tasks.peekKey());
    else lanes.push(lane, lane.tasks.peekKey());
  }

  #lineFor(tenant: Tenant | undefined): Line<Task> {
    const only = this.#lines[0];
    if (only?.tenant === tenant && only !== undefined) return only;
    let line = this.#lineOf.get(tenant);
    if (line === undefined) {
      line = new Line<Task>(tenant);
      this.#lineOf.set(tenant, line);
      this.#lines.push(line);
    }
    return line;
  }

  /** Forgets the lines of tenants that have nothing in line, so that the search for the first passes over none of them. */
  #sweepLines(): void {
    const kept = this.#lines.splice(0).filter(({ lanes }) => lanes.size > 0);
    this.#lines.push(...kept);
    this.#lineOf.clear();
    for (const line of kept) this.#lineOf.set(line.tenant, line);
    this.#sweepLinesAt = Math.max(LINES, 2 * kept.length);
  }

  #watch(task: Task): void {
    if (task.maxWaitMs === Infinity || task.overdue || task.due !== undefined) return;
    task.due = { heapIndex: -1, sequence: task.sequence, task };
    this.#due.push(task.due, task.submittedMs + task.maxWaitMs);
  }

  #forgetDue(task: Task): void {
    if (task.due !== undefined) this.#due.remove(task.due);
    task.due = undefined;
  }
}
