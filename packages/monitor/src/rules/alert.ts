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

/** One bound of a threshold, ready to compare with. */
export interface Bound {
  readonly value: number;
  /** On the far side of this the alert resolves. */
  readonly clear: number;
  readonly above: boolean;
  readonly forMs: number;
}

/** Where one bound of a threshold stands. Resolving is the step from firing to inactive. */
export interface Phase {
  readonly state: 'inactive' | 'pending' | 'firing';
  /** When the value crossed the bound; Infinity while inactive. */
  readonly sinceMs: number;
}

export const inactive: Phase = { state: 'inactive', sinceMs: Infinity };

/**
 * The next phase, given the value of now. Without a value (NaN), what is pending starts over, as nothing shows that
 * the value stayed where it was; what fires goes on, as no data is not good news.
 */
export function step(phase: Phase, bound: Bound, value: number, nowMs: number): Phase {
  if (phase.state === 'firing') return Number.isNaN(value) || isBeyond(bound.clear, value, bound) ? phase : inactive;
  if (!isBeyond(bound.value, value, bound)) return inactive;
  const sinceMs = Math.min(phase.sinceMs, nowMs);
  if (nowMs - sinceMs >= bound.forMs) return { state: 'firing', sinceMs };
  return phase.state === 'pending' ? phase : { state: 'pending', sinceMs };
}

/** A value that is just at the limit is not beyond the bound, and no longer beyond the clear level. */
const isBeyond = (limit: number, value: number, { above }: Bound): boolean => (above ? value > limit : value < limit);
