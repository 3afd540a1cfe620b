import type { ClusterWorker, Reservation } from '../workers/cluster-worker.js';
import { commonRoom, fits, move } from '../workers/resources.js';
import type { Task } from '../tasks/task.js';

/** Is it the task's own, or that of its gang? */
export const isFor = ({ task: owner }: Reservation, task: Task): boolean => owner === task || (owner.gang !== undefined && owner.gang === task.gang);

/**
 * May `task` start on the worker now without delaying the task it is reserved for? It may if it will be gone by then, by its
 * median estimate, or is small enough to stay; EASY backfilling (Lifka, 1995), with a reservation of its own for each worker.
 * By the median, since short tasks are the ones whose upper estimates are far off: to ask for certainty of them fills no gaps.
 */
export function canBackfill(task: Task, worker: ClusterWorker, reservation: Reservation, nowMs: number): boolean {
  return isFor(reservation, task) || endsBefore(task, worker, reservation, nowMs) || fits(task.shape.demand, commonRoom(worker.free, reservation.spare));
}

/** An overdue task does not bet on estimates: nothing is short enough to pass it, only small enough. */
function endsBefore(task: Task, worker: ClusterWorker, { firm, startMs }: Reservation, nowMs: number): boolean {
  return !firm && nowMs + task.estimate.medianMs / worker.speed <= startMs;
}

/**
 * A task is about to pass on the worker (`sign` -1): if it stays beyond the reserved start, it takes from what is spare. With 1
 * it did not pass after all.
 */
export function passReservation(task: Task, worker: ClusterWorker, gpus: readonly number[], nowMs: number, sign: 1 | -1 = -1): void {
  const { reservation } = worker;
  if (reservation === undefined || isFor(reservation, task) || endsBefore(task, worker, reservation, nowMs)) return;
  move(task.shape.demand, gpus, reservation.spare, sign);
}

/** The room a task may choose its GPUs from. */
export function roomFor(task: Task, worker: ClusterWorker, nowMs: number): readonly number[] {
  const { reservation, free } = worker;
  if (reservation === undefined || isFor(reservation, task) || endsBefore(task, worker, reservation, nowMs)) return free.gpus;
  return commonRoom(free, reservation.spare).gpus;
}
