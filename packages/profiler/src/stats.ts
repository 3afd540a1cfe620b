/** One reading of a profiler's counters. */
export interface ProfilerStats {
  /** 1 while a recording is under way. */
  readonly recordings: number;
  /** Windows of continuous sampling that are kept. */
  readonly windows: number;
  readonly recordingsStartedTotal: number;
  readonly recordingsStoppedTotal: number;
  /** Recordings that could not be started, or were lost while stopping; windows and stalls that were lost. */
  readonly recordingsFailedTotal: number;
  /** Times that the event loop was held too long, with `continuous.stall`. */
  readonly stallsTotal: number;
  /** CPU and memory samples in all profiles handed out. */
  readonly samplesTotal: number;
  /** How long starting and stopping took: nearly all of it holds the thread. */
  readonly startMsTotal: number;
  readonly stopMsTotal: number;
}
