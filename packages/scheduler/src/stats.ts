import type { Cluster } from './workers/cluster.js';
import type { DeadlineWatch } from './readings/deadline-watch.js';
import type { Learning } from './readings/learning.js';
import type { Ledger } from './readings/ledger.js';
import type { ReadyQueue } from './queue/ready-queue.js';

/** One consistent reading of a scheduler; counters end in `Total` and count from its creation. */
export interface SchedulerStats {
  /** Queued tasks, those that wait for a worker that could ever run them included. */
  readonly pending: number;
  /** Tasks that hold capacity: running, or cancelled and not yet stopped. */
  readonly active: number;
  /** Workers, draining ones included. */
  readonly workers: number;
  readonly submittedTotal: number;
  /** `submit()` calls refused with an error. */
  readonly refusedTotal: number;
  /** Tasks that ended: succeeded, failed or cancelled. */
  readonly completedTotal: number;
  readonly succeededTotal: number;
  readonly failedTotal: number;
  readonly cancelledTotal: number;
  /** Times that a task was stopped and put back into the queue: its worker was removed by force, or its place taken. */
  readonly requeuedTotal: number;
  /** Times that a failed task was run again. */
  readonly retriedTotal: number;
  /** Times that a task was told to stop for one of higher priority. */
  readonly preemptedTotal: number;
  /** Tasks with a deadline that succeeded by it. */
  readonly deadlinesMetTotal: number;
  /** Tasks whose deadline passed before they succeeded, or that failed. */
  readonly deadlinesMissedTotal: number;
  /** Tasks not ended that will miss their deadline by their upper estimate. */
  readonly deadlinesAtRisk: number;
  /** Tasks ended per second, over the last 10 s, or since the creation where that is less. */
  readonly throughputPerSecond: number;
  /** Time one placement decision took. */
  readonly decisionMeanMs: number;
  /** The same; from a histogram of fixed size, at most 19 % above the true value. */
  readonly decisionP99Ms: number;
  /** Mean over the workers of the share in use of whatever each is shortest of; 0 without workers. */
  readonly utilisationRatio: number;
  /** How good the predictions have been: see `insights()`. `NaN` before the first run. */
  readonly accuracyRatio: number;
  readonly coverageRatio: number;
}

/** Those who know. */
interface Sources {
  readonly queue: ReadyQueue;
  readonly cluster: Cluster;
  readonly ledger: Ledger;
  readonly deadlines: DeadlineWatch;
  readonly learning: Learning;
}

export function readStats({ queue, cluster, ledger, deadlines, learning }: Sources, nowMs: number): SchedulerStats {
  const { workers, running } = cluster;
  const { decisions, throughput, ...counts } = ledger;
  const { accuracyRatio, coverageRatio } = learning.reading();
  return {
    pending: queue.size,
    active: running,
    workers: workers.length,
    ...counts,
    completedTotal: ledger.completedTotal,
    deadlinesMetTotal: deadlines.total('metTotal'),
    deadlinesMissedTotal: deadlines.total('missedTotal'),
    deadlinesAtRisk: deadlines.total('atRisk'),
    throughputPerSecond: throughput.perSecond(nowMs),
    decisionMeanMs: decisions.meanMs,
    decisionP99Ms: decisions.p99Ms,
    utilisationRatio: workers.length === 0 ? 0 : workers.reduce((sum, { share }) => sum + share, 0) / workers.length,
    accuracyRatio,
    coverageRatio,
  };
}
