import type { Unit } from '../series.js';

export type Severity = 'warning' | 'critical';

/** An alert as it was at one moment; later changes come as new objects with the same `fingerprint`. */
export interface Alert {
  /** The same for every notification about the same threshold; what to de-duplicate by. */
  readonly fingerprint: string;
  readonly series: string;
  readonly unit: Unit;
  /** The highest severity firing; of a resolved alert, the last one that was. */
  readonly severity: Severity;
  readonly state: 'pending' | 'firing' | 'resolved';
  /** The value that brought the alert into this state; `undefined` if it resolved as its series went away. */
  readonly value: number | undefined;
  /** The bound of `severity`. */
  readonly bound: number;
  readonly direction: 'above' | 'below';
  /** When the value first crossed a bound, on the monitor's clock. */
  readonly startedAtMs: number;
  /** When the alert came into this state or severity. */
  readonly changedAtMs: number;
  /** All of that as a sentence for people. */
  readonly message: string;
}

/** May return a promise: it is not waited for, and its rejection is counted. */
export type AlertListener = (alert: Alert) => unknown;
