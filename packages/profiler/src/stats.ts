/** One reading of a profiler's counters. */
export interface ProfilerStats {
  /** 1 while a recording is under way. */
  readonly recordings: number;
  readonly recordingsStartedTotal: number;
  readonly recordingsStoppedTotal: number;
  /** Recordings that could not be started, or were lost while stopping. */
  readonly recordingsFailedTotal: number;
  /** CPU and memory samples in all profiles handed out. */
  readonly samplesTotal: number;
  /** How long starting and stopping took: nearly all of it holds the thread. */
  readonly startMsTotal: number;
  readonly stopMsTotal: number;
}
