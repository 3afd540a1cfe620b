import { IndexedHeap } from '../queue/indexed-heap.js';
import { expectedEndMs } from '../placement/reservation.js';
import type { Task, WatchEntry } from '../tasks/task.js';

/** What becomes of deadlines, by class of service. */
export interface ServiceLevel {
  /** Tasks that succeeded by their deadline. */
  metTotal: number;
  /** Tasks whose deadline passed before they succeeded, or that failed. */
  missedTotal: number;
  /** Tasks not ended that will miss it by their upper estimate. */
  atRisk: number;
  /** Tasks that were at risk at some time. */
  atRiskTotal: number;
}

/** Knows of each deadline when it becomes doubtful and when it passes; tasks without one cost nothing. */
export class DeadlineWatch {
  readonly #heap = new IndexedHeap<WatchEntry>();
  readonly #levels = new Map<string, ServiceLevel>();
  readonly #highestSpeed: () => number;
  readonly #onRisk: (task: Task) => void;
  readonly #onMiss: (task: Task) => void;

  constructor(highestSpeed: () => number, { onRisk, onMiss }: { readonly onRisk: (task: Task) => void; readonly onMiss: (task: Task) => void }) {
    this.#highestSpeed = highestSpeed;
    this.#onRisk = onRisk;
    this.#onMiss = onMiss;
  }

  /** When something is to be looked at next; `Infinity` if nothing is. */
  get nextMs(): number {
    return this.#heap.peekKey();
  }

  add(task: Task, nowMs: number): void {
    if (task.deadlineAtMs === Infinity) return;
    this.#levelOf(task);
    task.watched = { heapIndex: -1, sequence: task.sequence, task, atRisk: false, missed: false };
    this.#heap.push(task.watched, this.#lookAtMs(task.watched, nowMs));
  }

  /** It started, or went back to the queue: there is more to tell. */
  changed({ watched }: Task, nowMs: number): void {
    if (watched === undefined || watched.missed) return;
    this.#setRisk(watched, false);
    this.#heap.update(watched, this.#lookAtMs(watched, nowMs));
  }

  /** More is known of how long it takes: there may be a risk sooner, or none any more. */
  foretold({ watched }: Task, nowMs: number): void {
    if (watched === undefined || watched.missed) return;
    if (watched.atRisk && this.#riskAtMs(watched.task, nowMs) > nowMs) this.#setRisk(watched, false);
    this.#heap.update(watched, this.#lookAtMs(watched, nowMs));
  }

  /** It ended; `met` is `undefined` for one that was cancelled, which is neither. */
  ended(task: Task, met: boolean | undefined): void {
    const { watched } = task;
    if (watched === undefined) return;
    task.watched = undefined;
    this.#setRisk(watched, false);
    if (watched.missed) return;
    this.#heap.remove(watched);
    if (met === undefined) return;
    if (met) this.#levelOf(task).metTotal += 1;
    else this.#miss(watched);
  }

  advance(nowMs: number): void {
    for (let entry = this.#heap.peek(); entry !== undefined && this.#heap.peekKey() <= nowMs; entry = this.#heap.peek()) {
      if (nowMs > entry.task.deadlineAtMs) {
        this.#heap.remove(entry);
        this.#miss(entry);
      } else {
        const isRisky = this.#riskAtMs(entry.task, nowMs) <= nowMs;
        if (isRisky && !entry.atRisk) {
          this.#setRisk(entry, true);
          this.#levelOf(entry.task).atRiskTotal += 1;
          this.#onRisk(entry.task);
          if (entry.task.watched !== entry) continue; // Whoever was told of it has cancelled it.
        }
        this.#heap.update(entry, Math.max(this.#lookAtMs(entry, nowMs), nowMs + 1));
      }
    }
  }

  /** By class of service. */
  levels(): Record<string, ServiceLevel> {
    return Object.fromEntries([...this.#levels].map(([name, level]) => [name, { ...level }]));
  }

  total(count: keyof ServiceLevel): number {
    let sum = 0;
    for (const level of this.#levels.values()) sum += level[count];
    return sum;
  }

  #miss(entry: WatchEntry): void {
    entry.missed = true;
    this.#setRisk(entry, false);
    this.#levelOf(entry.task).missedTotal += 1;
    this.#onMiss(entry.task);
  }

  #setRisk(entry: WatchEntry, atRisk: boolean): void {
    if (entry.atRisk === atRisk) return;
    entry.atRisk = atRisk;
    this.#levelOf(entry.task).atRisk += atRisk ? 1 : -1;
  }

  /** Just past the deadline, as what ends on it has met it. */
  #lookAtMs(entry: WatchEntry, nowMs: number): number {
    const { task } = entry;
    const passedMs = task.deadlineAtMs + 1e-3;
    return entry.atRisk ? passedMs : Math.min(passedMs, this.#riskAtMs(task, nowMs));
  }

  /** From when on the task will miss its deadline by its upper estimate, unless something changes. */
  #riskAtMs(task: Task, nowMs: number): number {
    const { deadlineAtMs, startedMs, worker } = task;
    if (worker === undefined) return deadlineAtMs - task.estimate.upperMs / (this.#highestSpeed() || 1);
    if (expectedEndMs(task, worker.speed, nowMs) > deadlineAtMs) return nowMs;
    const upperEndMs = startedMs + task.estimate.upperMs / worker.speed;
    // One that outlives its estimate is expected to take as long again.
    return upperEndMs > nowMs ? upperEndMs : (deadlineAtMs + startedMs) / 2;
  }

  #levelOf({ serviceClass }: Task): ServiceLevel {
    let level = this.#levels.get(serviceClass);
    if (level === undefined) {
      level = { metTotal: 0, missedTotal: 0, atRisk: 0, atRiskTotal: 0 };
      this.#levels.set(serviceClass, level);
    }
    return level;
  }
}
