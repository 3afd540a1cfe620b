import type { ClusterWorker } from '../workers/cluster-worker.js';
import type { TaskOutcome } from './outcome.js';

/** The usual measures of a schedule. */
export interface Measures {
  /** Tasks that ended. */
  readonly tasks: number;
  /** Tasks that no worker could run even when idle. */
  readonly refused: number;
  /** From the first submission to the last end. */
  readonly makespanMs: number;
  readonly meanWaitMs: number;
  readonly p95WaitMs: number;
  readonly p99WaitMs: number;
  readonly maxWaitMs: number;
  /** (wait + run) / run, where a run counts as no shorter than `shortestRunMs`, and the whole as no less than 1. */
  readonly meanBoundedSlowdown: number;
  readonly p95BoundedSlowdown: number;
  readonly p99BoundedSlowdown: number;
  readonly maxBoundedSlowdown: number;
  /** Mean over the workers, and over the makespan, of the share in use of whatever each is shortest of. */
  readonly utilisationRatio: number;
  readonly deadlinesMet: number;
  readonly deadlinesMissed: number;
  /** `pricePerHour` of each worker times the time in which anything ran there. */
  readonly cost: number;
  /** Mean of min(predicted, actual) / max(predicted, actual), predicted being the median when the task started. */
  readonly accuracyRatio: number;
  /** Share of the runs no longer than their upper estimate, which aims for 0.9. */
  readonly coverageRatio: number;
}

const MS_PER_HOUR = 3_600_000;

/** `NaN` where there is nothing to take a mean of. */
export function measure(outcomes: readonly TaskOutcome[], workers: readonly ClusterWorker[], shortestRunMs: number): Omit<Measures, 'refused' | 'accuracyRatio' | 'coverageRatio'> {
  const waits = outcomes.map(({ waitMs }) => waitMs);
  const slowdowns = outcomes.map((outcome) => boundedSlowdown(outcome, shortestRunMs));
  const endMs = outcomes.reduce((latest, outcome) => Math.max(latest, outcome.endMs), 0);
  const due = outcomes.filter(({ task }) => task.deadlineMs !== undefined);
  const met = due.filter(({ task, endMs: end }) => end - task.submitMs <= (task.deadlineMs ?? Infinity)).length;
  const wait = summary(waits);
  const slowdown = summary(slowdowns);
  return {
    tasks: outcomes.length,
    makespanMs: outcomes.length === 0 ? 0 : endMs - (outcomes[0]?.task.submitMs ?? 0),
    meanWaitMs: wait.mean,
    p95WaitMs: wait.p95,
    p99WaitMs: wait.p99,
    maxWaitMs: wait.max,
    meanBoundedSlowdown: slowdown.mean,
    p95BoundedSlowdown: slowdown.p95,
    p99BoundedSlowdown: slowdown.p99,
    maxBoundedSlowdown: slowdown.max,
    utilisationRatio: workers.reduce((sum, worker) => sum + worker.meanShare(endMs), 0) / workers.length,
    deadlinesMet: met,
    deadlinesMissed: due.length - met,
    cost: workers.reduce((sum, { id, pricePerHour }) => sum + (pricePerHour === 0 ? 0 : (pricePerHour * busyMs(outcomes.filter(({ workerId }) => workerId === id))) / MS_PER_HOUR), 0),
  };
}

/** Of one task; `shortestRunMs` keeps the shortest from deciding the mean alone (Feitelson et al., 1997). */
export function boundedSlowdown({ waitMs, startMs, endMs }: TaskOutcome, shortestRunMs: number): number {
  const runMs = endMs - startMs;
  return Math.max(1, (waitMs + runMs) / Math.max(shortestRunMs, runMs));
}

function summary(values: readonly number[]): { readonly mean: number; readonly p95: number; readonly p99: number; readonly max: number } {
  const sorted = Float64Array.from(values).sort();
  const rank = (share: number): number => sorted[Math.max(0, Math.ceil(share * sorted.length) - 1)] ?? Number.NaN;
  return { mean: sorted.reduce((sum, value) => sum + value, 0) / sorted.length, p95: rank(0.95), p99: rank(0.99), max: rank(1) };
}

/** The time covered by at least one of the runs. */
function busyMs(outcomes: readonly TaskOutcome[]): number {
  let busy = 0;
  let untilMs = -Infinity;
  for (const { startMs, endMs } of outcomes.toSorted((a, b) => a.startMs - b.startMs)) {
    busy += Math.max(0, endMs - Math.max(startMs, untilMs));
    untilMs = Math.max(untilMs, endMs);
  }
  return busy;
}
