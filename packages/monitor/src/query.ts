/** Which part of a series; the whole history by default. Times are on the monitor's clock. */
export interface QueryRange {
  /** First time included, in ms. */
  readonly fromMs?: number;
  /** Last time included, in ms. */
  readonly toMs?: number;
  /** Width of the buckets that samples are summed up in, in ms, above 0. Without it, every sample is a point. */
  readonly stepMs?: number;
}

/** One sample, or one bucket of samples. Times without a value have no point. */
export interface Point {
  /** When the sample was taken, or the bucket's start: a multiple of `stepMs`. */
  readonly timeMs: number;
  /** Mean of the bucket. */
  readonly value: number;
  readonly min: number;
  readonly max: number;
  readonly last: number;
  /** Samples summed up, at least 1. */
  readonly count: number;
}
