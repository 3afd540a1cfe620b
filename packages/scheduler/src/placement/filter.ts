import type { ClusterWorker } from '../cluster-worker.js';
import type { Obstacle } from '../explanation.js';
import { countMatches } from '../labels.js';
import { fits } from '../resources.js';
import type { Shape } from '../shape.js';
import type { Task } from '../task.js';
import { canBackfill } from './backfill.js';

/** Could the worker run tasks of this shape if nothing else ran there? */
export function canEverRun(shape: Shape, worker: ClusterWorker): boolean {
  return !worker.draining && fits(shape.demand, worker.capacity) && labelsMatch(shape, worker);
}

export function labelsMatch({ required, forbidden }: Shape, { labels }: ClusterWorker): boolean {
  return (
    (required.length === 0 || countMatches(required, labels) === required.length) && (forbidden.length === 0 || countMatches(forbidden, labels) === 0)
  );
}

/** Why the task cannot start on the worker now; the first reason that holds, `undefined` if none does. */
export function obstacleTo(task: Task, worker: ClusterWorker, pass: number, nowMs: number): Obstacle | undefined {
  const { shape } = task;
  // Whether there is room rules out most workers under load, so it comes first; what would explain the lack of it, after.
  if (!fits(shape.demand, worker.free)) {
    if (!fits(shape.demand, worker.capacity)) return 'capacity';
    return labelsMatch(shape, worker) ? 'room' : 'label';
  }
  if (worker.draining) return 'draining';
  if (!labelsMatch(shape, worker)) return 'label';
  if (worker.heldInPass === pass) return 'held';
  return worker.reservation === undefined || canBackfill(task, worker, worker.reservation, nowMs) ? undefined : 'reserved';
}
