import type { Cluster } from '../workers/cluster.js';
import type { ClusterWorker } from '../workers/cluster-worker.js';
import type { Candidate, Explanation, Obstacle } from '../tasks/explanation.js';
import type { ReadyQueue } from '../queue/ready-queue.js';
import type { Demand, Room } from '../workers/resources.js';
import type { Shape } from '../tasks/shape.js';
import type { Task } from '../tasks/task.js';
import { obstacleTo } from './filter.js';
import { expectedEndMs, soonest } from './reservation.js';
import type { Rules } from './plan.js';
import type { Scorer } from './score.js';

export interface Surroundings {
  readonly strategy: string;
  readonly queue: ReadyQueue;
  readonly cluster: Cluster;
  readonly rules: Rules;
}

/** What the next planning pass would see of the task, from the same filter and the same score. */
export function explain(task: Task, { strategy, queue, cluster, rules }: Surroundings, nowMs: number): Explanation {
  const queued = task.state === 'queued';
  const candidates = queued ? cluster.workers.map((worker) => candidate(task, worker, cluster, rules.scorer, nowMs)).sort(byPreference) : [];
  const waits = queued && candidates.every(({ obstacle }) => obstacle !== undefined);
  return {
    id: task.id,
    name: task.name,
    strategy,
    state: task.state,
    ahead: queued ? queue.ahead(task) : undefined,
    overdue: task.overdue,
    waitMs: (queued ? nowMs : task.attempt > 0 ? task.startedMs : task.endedMs) - task.submittedMs,
    slackMs: slackMs(task, nowMs),
    prediction: task.estimate,
    candidates,
    waitsFor: queued ? waitsFor(task, waits) : undefined,
    reservation: waits ? reservationOf(task, cluster, rules, nowMs) : undefined,
    workerId: task.workerId,
  };
}

function waitsFor(task: Task, waits: boolean): Explanation['waitsFor'] {
  const { place, gang, shape } = task;
  if (place === 'parked') return 'capacity';
  if (gang !== undefined && (!gang.isComplete || (place === 'apart' && task.failures === 0))) return 'gang';
  if (place === 'apart') return 'retry';
  if (shape.tenant?.admits(shape.demand) === false) return 'quota';
  return waits ? 'room' : 'turn';
}

function candidate(task: Task, worker: ClusterWorker, cluster: Cluster, scorer: Scorer, nowMs: number): Candidate {
  const terms = scorer.terms(task, worker, nowMs);
  const score = Object.values(terms).reduce((sum, term) => sum + term, 0);
  const obstacle = obstacleTo(task, worker, cluster, nowMs);
  const place = { workerId: worker.id, score, terms };
  return obstacle === undefined ? place : { ...place, obstacle, detail: detail(obstacle, task, worker, cluster) };
}

/** Free ones first, by score; the sort is stable, so that equals stay in the order of the workers. */
const byPreference = (a: Candidate, b: Candidate): number => Number(a.obstacle !== undefined) - Number(b.obstacle !== undefined) || b.score - a.score;

function slackMs(task: Task, nowMs: number): number | undefined {
  if (task.deadlineAtMs === Infinity || (task.state !== 'queued' && task.state !== 'running')) return undefined;
  const endMs = task.worker === undefined ? nowMs + task.estimate.medianMs : expectedEndMs(task, task.worker.speed, nowMs);
  return task.deadlineAtMs - endMs;
}

function reservationOf(task: Task, cluster: Cluster, rules: Rules, nowMs: number): Explanation['reservation'] {
  const { worker, startMs } = task.reservation ?? soonest(task, cluster.workers, rules, nowMs) ?? {};
  return worker === undefined || startMs === undefined ? undefined : { workerId: worker.id, inMs: Math.max(0, startMs - nowMs) };
}

/** An obstacle in words, with its numbers. */
export function detail(obstacle: Obstacle, { shape }: { readonly shape: Shape }, worker: ClusterWorker, cluster: Cluster): string {
  switch (obstacle) {
    case 'capacity':
      return shortage(shape.demand, worker.capacity, cluster, 'in all');
    case 'room':
      return shortage(shape.demand, worker.free, cluster, 'free');
    case 'label':
      return `its labels are ${JSON.stringify(worker.labels)}`;
    case 'task':
      return `it must run with ${JSON.stringify(shape.requiredTasks)} and without ${JSON.stringify(shape.forbiddenTasks)}`;
    case 'draining':
      return 'it takes no more tasks';
    case 'held':
      return 'an earlier task waits for it';
    case 'reserved':
      return `it is reserved for task ${worker.reservation?.task.id}`;
  }
}

/** The first resource that is short. */
function shortage({ dimensions, amounts, gpu }: Demand, room: Room, { dimensions: names }: Cluster, kind: string): string {
  for (const [index, dimension] of dimensions.entries()) {
    const needed = amounts[index] ?? 0;
    const there = room.amounts[dimension] ?? 0;
    if (there < needed) return `${names.names[dimension]}: ${names.shown(dimension, needed)} needed, ${names.shown(dimension, there)} ${kind}`;
  }
  return `gpu: ${gpu / 1_000_000} needed, ${JSON.stringify(room.gpus.map((share) => share / 1_000_000))} ${kind}`;
}
