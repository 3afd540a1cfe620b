import type { Needs } from '../workers/resources.js';

/** What an estimator may know of a task. */
export interface TaskFeatures {
  readonly name: string;
  readonly tenant: string | undefined;
  /** The caller's own estimate, on a worker of speed 1. */
  readonly estimateMs: number | undefined;
  /** As given to `submit()`: where the run time follows the size of the data, `memoryBytes` tells it. */
  readonly needs: Needs | undefined;
}

/** A run time, predicted for a worker of speed 1. All in ms and above 0. */
export interface Estimate {
  /** The most likely run time: what to count with. As likely as not it takes longer, or nearly so. */
  readonly medianMs: number;
  /** One run in ten is expected to be shorter. */
  readonly lowerMs: number;
  /** One run in ten is expected to be longer. */
  readonly upperMs: number;
  /** Earlier runs of the same name it rests on. */
  readonly runs: number;
}

/** Learns run times. Its calls lie on the path of every task: they should take microseconds at most. */
export interface Estimator {
  /** `elapsedMs`: it has been running for as long already, on a worker of speed 1, so that a shorter run time is out of the question. @default 0 */
  predict(task: TaskFeatures, elapsedMs?: number): Estimate;
  /** A task succeeded in `durationMs`, already multiplied by its worker's speed. */
  observe(task: TaskFeatures, durationMs: number): void;
  /** All it has learned, as plain JSON; what {@link importModel} takes. */
  exportModel(): unknown;
  /** Replaces what it has learned. Throws and changes nothing if it can't read `model`. */
  importModel(model: unknown): void;
}
