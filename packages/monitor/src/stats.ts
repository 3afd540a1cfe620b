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
  /** How often the clock went back; time went on from where it was. */
  readonly clockRegressionsTotal: number;
  readonly alertsPending: number;
  readonly alertsFiring: number;
  /** Thresholds that had no value to judge in the latest sample. */
  readonly thresholdsWithoutData: number;
  /** Alerts handed to listeners, counted once each however many listen. */
  readonly notificationsTotal: number;
  /** Listeners that threw or rejected. */
  readonly listenerFailuresTotal: number;
  /** Promises of listeners not settled yet. */
  readonly pendingListeners: number;
}
