import { duplicateWorker, unknownWorker } from './errors.js';
import { Dimensions, move, shareInUse, type Room } from './resources.js';
import { releaseReservation, type Reservation } from './placement/reservation.js';
import type { PolicyWorker } from './strategies/policy.js';
import type { Task } from './task.js';
import type { WorkerChanges, WorkerOptions } from './worker-options.js';

/** A worker and what is free on it. Only {@link Cluster} writes it, and `placement/` its `heldInPass` and `reservation`. */
export class ClusterWorker implements PolicyWorker {
  readonly id: string;
  readonly addedMs: number;
  capacity: Room;
  free: Room;
  labels: Readonly<Record<string, string>>;
  pricePerHour: number;
  speed: number;
  draining = false;
  /** Tasks that hold capacity here, in no order. */
  readonly running: Task[] = [];
  /** The last planning pass in which an earlier task waited for it. */
  heldInPass = -1;
  reservation: Reservation | undefined = undefined;
  /** Share in use of whatever there is least left of. */
  share = 0;
  #shareSinceMs: number;
  #shareTimesMs = 0;

  constructor({ id, labels, pricePerHour, speed }: Required<WorkerOptions>, capacity: Room, nowMs: number) {
    this.id = id;
    this.labels = { ...labels };
    this.pricePerHour = pricePerHour;
    this.speed = speed;
    this.capacity = capacity;
    this.free = { amounts: [...capacity.amounts], gpus: [...capacity.gpus] };
    this.addedMs = nowMs;
    this.#shareSinceMs = nowMs;
  }

  updateShare(nowMs: number): void {
    this.#shareTimesMs += this.share * (nowMs - this.#shareSinceMs);
    this.#shareSinceMs = nowMs;
    this.share = shareInUse(this.capacity, this.free);
  }

  meanShare(nowMs: number): number {
    const aliveMs = nowMs - this.addedMs;
    return aliveMs > 0 ? (this.#shareTimesMs + this.share * (nowMs - this.#shareSinceMs)) / aliveMs : this.share;
  }
}

/** The workers and the book of what is taken from whom: nothing else changes what is free. */
export class Cluster {
  readonly dimensions: Dimensions = new Dimensions();
  readonly #byId = new Map<string, ClusterWorker>();
  /** In the order they were added, which breaks ties. */
  workers: readonly ClusterWorker[] = [];
  /** Changes with every change of the workers, so that what was found out about them can be kept until then. */
  version = 0;
  /** Number of the planning pass: stamps on workers and shapes need no wiping between passes. */
  pass = 0;
  /** Tasks that hold capacity. */
  running = 0;
  highestPrice = 0;
  highestSpeed = 0;
  /** Of the first task that found no room in the last planning pass, unless it is overdue. */
  headReservation: Reservation | undefined = undefined;

  /** @throws `ERR_SCHEDULER_UNKNOWN_WORKER` */
  get(id: string): ClusterWorker {
    const worker = this.#byId.get(id);
    if (worker === undefined) throw unknownWorker(id, [...this.#byId.keys()]);
    return worker;
  }

  /** @throws `ERR_SCHEDULER_DUPLICATE_WORKER` */
  add(options: Required<WorkerOptions>, nowMs: number): void {
    if (this.#byId.has(options.id)) throw duplicateWorker(options.id);
    this.#byId.set(options.id, new ClusterWorker(options, this.dimensions.room(options.capacity), nowMs));
    this.#changed();
  }

  update(worker: ClusterWorker, { capacity, labels, pricePerHour, speed }: WorkerChanges, nowMs: number): void {
    if (capacity !== undefined) {
      const next = this.dimensions.room(capacity);
      // What is in use stays in use: less free than nothing means that tasks have to end before others can start.
      worker.free = { amounts: moved(worker.free.amounts, worker.capacity.amounts, next.amounts), gpus: moved(worker.free.gpus, worker.capacity.gpus, next.gpus) };
      worker.capacity = next;
    }
    if (labels !== undefined) worker.labels = { ...labels };
    if (pricePerHour !== undefined) worker.pricePerHour = pricePerHour;
    if (speed !== undefined) worker.speed = speed;
    worker.updateShare(nowMs);
    this.#changed();
  }

  retire(worker: ClusterWorker): void {
    worker.draining = true;
    if (worker.reservation !== undefined) releaseReservation(worker.reservation.task);
    this.#changed();
  }

  remove(worker: ClusterWorker): void {
    this.#byId.delete(worker.id);
    this.#changed();
  }

  /** The task starts on the worker and holds its needs there. */
  allocate(task: Task, worker: ClusterWorker, gpus: readonly number[], nowMs: number): void {
    releaseReservation(task);
    move(task.shape.demand, gpus, worker.free, -1);
    task.worker = worker;
    task.gpus = gpus;
    task.startedMs = nowMs;
    task.runningIndex = worker.running.push(task) - 1;
    this.running += 1;
    worker.updateShare(nowMs);
  }

  /** The task stopped: its needs are free again. Gives the worker it was on. */
  release(task: Task, nowMs: number): ClusterWorker | undefined {
    const { worker } = task;
    if (worker === undefined) return undefined;
    move(task.shape.demand, task.gpus, worker.free, 1);
    const last = worker.running.pop();
    if (last !== undefined && last !== task) {
      worker.running[task.runningIndex] = last;
      last.runningIndex = task.runningIndex;
    }
    task.worker = undefined;
    task.runningIndex = -1;
    this.running -= 1;
    worker.updateShare(nowMs);
    return worker;
  }

  #changed(): void {
    this.version += 1;
    this.workers = [...this.#byId.values()];
    this.highestPrice = Math.max(0, ...this.workers.map(({ pricePerHour, speed }) => pricePerHour / speed));
    this.highestSpeed = Math.max(0, ...this.workers.map(({ speed }) => speed));
  }
}

/** Free amounts after the capacity went from `before` to `after`; what left the capacity stays until it is given back. */
function moved(free: readonly number[], before: readonly number[], after: readonly number[]): number[] {
  return Array.from({ length: Math.max(free.length, after.length) }, (_, index) => (free[index] ?? 0) - (before[index] ?? 0) + (after[index] ?? 0));
}
