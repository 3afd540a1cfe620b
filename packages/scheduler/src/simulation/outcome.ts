import type { Estimate } from '../estimation/estimator.js';
import type { TraceTask } from './trace.js';

/** What became of one task. */
export interface TaskOutcome {
  readonly task: TraceTask;
  readonly workerId: string;
  readonly waitMs: number;
  readonly startMs: number;
  readonly endMs: number;
  /** What was expected when it started. */
  readonly estimate: Estimate;
}
