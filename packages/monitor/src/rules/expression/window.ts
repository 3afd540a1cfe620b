import { forecast } from '../../analysis/forecast.js';
import { findTrend } from '../../analysis/trend.js';
import type { Samples } from '../../history.js';
import type { Registry } from '../../registry.js';
import type { Series } from '../../series.js';

/** What a function makes of the values of one series from a time on; NaN without any. */
export type WindowFunction = (registry: Registry, series: Series, fromMs: number) => number;

/** Sums of a window, in one object that is used again and again. */
interface Summary {
  count: number;
  sum: number;
  min: number;
  max: number;
  first: number;
  last: number;
}

const summary: Summary = { count: 0, sum: 0, min: Infinity, max: -Infinity, first: Number.NaN, last: Number.NaN };

/** Sums up a window without copying it: rules over minutes are judged at every sample. */
function summarize(registry: Registry, series: Series, fromMs: number): Summary {
  // In variables, as a field that holds a double is allocated at every change.
  let count = 0;
  let sum = 0;
  let min = Infinity;
  let max = -Infinity;
  let first = Number.NaN;
  let last = Number.NaN;
  for (const bucket of registry.older(series, fromMs)) {
    if (count === 0) first = bucket.value;
    count += bucket.count;
    sum += bucket.value * bucket.count;
    min = Math.min(min, bucket.min);
    max = Math.max(max, bucket.max);
    last = bucket.last;
  }
  const { history } = registry;
  const { values } = series;
  for (let sample = history.firstSince(fromMs); sample < history.count; sample += 1) {
    const value = values[sample % history.capacity] ?? Number.NaN;
    if (Number.isNaN(value)) continue;
    if (count === 0) first = value;
    count += 1;
    sum += value;
    if (value < min) min = value;
    if (value > max) max = value;
    last = value;
  }
  summary.count = count;
  summary.sum = sum;
  summary.min = min;
  summary.max = max;
  summary.first = first;
  summary.last = last;
  return summary;
}

const ofSummary =
  (take: (summary: Summary) => number): WindowFunction =>
  (registry, series, fromMs) => {
    const summed = summarize(registry, series, fromMs);
    return summed.count === 0 ? Number.NaN : take(summed);
  };

const ofSamples =
  (take: (samples: Samples) => number): WindowFunction =>
  (registry, series, fromMs) => {
    const samples = registry.since(series, fromMs);
    return samples.values.length === 0 ? Number.NaN : take(samples);
  };

/** The functions of a window alone, by name. `rest` are the numbers given beside it. */
export const windowFunctions: Readonly<Record<string, (rest: readonly number[]) => WindowFunction>> = {
  avg_over_time: () => ofSummary(({ sum, count }) => sum / count),
  min_over_time: () => ofSummary(({ min }) => min),
  max_over_time: () => ofSummary(({ max }) => max),
  sum_over_time: () => ofSummary(({ sum }) => sum),
  count_over_time: () => ofSummary(({ count }) => count),
  last_over_time: () => ofSummary(({ last }) => last),
  delta: () => ofSummary(({ first, last }) => last - first),
  stddev_over_time: () => ofSamples(({ values }) => deviation(values)),
  quantile_over_time: ([share = Number.NaN]) => ofSamples(({ values }) => quantile(values, share)),
  deriv: () => ofSamples((samples) => findTrend(samples, { confidence: 0.99, minChangeRatio: 0 }).slopePerSecond),
  predict_linear: ([aheadMs = 0]) =>
    ofSamples((samples) => {
      const { level, slopePerSecond } = forecast(samples, { limit: 0, windowMs: Infinity, confidence: 0.95 });
      return level + (slopePerSecond * aheadMs) / 1_000;
    }),
  trend: ([confidence = 0.99]) => ofSamples((samples) => ({ increasing: 1, stable: 0, decreasing: -1 })[findTrend(samples, { confidence, minChangeRatio: 0.05 }).direction]),
  time_to: ([limit = Number.NaN]) => ofSamples((samples) => forecast(samples, { limit, windowMs: Infinity, confidence: 0.95 }).exhaustionMs),
};

/** Those that fit lines. What they say changes with the window, not with every sample: see {@link renewed}. */
export const fitting: ReadonlySet<string> = new Set(['deriv', 'predict_linear', 'trend', 'time_to']);

const RENEWALS = 60;

/** Asks again only once a sixtieth of the window has passed: a line through minutes is no news at ten times a second. */
export function renewed(ask: WindowFunction, windowMs: number): WindowFunction {
  const answers = new WeakMap<Series, { readonly atMs: number; readonly value: number }>();
  return (registry, series, fromMs) => {
    const known = answers.get(series);
    if (known !== undefined && fromMs - known.atMs < windowMs / RENEWALS && fromMs >= known.atMs) return known.value;
    const value = ask(registry, series, fromMs);
    if (Number.isNaN(value)) answers.delete(series);
    else answers.set(series, { atMs: fromMs, value });
    return value;
  };
}

function deviation(values: Float64Array): number {
  const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
  return Math.sqrt(values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / values.length);
}

/** Between the two neighbours, as Prometheus has it. */
function quantile(values: Float64Array, share: number): number {
  const sorted = values.slice().sort();
  const place = share * (sorted.length - 1);
  const below = sorted[Math.floor(place)] ?? Number.NaN;
  const above = sorted[Math.ceil(place)] ?? Number.NaN;
  return below + (above - below) * (place - Math.floor(place));
}
