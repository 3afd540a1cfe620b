import type { ClusterWorker } from '../cluster-worker.js';
import { chooseGpus, copyRoom, fits, move, type Room } from '../resources.js';
import type { Task } from '../task.js';
import { canEverRun } from './filter.js';

/** A worker set aside for a task that found no room. One a worker, one a task. */
export interface Reservation {
  readonly task: Task;
  readonly worker: ClusterWorker;
  /** When it is expected to start, by the upper estimates of what runs there. */
  startMs: number;
  /** What is left beside it when it starts. */
  spare: Room;
  /** Of an overdue task: who passes must fit beside it, however short it claims to be. */
  firm: boolean;
}

interface Start {
  readonly startMs: number;
  readonly spare: Room;
}

/**
 * Reserves the worker where the task can start soonest, among those not reserved for others; what it has already is kept
 * and brought up to date, since a reservation that wanders is none. `undefined` if there is no such worker.
 */
export function reserve(task: Task, workers: readonly ClusterWorker[], nowMs: number): Reservation | undefined {
  const kept = task.reservation;
  if (kept !== undefined && canEverRun(task.shape, kept.worker) && (kept.worker.reservation ?? kept) === kept) {
    const start = earliestStart(task, kept.worker, nowMs, Infinity);
    if (start === undefined) return undefined;
    kept.worker.reservation = kept;
    kept.startMs = start.startMs;
    kept.spare = start.spare;
    kept.firm = task.overdue;
    return kept;
  }
  releaseReservation(task);
  const found = soonest(task, workers, nowMs);
  if (found === undefined) return undefined;
  const reservation: Reservation = { task, ...found, firm: task.overdue };
  task.reservation = reservation;
  found.worker.reservation = reservation;
  return reservation;
}

/** Where and when the task can start soonest, reserving nothing. */
export function soonest(task: Task, workers: readonly ClusterWorker[], nowMs: number): (Start & { readonly worker: ClusterWorker }) | undefined {
  let best: (Start & { readonly worker: ClusterWorker }) | undefined;
  for (const worker of workers) {
    if (worker.draining || (worker.reservation !== undefined && worker.reservation.task !== task) || !canEverRun(task.shape, worker)) continue;
    const start = earliestStart(task, worker, nowMs, best?.startMs ?? Infinity);
    if (start !== undefined) best = { worker, ...start };
  }
  return best;
}

export function releaseReservation(task: Task): void {
  if (task.reservation !== undefined) suspendReservation(task.reservation);
  task.reservation = undefined;
}

/** Opens the worker to others; the task keeps its claim, for a {@link reserve} to renew if nobody else took the worker. */
export function suspendReservation(reservation: Reservation): void {
  if (reservation.worker.reservation === reservation) reservation.worker.reservation = undefined;
}

/** When enough of what runs on the worker has ended; `undefined` unless that is before `beforeMs`. */
function earliestStart(task: Task, worker: ClusterWorker, nowMs: number, beforeMs: number): Start | undefined {
  const { demand } = task.shape;
  const room = copyRoom(worker.free);
  const running = worker.running.map((other) => ({ other, endMs: expectedEndMs(other, worker.speed, nowMs) })).sort((a, b) => a.endMs - b.endMs);
  let startMs = nowMs;
  for (let index = 0; !fits(demand, room); index += 1) {
    const next = running[index];
    if (next === undefined || next.endMs >= beforeMs) return undefined;
    move(next.other.shape.demand, next.other.gpus, room, 1);
    startMs = next.endMs;
  }
  if (startMs >= beforeMs) return undefined;
  move(demand, chooseGpus(demand.gpu, room.gpus) ?? [], room, -1);
  return { startMs, spare: room };
}

/**
 * When a running task is expected to have ended: by its upper estimate, then by what its caller said; one that outlives both is
 * given as long again. Small corrections instead would promise the near future over and over.
 */
export function expectedEndMs({ startedMs, estimate, estimateMs = 0 }: Task, speed: number, nowMs: number): number {
  const elapsedMs = nowMs - startedMs;
  for (const expectedMs of [estimate.upperMs, estimateMs]) if (expectedMs / speed > elapsedMs) return startedMs + expectedMs / speed;
  return nowMs + Math.max(elapsedMs, 1);
}
