import { ChangeLog } from './change-log.js';
import { CapacityTable } from './capacity-table.js';
import { ClusterWorker, releaseReservation, type Reservation, type RunningTask } from './cluster-worker.js';
import { duplicateWorker, unknownWorker } from '../errors.js';
import { Dimensions, move } from './resources.js';
import type { WorkerChanges, WorkerOptions } from './worker-options.js';

/** The workers and the book of what is taken from whom: nothing else changes what is free. */
export class Cluster<Running extends RunningTask = RunningTask> {
  readonly dimensions: Dimensions = new Dimensions();
  readonly #byId = new Map<string, ClusterWorker<Running>>();
  readonly #workers: ClusterWorker<Running>[] = [];
  /** Changes with every change of the workers, so that what was found out about them can be kept until then. */
  version = 0;
  /** Workers whose free capacity changed, for indices to follow. */
  readonly changes: ChangeLog = new ChangeLog();
  readonly #table = new CapacityTable();
  /** Number of the planning pass: stamps on workers and shapes need no wiping between passes. */
  pass = 0;
  /** The last planning pass in which an earlier task waited for every worker. */
  heldInPass = -1;
  /** Tasks that hold capacity. */
  running = 0;
  /** Of the first task that found no room in the last planning pass, unless it is overdue. */
  headReservation: Reservation | undefined = undefined;
  #summaryVersion = -1;
  #highestPrice = 0;
  #highestSpeed = 0;
  #lowestSpeed = 0;
  #isInterruptible = false;
  #totals: { readonly amounts: number[]; gpu: number } = { amounts: [], gpu: 0 };

  /** The book in the form a search over all workers is fastest in. */
  get table(): CapacityTable {
    this.#table.follow(this.#workers, this.dimensions.names.length, this.version, this.changes);
    return this.#table;
  }

  /** In the order they were added, which breaks ties. */
  get workers(): readonly ClusterWorker<Running>[] {
    return this.#workers;
  }

  /** Of a unit of work: by speed. */
  get highestPrice(): number {
    this.#summarize();
    return this.#highestPrice;
  }

  get highestSpeed(): number {
    this.#summarize();
    return this.#highestSpeed;
  }

  get lowestSpeed(): number {
    this.#summarize();
    return this.#lowestSpeed;
  }

  /** Is any worker taken away at times? */
  get isInterruptible(): boolean {
    this.#summarize();
    return this.#isInterruptible;
  }

  /** Capacity of all workers together, by dimension. */
  get totals(): { readonly amounts: readonly number[]; readonly gpu: number } {
    this.#summarize();
    return this.#totals;
  }

  /** @throws `ERR_SCHEDULER_UNKNOWN_WORKER` */
  get(id: string): ClusterWorker<Running> {
    const worker = this.#byId.get(id);
    if (worker === undefined) throw unknownWorker(id, [...this.#byId.keys()]);
    return worker;
  }

  /** @throws `ERR_SCHEDULER_DUPLICATE_WORKER` */
  add(options: Required<WorkerOptions>, nowMs: number): void {
    if (this.#byId.has(options.id)) throw duplicateWorker(options.id);
    const worker = new ClusterWorker<Running>(options, this.dimensions.room(options.capacity), nowMs);
    this.#byId.set(options.id, worker);
    worker.index = this.#workers.push(worker) - 1;
    this.version += 1;
  }

  update(worker: ClusterWorker, { capacity, labels, pricePerHour, interruptionsPerHour, speed }: WorkerChanges, nowMs: number): void {
    worker.beforeChange(nowMs);
    if (capacity !== undefined) {
      const next = this.dimensions.room(capacity);
      // What is in use stays in use: less free than nothing means that tasks have to end before others can start.
      worker.free = { amounts: moved(worker.free.amounts, worker.capacity.amounts, next.amounts), gpus: moved(worker.free.gpus, worker.capacity.gpus, next.gpus) };
      worker.capacity = next;
    }
    if (labels !== undefined) worker.labels = { ...labels };
    if (pricePerHour !== undefined) worker.pricePerHour = pricePerHour;
    if (interruptionsPerHour !== undefined) worker.interruptionsPerHour = interruptionsPerHour;
    if (speed !== undefined) worker.speed = speed;
    this.version += 1;
  }

  retire(worker: ClusterWorker): void {
    worker.draining = true;
    if (worker.reservation !== undefined) releaseReservation(worker.reservation.task);
    this.version += 1;
  }

  remove(worker: ClusterWorker): void {
    this.#byId.delete(worker.id);
    this.#workers.splice(worker.index, 1);
    for (let index = worker.index; index < this.#workers.length; index += 1) (this.#workers[index] as ClusterWorker).index = index;
    this.version += 1;
  }

  /** The task starts on the worker and holds its needs there. */
  allocate(task: Running, worker: ClusterWorker<Running>, gpus: readonly number[], nowMs: number): void {
    if (task.gang === undefined) releaseReservation(task); // A gang keeps its reservations until all its members have room.
    worker.beforeChange(nowMs);
    move(task.shape.demand, gpus, worker.free, -1);
    task.shape.tenant?.move(task.shape.demand, 1);
    task.worker = worker;
    task.gpus = gpus;
    task.startedMs = nowMs;
    task.runningIndex = worker.running.push(task) - 1;
    this.running += 1;
    this.changes.add(worker.index);
  }

  /** The task stopped: its needs are free again. Gives the worker it was on. */
  release(task: Running, nowMs: number): ClusterWorker | undefined {
    const { worker } = task;
    if (worker === undefined) return undefined;
    worker.beforeChange(nowMs);
    move(task.shape.demand, task.gpus, worker.free, 1);
    task.shape.tenant?.move(task.shape.demand, -1);
    const last = worker.running.pop();
    if (last !== undefined && last !== task) {
      worker.running[task.runningIndex] = last;
      last.runningIndex = task.runningIndex;
    }
    task.worker = undefined;
    task.runningIndex = -1;
    this.running -= 1;
    this.changes.add(worker.index);
    return worker;
  }

  #summarize(): void {
    if (this.#summaryVersion === this.version) return;
    this.#summaryVersion = this.version;
    this.#highestPrice = 0;
    this.#highestSpeed = 0;
    this.#lowestSpeed = Infinity;
    this.#isInterruptible = false;
    this.#totals = { amounts: [], gpu: 0 };
    for (const { pricePerHour, interruptionsPerHour, speed, capacity } of this.#workers) {
      if (interruptionsPerHour > 0) this.#isInterruptible = true;
      for (const [dimension, amount] of capacity.amounts.entries()) this.#totals.amounts[dimension] = (this.#totals.amounts[dimension] ?? 0) + amount;
      for (const share of capacity.gpus) this.#totals.gpu += share;
      this.#highestPrice = Math.max(this.#highestPrice, pricePerHour / speed);
      this.#highestSpeed = Math.max(this.#highestSpeed, speed);
      this.#lowestSpeed = Math.min(this.#lowestSpeed, speed);
    }
  }
}

/** Free amounts after the capacity went from `before` to `after`; what left the capacity stays until it is given back. */
function moved(free: readonly number[], before: readonly number[], after: readonly number[]): number[] {
  return Array.from({ length: Math.max(free.length, after.length) }, (_, index) => (free[index] ?? 0) - (before[index] ?? 0) + (after[index] ?? 0));
}
