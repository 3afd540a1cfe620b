import type { Cluster, ClusterWorker } from '../cluster.js';
import { countMatches } from '../labels.js';
import type { Policy, ScoreWeights } from '../strategies/policy.js';
import type { Task } from '../task.js';

type Term = (task: Task, worker: ClusterWorker, cluster: Cluster, nowMs: number) => number;

/** How each term of {@link ScoreWeights} is computed. */
const TERMS: Readonly<Record<keyof ScoreWeights, Term>> = {
  affinity: ({ preferred, avoided }, { labels }) => {
    const wishes = preferred.length + avoided.length;
    return wishes === 0 ? 0 : (countMatches(preferred, labels) - countMatches(avoided, labels)) / wishes;
  },
  deadline: ({ deadlineAtMs, estimate }, { speed }, _cluster, nowMs) => (nowMs + estimate.upperMs / speed > deadlineAtMs ? -1 : 0),
  load: ({ shape: { demand } }, { share, capacity, free }) => {
    let load = share;
    for (let index = 0; index < demand.dimensions.length; index += 1) {
      const dimension = demand.dimensions[index] ?? 0;
      const all = capacity.amounts[dimension] ?? 0;
      load = Math.max(load, (all - (free.amounts[dimension] ?? 0) + (demand.amounts[index] ?? 0)) / all);
    }
    return Math.min(1, load); // Explanations ask for it where there is no room, too.
  },
  price: (_task, { pricePerHour, speed }, { highestPrice }) => (highestPrice === 0 ? 0 : 1 - pricePerHour / speed / highestPrice),
  speed: (_task, { speed }, { highestSpeed }) => speed / highestSpeed,
  spareGpu: ({ shape: { demand } }, { capacity }) => (demand.gpu === 0 && capacity.gpus.length > 0 ? -1 : 0),
};

/** Ranks the workers that have room for a task, by the terms of one policy. */
export class Scorer {
  readonly #terms: readonly { readonly name: string; readonly weight: number; readonly of: Term }[];
  readonly #cluster: Cluster;

  constructor(policy: Policy, cluster: Cluster) {
    const terms: { name: string; weight: number; of: Term }[] = [];
    for (const name of scoreTerms) {
      const weight = policy.weights[name] ?? 0;
      if (weight !== 0) terms.push({ name, weight, of: TERMS[name] });
    }
    if (policy.score !== undefined) terms.push({ name: 'score', weight: 1, of: (task, worker, _cluster, nowMs) => policy.score?.(task, worker, nowMs) ?? 0 });
    this.#terms = terms;
    this.#cluster = cluster;
  }

  score(task: Task, worker: ClusterWorker, nowMs: number): number {
    let sum = 0;
    for (const { weight, of } of this.#terms) sum += weight * of(task, worker, this.#cluster, nowMs);
    return sum;
  }

  /** The same, term by term, for explanations. */
  terms(task: Task, worker: ClusterWorker, nowMs: number): Record<string, number> {
    return Object.fromEntries(this.#terms.map(({ name, weight, of }) => [name, weight * of(task, worker, this.#cluster, nowMs)]));
  }
}

export const scoreTerms = Object.keys(TERMS) as readonly (keyof ScoreWeights)[];
