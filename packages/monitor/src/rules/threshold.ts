import { invalidOption } from '../errors.js';
import { checkNames } from '../option-names.js';
import type { Condition, Timing } from './lifecycle.js';

export type ThresholdSeverity = 'warning' | 'critical';

/** One bound of a threshold, ready to compare with. */
export interface Bound extends Timing {
  readonly value: number;
  /** On the far side of this the alert resolves. */
  readonly clear: number;
  readonly above: boolean;
}

/** A value that is just at the bound is not beyond it, one just at the clear level is clear. */
export function conditionOf({ value: bound, clear, above }: Bound, value: number): Condition {
  if (Number.isNaN(value)) return 'unknown';
  if (above ? value > bound : value < bound) return 'met';
  return (above ? value > clear : value < clear) ? 'holding' : 'clear';
}

/** When a series is in trouble. One alert comes of it, whose severity may rise and fall. */
export interface Threshold {
  /** Name of a series, with its labels if it has any. It need not exist yet. */
  readonly series: string;
  /** At least one of `warning` and `critical`; with both, `critical` is the farther one. */
  readonly warning?: number;
  readonly critical?: number;
  /** On which side of the bounds trouble lies. @default 'above' */
  readonly direction?: 'above' | 'below';
  /** For how long every sample must be beyond the bound before the alert fires. 0 or more. @default two and a half intervals */
  readonly forMs?: number;
  /**
   * Hysteresis: how far back behind the bound the value must come for the alert to resolve, as a share of the
   * bound, in [0, 1). @default 0.05
   */
  readonly clearRatio?: number;
}

/**
 * Warning and critical at: CPU 80 and 95 %, memory 85 and 95 %, disk 85 and 95 %, network 80 and 95 %. CPU and
 * network are noisy, so they clear farther back.
 */
export const defaultThresholds: readonly Threshold[] = [
  { series: 'cpu.utilization', warning: 0.8, critical: 0.95, clearRatio: 0.15 },
  { series: 'memory.utilization', warning: 0.85, critical: 0.95 },
  { series: 'filesystem.utilization', warning: 0.85, critical: 0.95 },
  { series: 'network.utilization', warning: 0.8, critical: 0.95, clearRatio: 0.15 },
];

export interface ResolvedThreshold {
  readonly fingerprint: string;
  readonly series: string;
  readonly direction: 'above' | 'below';
  /** By severity, the milder first. */
  readonly bounds: readonly { readonly severity: ThresholdSeverity; readonly bound: Bound }[];
}

const NAMES = ['series', 'warning', 'critical', 'direction', 'forMs', 'clearRatio'];
/** The fourth sample in a row fires; the half is for timers, which are never exact. */
const DEFAULT_INTERVALS = 2.5;

/** @throws {MonitorError} `ERR_MONITOR_INVALID_OPTION` */
export function resolveThresholds(thresholds: readonly Threshold[], intervalMs: number): ResolvedThreshold[] {
  if (!Array.isArray(thresholds)) throw invalidOption('thresholds', thresholds, 'an array');
  const resolved = thresholds.map((threshold: Threshold, index) => resolveThreshold(threshold, `thresholds[${index}]`, intervalMs));
  const seen = new Set<string>();
  for (const { fingerprint } of resolved) {
    if (seen.has(fingerprint)) throw invalidOption('thresholds', fingerprint, 'every series at most once in each direction');
    seen.add(fingerprint);
  }
  return resolved;
}

function resolveThreshold(threshold: Threshold, at: string, intervalMs: number): ResolvedThreshold {
  checkNames(`${at} field`, threshold, NAMES);
  const { series, warning, critical, direction = 'above', forMs = DEFAULT_INTERVALS * intervalMs, clearRatio = 0.05 } = threshold;
  if (typeof series !== 'string' || series === '') throw invalidOption(`${at}.series`, series, 'the name of a series');
  if (warning === undefined && critical === undefined) throw invalidOption(at, 'without bounds', 'warning, critical or both');
  if (warning !== undefined && !Number.isFinite(warning)) throw invalidOption(`${at}.warning`, warning, 'a finite number');
  if (critical !== undefined && !Number.isFinite(critical)) throw invalidOption(`${at}.critical`, critical, 'a finite number');
  if (direction !== 'above' && direction !== 'below') throw invalidOption(`${at}.direction`, direction, '"above" or "below"');
  const above = direction === 'above';
  if (warning !== undefined && critical !== undefined && (above ? critical <= warning : critical >= warning))
    throw invalidOption(`${at}.critical`, critical, `${above ? 'above' : 'below'} warning (${warning})`);
  if (!Number.isFinite(forMs) || forMs < 0) throw invalidOption(`${at}.forMs`, forMs, '0 or more');
  if (!Number.isFinite(clearRatio) || clearRatio < 0 || clearRatio >= 1) throw invalidOption(`${at}.clearRatio`, clearRatio, 'from 0 up to but not including 1');
  const boundOf = (value: number): Bound => ({ value, clear: value + Math.abs(value) * clearRatio * (above ? -1 : 1), above, forMs, keepFiringForMs: 0 });
  const bounds = (['warning', 'critical'] as const).flatMap((severity) => {
    const value = severity === 'warning' ? warning : critical;
    return value === undefined ? [] : [{ severity, bound: boundOf(value) }];
  });
  return { fingerprint: `threshold:${direction}:${series}`, series, direction, bounds };
}
