import type { TaskFeatures } from '../estimation/estimator.js';
import { shareInUse, type Demand, type Room } from './resources.js';
import type { PolicyWorker } from '../strategies/policy.js';
import type { WorkerOptions } from './worker-options.js';

/** A worker set aside for a task that found no room. One a worker, one a task. */
export interface Reservation {
  readonly task: ReservingTask;
  readonly worker: ClusterWorker;
  /** When it is expected to start, by the upper estimates of what runs there. */
  startMs: number;
  /** What is left beside it when it starts. */
  spare: Room;
  /** Of an overdue task, or one that others were stopped for: who passes must fit beside it, however short it claims to be. */
  firm: boolean;
}

/** A task as its reservation knows it. */
export interface ReservingTask {
  readonly id: string;
  readonly gang: { reservations: Reservation[] } | undefined;
  reservation: Reservation | undefined;
}

/** A task as the worker it runs on knows it. */
export interface RunningTask extends ReservingTask, TaskFeatures {
  /** As given to `submit()`. */
  readonly givenId: string | undefined;
  readonly shape: { readonly demand: Demand; readonly tenant: { move(demand: Demand, sign: 1 | -1): void } | undefined };
  /** Upper estimate of its run time, on a worker of speed 1; a higher one each time it has outlived it. */
  expectedMs: number;
  worker: ClusterWorker | undefined;
  /** Place among those that run on the worker. */
  runningIndex: number;
  gpus: readonly number[];
  startedMs: number;
}

/** A worker and what is free on it. Only `Cluster` writes it, and `placement/` its `heldInPass` and `reservation`. */
export class ClusterWorker<Running extends RunningTask = RunningTask> implements PolicyWorker {
  readonly id: string;
  readonly addedMs: number;
  /** Place among the workers, in the order they were added. */
  index = -1;
  capacity: Room;
  free: Room;
  labels: Readonly<Record<string, string>>;
  pricePerHour: number;
  interruptionsPerHour: number;
  speed: number;
  draining = false;
  /** Tasks that hold capacity here, in no order. */
  readonly running: Running[] = [];
  /** The last planning pass in which an earlier task waited for it. */
  heldInPass = -1;
  reservation: Reservation | undefined = undefined;
  /** Of `placement/fragmentation`: how many typical tasks would fit, as of a version of what is typical; -1 after a change. */
  roomForTypical = 0;
  roomVersion = -1;
  #share = 0;
  #shareIsStale = false;
  #shareSinceMs: number;
  #shareTimesMs = 0;

  constructor({ id, labels, pricePerHour, interruptionsPerHour, speed }: Required<WorkerOptions>, capacity: Room, nowMs: number) {
    this.id = id;
    this.labels = { ...labels };
    this.pricePerHour = pricePerHour;
    this.interruptionsPerHour = interruptionsPerHour;
    this.speed = speed;
    this.capacity = capacity;
    this.free = { amounts: [...capacity.amounts], gpus: [...capacity.gpus] };
    this.addedMs = nowMs;
    this.#shareSinceMs = nowMs;
  }

  /** Share in use of whatever there is least left of. */
  get share(): number {
    if (this.#shareIsStale) {
      this.#share = shareInUse(this.capacity, this.free);
      this.#shareIsStale = false;
    }
    return this.#share;
  }

  /** To be called before what is free changes. */
  beforeChange(nowMs: number): void {
    // Many tasks start or end in the same instant; the share between them lasted no time and is not worth computing.
    if (nowMs !== this.#shareSinceMs) {
      this.#shareTimesMs += this.share * (nowMs - this.#shareSinceMs);
      this.#shareSinceMs = nowMs;
    }
    this.#shareIsStale = true;
    this.roomVersion = -1;
  }

  meanShare(nowMs: number): number {
    const aliveMs = nowMs - this.addedMs;
    return aliveMs > 0 ? (this.#shareTimesMs + this.share * (nowMs - this.#shareSinceMs)) / aliveMs : this.share;
  }
}

/** Opens the worker to others and ends the claim; of a gang, those of all its members. */
export function releaseReservation(task: ReservingTask): void {
  if (task.reservation === undefined) return;
  suspendReservation(task.reservation);
  task.reservation = undefined;
  if (task.gang !== undefined) task.gang.reservations = [];
}

/** Opens the worker to others; the task keeps its claim, to be renewed if nobody else took the worker. */
export function suspendReservation(reservation: Reservation): void {
  for (const each of reservation.task.gang?.reservations ?? [reservation]) if (each.worker.reservation === each) each.worker.reservation = undefined;
}
