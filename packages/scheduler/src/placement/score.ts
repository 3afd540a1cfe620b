import type { Cluster } from '../workers/cluster.js';
import type { ClusterWorker } from '../workers/cluster-worker.js';
import { countMatches } from '../workers/labels.js';
import { Experience } from './experience.js';
import { Fragmentation } from './fragmentation.js';
import { runsOn } from './filter.js';
import type { Shape } from '../tasks/shape.js';
import type { Policy, ScoreWeights } from '../strategies/policy.js';
import type { Task } from '../tasks/task.js';

const HOUR_MS = 3_600_000;

type WorkerTerm = (shape: Shape, worker: ClusterWorker, cluster: Cluster) => number;
type TaskTerm = (task: Task, worker: ClusterWorker, nowMs: number) => number;

/** The terms of {@link ScoreWeights} that stay as they are while workers and their options do. */
const WORKER_TERMS = {
  price: (_shape, { pricePerHour, speed }, { highestPrice }) => (highestPrice === 0 ? 0 : 1 - pricePerHour / speed / highestPrice),
  speed: (_shape, { speed }, { highestSpeed }) => speed / highestSpeed,
  spareGpu: ({ demand }, { capacity }) => (demand.gpu === 0 && capacity.gpus.length > 0 ? -1 : 0),
} satisfies Partial<Record<keyof ScoreWeights, WorkerTerm>>;

/** The share in use of whatever the worker would be shortest of with the task on it. */
export function loadWith({ demand: { dimensions, amounts } }: Shape, { share, capacity, free }: ClusterWorker): number {
  let load = share;
  for (let index = 0; index < dimensions.length; index += 1) {
    const dimension = dimensions[index] ?? 0;
    const all = capacity.amounts[dimension] ?? 0;
    const ratio = (all - (free.amounts[dimension] ?? 0) + (amounts[index] ?? 0)) / all;
    if (ratio > load) load = ratio;
  }
  return load < 1 ? load : 1; // Explanations ask for it where there is no room, too.
}

/** Those that hang on the task itself. */
const TASK_TERMS = {
  affinity: ({ wishes: { preferred, avoided, preferredTasks, avoidedTasks, count } }, worker) => {
    if (count === 0) return 0;
    let met = countMatches(preferred, worker.labels) - countMatches(avoided, worker.labels);
    for (const name of preferredTasks) if (runsOn(name, worker)) met += 1;
    for (const name of avoidedTasks) if (runsOn(name, worker)) met -= 1;
    return met / count;
  },
  deadline: ({ deadlineAtMs, estimate }, { speed }, nowMs) => (nowMs + estimate.upperMs / speed > deadlineAtMs ? -1 : 0),
  interruption: ({ estimate }, { interruptionsPerHour, speed }) => Math.expm1((-interruptionsPerHour * estimate.medianMs) / speed / HOUR_MS),
} satisfies Partial<Record<keyof ScoreWeights, TaskTerm>>;

export const scoreTerms: readonly (keyof ScoreWeights)[] = ['load', 'fragmentation', 'experience', ...keysOf(WORKER_TERMS), ...keysOf(TASK_TERMS)];

/** Ranks the workers that have room for a task, by the terms of one policy. */
export class Scorer {
  readonly #policy: Policy;
  /** What {@link loadWith} counts. */
  readonly loadWeight: number;
  /** `undefined` where it has no weight. */
  readonly fragmentation: Fragmentation | undefined;
  /** The same. */
  readonly experience: Experience | undefined;
  readonly #cluster: Cluster;
  readonly #ofWorker: readonly { readonly name: string; readonly weight: number; readonly of: WorkerTerm }[];
  readonly #ofTask: readonly { readonly name: string; readonly weight: number; readonly of: TaskTerm }[];

  constructor(policy: Policy, cluster: Cluster) {
    const { weights } = policy;
    this.#policy = policy;
    this.#cluster = cluster;
    this.loadWeight = weights.load ?? 0;
    this.fragmentation = weights.fragmentation ? new Fragmentation() : undefined;
    this.#ofWorker = keysOf(WORKER_TERMS).flatMap((name) => (weights[name] ? [{ name, weight: weights[name], of: WORKER_TERMS[name] }] : []));
    const ofTask: { name: string; weight: number; of: TaskTerm }[] = keysOf(TASK_TERMS).flatMap((name) => (weights[name] ? [{ name, weight: weights[name], of: TASK_TERMS[name] }] : []));
    this.experience = weights.experience ? new Experience() : undefined;
    if (weights.experience) ofTask.push({ name: 'experience', weight: weights.experience, of: (task, worker) => this.experience?.of(task.name, worker) ?? 0 });
    if (policy.score !== undefined) ofTask.push({ name: 'score', weight: 1, of: (task, worker, nowMs) => policy.score?.(task, worker, nowMs) ?? 0 });
    this.#ofTask = ofTask;
  }

  score(task: Task, worker: ClusterWorker, nowMs: number): number {
    let sum = this.shapeScore(task.shape, worker);
    for (const { weight, of } of this.#ofTask) sum += weight * of(task, worker, nowMs);
    return sum;
  }

  /** The part of the score that is the same for all tasks of the shape. */
  shapeScore(shape: Shape, worker: ClusterWorker): number {
    return this.workerScore(shape, worker) + this.roomScore(shape, worker);
  }

  /** The part that changes with what is free. */
  roomScore(shape: Shape, worker: ClusterWorker): number {
    if (this.isFragmentable(worker)) return (this.#policy.weights.fragmentation ?? 0) * (this.fragmentation?.of(shape, worker) ?? 0);
    return this.loadWeight * loadWith(shape, worker);
  }

  /** Does fragmentation count there, in the place of load? */
  isFragmentable({ capacity }: ClusterWorker): boolean {
    return this.fragmentation !== undefined && capacity.gpus.length > 0;
  }

  /** The part that changes only when the workers do. */
  workerScore(shape: Shape, worker: ClusterWorker): number {
    let sum = 0;
    for (const { weight, of } of this.#ofWorker) sum += weight * of(shape, worker, this.#cluster);
    return sum;
  }

  /** Do the workers differ, for this task, in nothing but {@link shapeScore}? */
  dependsOnShapeAlone(task: Task, nowMs: number): boolean {
    const { weights } = this.#policy;
    const { wishes, deadlineAtMs } = task;
    if (this.#policy.score !== undefined || (weights.affinity && wishes.count > 0)) return false;
    if (this.experience?.matters(task.name) === true) return false;
    if (weights.interruption && this.#cluster.isInterruptible) return false;
    if (!weights.deadline || deadlineAtMs === Infinity) return true;
    const { upperMs } = task.estimate;
    // All of them are fast enough for the deadline, or none is.
    const { lowestSpeed, highestSpeed } = this.#cluster;
    return nowMs + upperMs / lowestSpeed <= deadlineAtMs || nowMs + upperMs / highestSpeed > deadlineAtMs;
  }

  /** The score term by term, for explanations. */
  terms(task: Task, worker: ClusterWorker, nowMs: number): Record<string, number> {
    return Object.fromEntries([
      [this.isFragmentable(worker) ? 'fragmentation' : 'load', this.roomScore(task.shape, worker)] as const,
      ...this.#ofWorker.map(({ name, weight, of }) => [name, weight * of(task.shape, worker, this.#cluster)] as const),
      ...this.#ofTask.map(({ name, weight, of }) => [name, weight * of(task, worker, nowMs)] as const),
    ]);
  }
}

function keysOf<Keys extends string>(record: Record<Keys, unknown>): Keys[] {
  return Object.keys(record) as Keys[];
}
