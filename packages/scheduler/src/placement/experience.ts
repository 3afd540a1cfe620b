import { invalidModel } from '../errors.js';
import type { ClusterWorker } from '../workers/cluster-worker.js';

/** Runs that it takes to believe half of what they say: what a worker is like is shrunk to what its `speed` promises. */
const PRIOR_RUNS = 4;
/** Runs on a worker before it counts as known. */
const KNOWN_RUNS = 3;
/** The newest run counts at least so much, so that a worker that has changed is found out. */
const NEWEST = 0.05;
/** Differences below it are noise: workers are then as good as each other (natural logarithm). */
const NOISE = 0.1;
/** Names remembered; the one heard of longest ago goes first. */
const NAMES = 1_000;
/** In larger fleets no worker sees a name often enough to be known. */
const WORKERS = 256;

interface Record {
  runs: number;
  /** Mean of log(actual / predicted), the prediction being for a worker of that `speed`. */
  mean: number;
}

/** By name, from the one heard of longest ago: runs on each worker, and the mean of log(actual / predicted). */
export type ExperienceModel = readonly (readonly [name: string, workers: readonly (readonly [workerId: string, runs: number, mean: number])[]])[];

/** Which workers have been faster or slower for a kind of task than their `speed` says. */
export class Experience {
  #byName = new Map<string, Map<string, Record>>();

  learn(name: string, { id }: ClusterWorker, predictedMs: number, actualMs: number, fleet: number): void {
    if (fleet > WORKERS || fleet < 2) return;
    const workers = this.#byName.get(name) ?? new Map<string, Record>();
    this.#byName.delete(name);
    this.#byName.set(name, workers);
    const [oldest] = this.#byName.size > NAMES ? this.#byName.keys() : [];
    if (oldest !== undefined) this.#byName.delete(oldest);
    const record = workers.get(id) ?? { runs: 0, mean: 0 };
    workers.set(id, record);
    record.runs += 1;
    record.mean += Math.max(NEWEST, 1 / record.runs) * (Math.log(Math.max(actualMs, 1e-3) / Math.max(predictedMs, 1e-3)) - record.mean);
    if (workers.size > WORKERS) workers.delete(workers.keys().next().value ?? id);
  }

  exportModel(): ExperienceModel {
    return [...this.#byName].map(([name, workers]) => [name, [...workers].map(([id, { runs, mean }]) => [id, runs, mean] as const)] as const);
  }

  /** Replaces what is known. */
  importModel(model: ExperienceModel): void {
    this.#byName = new Map(model.slice(-NAMES).map(([name, workers]) => [name, new Map(workers.slice(-WORKERS).map(([id, runs, mean]) => [id, { runs, mean }]))]));
  }

  /** Is there any difference to speak of? */
  matters(name: string): boolean {
    const workers = this.#byName.get(name);
    if (workers === undefined) return false;
    for (const record of workers.values()) if (Math.abs(believed(record)) > NOISE) return true;
    return false;
  }

  /** Above 0 where the name runs faster than promised, below where slower; -1 … 1. */
  of(name: string, { id }: ClusterWorker): number {
    const record = this.#byName.get(name)?.get(id);
    return record === undefined ? 0 : -Math.tanh(believed(record));
  }

  /** How much longer a run was expected to take there than on the best worker known for it, as a share; 0 if none is better. */
  regretRatio(name: string, worker: ClusterWorker, workers: readonly ClusterWorker[]): number {
    const records = this.#byName.get(name);
    const own = records?.get(worker.id);
    if (records === undefined || own === undefined) return 0;
    const expected = Math.exp(believed(own)) / worker.speed;
    let best = expected;
    for (const { id, speed } of workers) {
      const record = records.get(id);
      if (record !== undefined && record.runs >= KNOWN_RUNS) best = Math.min(best, Math.exp(believed(record)) / speed);
    }
    return expected / best - 1;
  }
}

/** It comes from a file: nothing of its shape is taken for granted. */
export function checkExperience(model: unknown): asserts model is ExperienceModel {
  const isRecord = (entry: unknown): boolean => Array.isArray(entry) && entry.length === 3 && typeof entry[0] === 'string' && Number.isInteger(entry[1]) && entry[1] >= 1 && Number.isFinite(entry[2]);
  if (!Array.isArray(model)) throw invalidModel('experience is no array');
  for (const entry of model as unknown[])
    if (!(Array.isArray(entry) && entry.length === 2 && typeof entry[0] === 'string' && Array.isArray(entry[1]) && entry[1].every(isRecord)))
      throw invalidModel('experience is not names with workers, runs and means');
}

const believed = ({ runs, mean }: Record): number => (mean * runs) / (runs + PRIOR_RUNS);
