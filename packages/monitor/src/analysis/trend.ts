export interface TrendOptions {
  /** How far back to look, in ms, above 0. @default the whole history */
  readonly windowMs?: number;
  /** How sure to be before a direction is named, in (0, 1). @default 0.99 */
  readonly confidence?: number;
  /** Smallest change over the window that matters, as a share of the mean magnitude; 0 or more. @default 0.05 */
  readonly minChangeRatio?: number;
}

/** What a series did over a window. */
export interface Trend {
  /** `stable` unless the slope is both significant and large enough to matter. */
  readonly direction: 'increasing' | 'decreasing' | 'stable';
  /** In the series' unit per second; 0 with fewer than two samples. */
  readonly slopePerSecond: number;
  /** Interval that holds the true slope with the confidence asked for. */
  readonly slopeLowPerSecond: number;
  readonly slopeHighPerSecond: number;
  /** 1 − p: how sure it is that the slope is not 0, in [0, 1]. 0 when there are too few samples to tell. */
  readonly confidence: number;
  /** Samples looked at. */
  readonly samples: number;
  /** How many independent samples they are worth: neighbours in time resemble each other. */
  readonly effectiveSamples: number;
}
