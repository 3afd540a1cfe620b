import type { Reservation } from '../placement/reservation.js';
import { shareInUse, type Room } from './resources.js';
import type { PolicyWorker } from '../strategies/policy.js';
import type { Task } from '../tasks/task.js';
import type { WorkerOptions } from './worker-options.js';

/** A worker and what is free on it. Only `Cluster` writes it, and `placement/` its `heldInPass` and `reservation`. */
export class ClusterWorker implements PolicyWorker {
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
  readonly running: Task[] = [];
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
