import { releaseReservation, type ClusterWorker, type Reservation, type RunningTask } from '../workers/cluster-worker.js';
import type { Estimate } from '../estimation/estimator.js';
import { chooseGpus, copyRoom, fits, move, type Room } from '../workers/resources.js';
import type { Task } from '../tasks/task.js';
import { canEverRun } from './filter.js';

/** Knows better how long a running task takes, once it has outlived what was expected. */
export interface Expectations {
  readonly reestimate: (task: RunningTask, elapsedMs: number) => Estimate;
}

interface Start {
  readonly startMs: number;
  readonly spare: Room;
}

/**
 * Reserves the worker where the task can start soonest, among those not reserved for others; what it has already is kept
 * and brought up to date, since a reservation that wanders is none. `undefined` if there is no such worker.
 */
export function reserve(task: Task, workers: readonly ClusterWorker[], expectations: Expectations, nowMs: number): Reservation | undefined {
  const kept = task.reservation;
  if (kept !== undefined && canEverRun(task.shape, kept.worker) && (kept.worker.reservation ?? kept) === kept) {
    const start = earliestStart(task, kept.worker, expectations, nowMs, Infinity);
    if (start === undefined) return undefined;
    kept.worker.reservation = kept;
    kept.startMs = start.startMs;
    kept.spare = start.spare;
    kept.firm ||= task.overdue;
    return kept;
  }
  releaseReservation(task);
  const found = soonest(task, workers, expectations, nowMs);
  if (found === undefined) return undefined;
  const reservation: Reservation = { task, ...found, firm: task.overdue };
  task.reservation = reservation;
  found.worker.reservation = reservation;
  return reservation;
}

/** Where and when the task can start soonest, reserving nothing. */
export function soonest(task: Task, workers: readonly ClusterWorker[], expectations: Expectations, nowMs: number): (Start & { readonly worker: ClusterWorker }) | undefined {
  let best: (Start & { readonly worker: ClusterWorker }) | undefined;
  for (const worker of workers) {
    if (worker.draining || (worker.reservation !== undefined && worker.reservation.task !== task) || !canEverRun(task.shape, worker)) continue;
    const start = earliestStart(task, worker, expectations, nowMs, best?.startMs ?? Infinity);
    if (start !== undefined) best = { worker, ...start };
  }
  return best;
}

/** When enough of what runs on the worker has ended; `undefined` unless that is before `beforeMs`. */
function earliestStart(task: Task, worker: ClusterWorker, expectations: Expectations, nowMs: number, beforeMs: number): Start | undefined {
  const { demand } = task.shape;
  for (const other of worker.running) {
    const elapsedMs = (nowMs - other.startedMs) * worker.speed;
    while (other.expectedMs <= elapsedMs) outlive(other, other.expectedMs, expectations);
  }
  const ending: { readonly other: RunningTask; readonly endMs: number }[] = [];
  for (const other of worker.running) {
    const endMs = expectedEndMs(other, worker.speed, nowMs);
    if (endMs < beforeMs) ending.push({ other, endMs }); // What ends later is of no use: of many workers, most are passed over by this.
  }
  if (ending.length === 0 && !fits(demand, worker.free)) return undefined;
  ending.sort((a, b) => a.endMs - b.endMs);
  const room = copyRoom(worker.free);
  let startMs = nowMs;
  // What ends at the moment it starts is spare, too.
  for (let index = 0; ending[index]?.endMs === startMs || !fits(demand, room); index += 1) {
    const next = ending[index];
    if (next === undefined) return undefined;
    move(next.other.shape.demand, next.other.gpus, room, 1);
    startMs = next.endMs;
  }
  if (startMs >= beforeMs) return undefined;
  move(demand, chooseGpus(demand.gpu, room.gpus) ?? [], room, -1);
  return { startMs, spare: room };
}

/** When a running task is expected to have ended. */
export function expectedEndMs({ startedMs, expectedMs }: RunningTask, speed: number, nowMs: number): number {
  return Math.max(nowMs, startedMs + expectedMs / speed);
}

/** A running task is still there after `elapsedMs`, though it was expected to have ended: as long again, unless the estimator knows better. */
export function outlive(task: RunningTask, elapsedMs: number, { reestimate }: Expectations): void {
  const { upperMs } = reestimate(task, elapsedMs);
  task.expectedMs = upperMs > elapsedMs ? upperMs : 2 * Math.max(elapsedMs, 1);
}
