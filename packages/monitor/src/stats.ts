/** What a monitor has done so far and holds now. Totals only grow. */
export interface MonitorStats {
  /** Series known now. */
  readonly series: number;
  /** Memory of all ring buffers. */
  readonly historyBytes: number;
  readonly samplesTotal: number;
  /** Values that were not finite and therefore not recorded. */
  readonly droppedSamplesTotal: number;
  /** Series not recorded since `maxSeries` was reached. */
  readonly refusedSeriesTotal: number;
  /** Reads of a source or a gauge that threw; the others of that sample were recorded. */
  readonly sourceFailuresTotal: number;
  /** Background reads begun and not yet settled: more than a few for long means one hangs. */
  readonly pendingReads: number;
  /** Background reads that `sample()` no longer waited for. */
  readonly lateReadsTotal: number;
  /** How often the clock went back; time went on from where it was. */
  readonly clockRegressionsTotal: number;
  /** Time between samples now: less than `intervalMs` while there is cause for hurry. */
  readonly currentIntervalMs: number;
  /** Resources whose pressure the kernel itself tells of, of three; 0 where that cannot be had. */
  readonly pressureTriggers: number;
  readonly pressureEventsTotal: number;
  readonly alertsPending: number;
  readonly alertsFiring: number;
  /** Of those that fire, how many a silence or another alert keeps from being told. */
  readonly alertsSuppressed: number;
  /** Silences under way. */
  readonly silences: number;
  /** Alert rules loaded. */
  readonly rules: number;
  /** Rules that had no value to judge in the latest sample: a metric that is unknown or has no data. */
  readonly rulesWithoutData: number;
  /** Thresholds that had no value to judge in the latest sample. */
  readonly thresholdsWithoutData: number;
  /** Alerts handed to listeners, counted once each however many listen. */
  readonly notificationsTotal: number;
  /** Listeners that threw or rejected. */
  readonly listenerFailuresTotal: number;
  /** Promises of listeners not settled yet. */
  readonly pendingListeners: number;
  readonly actionRunsTotal: number;
  /** Actions that threw, rejected or took too long. */
  readonly actionFailuresTotal: number;
  /** Actions under way. */
  readonly runningActions: number;
}
