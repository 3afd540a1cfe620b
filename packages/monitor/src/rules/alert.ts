import type { Labels, Unit } from '../series.js';

/** `warning` and `critical` of thresholds; of rules what their label `severity` says, `warning` without one. */
export type Severity = string;

/** An alert as it was at one moment; later changes come as new objects with the same `fingerprint`. */
export interface Alert {
  /** The same for every notification about the same condition of the same thing; what to de-duplicate by. */
  readonly fingerprint: string;
  /** Of a rule its `alert`, of a threshold its series. */
  readonly name: string;
  /** Those of the rule and of what it is about, with `alertname`, as Prometheus has them; silences match them. */
  readonly labels: Labels;
  /** For people, with the values of the moment put in. */
  readonly annotations: Labels;
  /** Name of the series that it is about; of a rule the first one in its expression. */
  readonly series: string;
  readonly unit: Unit;
  /** The highest severity firing; of a resolved alert, the last one that was. */
  readonly severity: Severity;
  readonly state: 'pending' | 'firing' | 'resolved';
  /** The value that brought the alert into this state; `undefined` if there was none. */
  readonly value: number | undefined;
  /** Of a threshold, the bound of `severity`. */
  readonly bound: number | undefined;
  readonly direction: 'above' | 'below' | undefined;
  /** When the condition was first met, on the monitor's clock. */
  readonly startedAtMs: number;
  /** When the alert came into this state or severity. */
  readonly changedAtMs: number;
  /** Why nobody is told of it, if so. */
  readonly suppressedBy: 'silence' | 'inhibition' | undefined;
  /** All of that as a sentence for people. */
  readonly message: string;
}

/** May return a promise: it is not waited for, and its rejection is counted. */
export type AlertListener = (alert: Alert) => unknown;
