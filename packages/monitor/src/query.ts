import { checkNames } from './option-names.js';
import { invalidOption } from './errors.js';
import type { Samples } from './history.js';

/** Which part of a series; the whole history by default. Times are on the monitor's clock; all are in ms, under either name. */
export interface QueryRange {
  /** Short for `fromMs`, `toMs` and `stepMs`. */
  readonly from?: number;
  readonly to?: number;
  readonly step?: number;
  /** First time included, in ms. */
  readonly fromMs?: number;
  /** Last time included, in ms. */
  readonly toMs?: number;
  /**
   * Width of the buckets that samples are summed up in, in ms, above 0. Without it, every sample is a point. With a
   * multiple of a tier's width, what is older than the samples kept comes from the tier.
   */
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

export interface ResolvedRange {
  readonly fromMs: number;
  readonly toMs: number;
  readonly stepMs: number | undefined;
}

/** @throws {MonitorError} `ERR_MONITOR_INVALID_OPTION` */
export function resolveRange(range: QueryRange): ResolvedRange {
  checkNames('query option', range, ['from', 'to', 'step', 'fromMs', 'toMs', 'stepMs']);
  const { from = -Infinity, to = Infinity, step, fromMs = from, toMs = to, stepMs = step } = range;
  if (typeof fromMs !== 'number' || Number.isNaN(fromMs)) throw invalidOption('fromMs', fromMs, 'a time in ms');
  if (typeof toMs !== 'number' || !(toMs >= fromMs)) throw invalidOption('toMs', toMs, `a time in ms, not before fromMs (${fromMs})`);
  if (stepMs !== undefined && !(Number.isFinite(stepMs) && stepMs > 0)) throw invalidOption('stepMs', stepMs, 'a finite number above 0');
  return { fromMs, toMs, stepMs };
}

/**
 * Sums up samples, which are in order of time, in buckets of `stepMs`. Buckets start at multiples of their width, not
 * at the first sample: the same sample is in the same bucket whenever one asks.
 */
export function toPoints({ timesMs, values }: Samples, stepMs: number | undefined): Point[] {
  const bucketOf = (timeMs: number): number => (stepMs === undefined ? timeMs : Math.floor(timeMs / stepMs) * stepMs);
  const points: Point[] = [];
  let start = 0;
  timesMs.forEach((timeMs, index) => {
    const next = timesMs[index + 1];
    if (next !== undefined && bucketOf(next) === bucketOf(timeMs)) return;
    points.push(summary(bucketOf(timeMs), values.subarray(start, index + 1)));
    start = index + 1;
  });
  return points;
}

function summary(timeMs: number, values: Float64Array): Point {
  let min = Infinity;
  let max = -Infinity;
  let sum = 0;
  for (const value of values) {
    min = Math.min(min, value);
    max = Math.max(max, value);
    sum += value;
  }
  return { timeMs, value: sum / values.length, min, max, last: values.at(-1) ?? Number.NaN, count: values.length };
}

/** Sums up points, in order of time, in buckets of `stepMs`, each of which holds whole ones of theirs. */
export function mergePoints(points: readonly Point[], stepMs: number): Point[] {
  const merged: Point[] = [];
  for (const point of points) {
    const timeMs = Math.floor(point.timeMs / stepMs) * stepMs;
    const before = merged.at(-1);
    if (before?.timeMs !== timeMs) merged.push({ ...point, timeMs });
    else {
      const count = before.count + point.count;
      const value = (before.value * before.count + point.value * point.count) / count;
      merged[merged.length - 1] = { timeMs, value, min: Math.min(before.min, point.min), max: Math.max(before.max, point.max), last: point.last, count };
    }
  }
  return merged;
}
