/** One consistent reading of a scheduler; counters end in `Total` and count from its creation. */
export interface SchedulerStats {
  /** Queued tasks, those that wait for a worker that could ever run them included. */
  readonly pending: number;
  /** Tasks that hold capacity: running, or cancelled and not yet stopped. */
  readonly running: number;
  /** Workers, draining ones included. */
  readonly workers: number;
  readonly submittedTotal: number;
  /** `submit()` calls refused with an error. */
  readonly refusedTotal: number;
  readonly succeededTotal: number;
  readonly failedTotal: number;
  readonly cancelledTotal: number;
  /** Tasks put back into the queue because their worker was removed by force. */
  readonly requeuedTotal: number;
  /** Tasks with a deadline that succeeded by it. */
  readonly deadlinesMetTotal: number;
  /** Tasks with a deadline that succeeded after it, or failed. */
  readonly deadlinesMissedTotal: number;
  /** Tasks ended per second, over the last 10 s, or since the creation where that is less. */
  readonly throughputPerSecond: number;
  /** Time one placement decision took. */
  readonly decisionMeanMs: number;
  /** The same; from a histogram of fixed size, at most 19 % above the true value. */
  readonly decisionP99Ms: number;
  /** Mean over the workers of the share in use of whatever each is shortest of; 0 without workers. */
  readonly utilisationRatio: number;
}
