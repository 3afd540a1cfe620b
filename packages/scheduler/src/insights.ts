/** How good the predictions were, and what is known; one reading. */
export interface Insights {
  /** Successful runs compared with what was predicted when they started. */
  readonly runs: number;
  /** Mean over the runs of min(predicted, actual) / max(predicted, actual), predicted being the median; `NaN` before the first. */
  readonly accuracyRatio: number;
  /** Share of the runs no longer than their upper estimate: 0.9 is what it aims for; `NaN` before the first. */
  readonly coverageRatio: number;
  /** The same per task name, of the names seen last. */
  readonly names: Readonly<Record<string, NameInsights>>;
}

export interface NameInsights {
  readonly runs: number;
  readonly accuracyRatio: number;
  readonly coverageRatio: number;
  /** Mean run time on a worker of speed 1. */
  readonly meanMs: number;
}
