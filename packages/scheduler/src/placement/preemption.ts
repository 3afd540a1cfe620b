import type { Cluster } from '../workers/cluster.js';
import type { ClusterWorker } from '../workers/cluster-worker.js';
import { copyRoom, fits, move } from '../workers/resources.js';
import type { Task } from '../tasks/task.js';
import { canEverRun, runsOn } from './filter.js';

/** Tasks that are to stop so that another can start on their worker. */
export interface Preemption {
  readonly worker: ClusterWorker<Task>;
  readonly victims: readonly Task[];
}

/** Whether others would be stopped in vain: its tenant has used up its quota, or it wants to be where tasks run that might be among those stopped. */
export const waitsForMoreThanRoom = ({ shape: { tenant, demand, requiredTasks } }: Task): boolean => requiredTasks.length > 0 || tenant?.admits(demand) === false;

/**
 * Whose place the task may take: preemptible tasks of lower priority, on the worker where the least is lost: the lowest
 * priorities, then the fewest tasks, then the least time they have run. `undefined` if nobody's would do. Tasks told to
 * stop already count as gone; where that is enough there are no victims.
 */
export function preemption(task: Task, cluster: Cluster<Task>, nowMs: number): Preemption | undefined {
  let best: Preemption | undefined;
  let bestLoss: readonly number[] = [];
  for (const worker of cluster.workers) {
    if (!canEverRun(task.shape, worker) || task.shape.forbiddenTasks.some((name) => runsOn(name, worker))) continue;
    const victims = victimsOn(worker, task);
    if (victims === undefined) continue;
    const loss = [Math.max(-Infinity, ...victims.map(({ priority }) => priority)), victims.length, victims.reduce((sum, { startedMs }) => sum + nowMs - startedMs, 0)];
    if (best === undefined || isLess(loss, bestLoss)) {
      best = { worker, victims };
      bestLoss = loss;
    }
  }
  return best;
}

function victimsOn(worker: ClusterWorker<Task>, { shape: { demand }, priority }: Task): Task[] | undefined {
  const room = copyRoom(worker.free);
  for (const task of worker.running) if (task.evicted || task.state === 'cancelled') move(task.shape.demand, task.gpus, room, 1);
  const candidates = worker.running
    .filter((task) => task.preemptible && !task.evicted && task.state === 'running' && task.priority < priority && task.gang === undefined)
    .sort((a, b) => a.priority - b.priority || b.startedMs - a.startedMs || b.sequence - a.sequence);
  const victims: Task[] = [];
  for (const candidate of candidates) {
    if (fits(demand, room)) break;
    move(candidate.shape.demand, candidate.gpus, room, 1);
    victims.push(candidate);
  }
  if (!fits(demand, room)) return undefined;
  // Some may not be needed after all: a large one that came later made room for everything.
  return victims.filter((victim) => {
    move(victim.shape.demand, victim.gpus, room, -1);
    if (fits(demand, room)) return false;
    move(victim.shape.demand, victim.gpus, room, 1);
    return true;
  });
}

function isLess(a: readonly number[], b: readonly number[]): boolean {
  for (let index = 0; index < a.length; index += 1) if (a[index] !== b[index]) return (a[index] ?? 0) < (b[index] ?? 0);
  return false;
}
