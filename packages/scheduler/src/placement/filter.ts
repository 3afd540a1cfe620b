import type { Cluster } from '../workers/cluster.js';
import type { ClusterWorker, RunningTask } from '../workers/cluster-worker.js';
import type { Obstacle } from '../tasks/explanation.js';
import { countMatches } from '../workers/labels.js';
import { fits } from '../workers/resources.js';
import { dependsOnTasks, type Shape } from '../tasks/shape.js';
import type { Task } from '../tasks/task.js';
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
export function obstacleTo(task: Task, worker: ClusterWorker, cluster: Cluster, nowMs: number): Obstacle | undefined {
  const { shape } = task;
  // Whether there is room rules out most workers under load, so it comes first; what would explain the lack of it, after.
  if (!fits(shape.demand, worker.free)) {
    if (!fits(shape.demand, worker.capacity)) return 'capacity';
    return labelsMatch(shape, worker) ? 'room' : 'label';
  }
  return obstacleBesideRoom(task, worker, cluster, nowMs);
}

/** The same where there is room. */
export function obstacleBesideRoom(task: Task, worker: ClusterWorker, cluster: Cluster, nowMs: number): Obstacle | undefined {
  if (worker.draining) return 'draining';
  if (!labelsMatch(task.shape, worker)) return 'label';
  if (dependsOnTasks(task.shape) && !tasksMatch(task, worker, cluster)) return 'task';
  if (worker.heldInPass === cluster.pass || cluster.heldInPass === cluster.pass) return 'held';
  return worker.reservation === undefined || canBackfill(task, worker, worker.reservation, nowMs) ? undefined : 'reserved';
}

const isCalled = (task: RunningTask, name: string): boolean => task.name === name || task.givenId === name;

export const isOneOf = (task: RunningTask, names: readonly string[]): boolean => names.some((name) => isCalled(task, name));

export const runsOn = (name: string, worker: ClusterWorker): boolean => worker.running.some((task) => isCalled(task, name));

function tasksMatch(task: Task, worker: ClusterWorker, { workers }: Cluster): boolean {
  const { requiredTasks, forbiddenTasks } = task.shape;
  if (forbiddenTasks.some((name) => runsOn(name, worker))) return false;
  return requiredTasks.every((name) => runsOn(name, worker) || (isCalled(task, name) && !workers.some((other) => runsOn(name, other))));
}
