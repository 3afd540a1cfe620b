import { invalidOption } from '../errors.js';
import type { Samples } from '../history.js';
import { checkNames } from '../option-names.js';
import { findTrend } from './trend.js';

export interface ForecastOptions {
  /** The value at which the resource is exhausted: a limit above, or a floor below. A finite number. */
  readonly limit: number;
  /** How far back to look, in ms, above 0. @default the whole history */
  readonly windowMs?: number;
  /** How sure the interval is to be, in (0, 1). @default 0.95 */
  readonly confidence?: number;
}

/** When a series reaches a limit, if it goes on as it did. Times are from its latest sample on, in ms; Infinity: never. */
export interface Forecast {
  /** Of the line through the samples, in the series' unit per second: the median of the slopes between any two. */
  readonly slopePerSecond: number;
  readonly slopeLowPerSecond: number;
  readonly slopeHighPerSecond: number;
  /** Where that line is now: what quick swings come back to. */
  readonly level: number;
  /**
   * How long until the line reaches the limit; 0 if it is there. Infinity unless the whole interval of the slope
   * leads towards it: what may as well be standing still is not said to run out.
   */
  readonly exhaustionMs: number;
  /** The same at the ends of the slope's interval: the sooner, which may be finite where `exhaustionMs` is not, and the later. */
  readonly earliestMs: number;
  readonly latestMs: number;
  /** Samples looked at. */
  readonly samples: number;
}

/** @throws {MonitorError} `ERR_MONITOR_INVALID_OPTION` */
export function resolveForecastOptions(options: ForecastOptions): Required<ForecastOptions> {
  checkNames('forecast option', options, ['limit', 'windowMs', 'confidence']);
  const { limit, windowMs = Infinity, confidence = 0.95 } = options;
  if (typeof limit !== 'number' || !Number.isFinite(limit)) throw invalidOption('limit', limit, 'a finite number');
  if (!(windowMs > 0)) throw invalidOption('windowMs', windowMs, 'above 0');
  if (!(confidence > 0 && confidence < 1)) throw invalidOption('confidence', confidence, 'above 0 and below 1');
  return { limit, windowMs, confidence };
}

/**
 * The line of Theil (1950) and Sen (1968), which a saw's teeth, as garbage collections leave them, tilt less than they
 * do least squares. How uncertain its slope is, comes from `findTrend`: neighbours resemble each other, and the
 * ranks that Sen's own interval counts take them for independent.
 */
export function forecast(samples: Samples, { limit, confidence }: Required<ForecastOptions>): Forecast {
  const { slopePerSecond, level } = robustLine(samples);
  const trend = findTrend(samples, { confidence, minChangeRatio: 0 });
  const margin = trend.slopeHighPerSecond - trend.slopePerSecond;
  const slopeLowPerSecond = slopePerSecond - margin;
  const slopeHighPerSecond = slopePerSecond + margin;
  const timeTo = (slope: number): number => {
    const gap = limit - level;
    if (gap === 0) return 0;
    return gap / slope > 0 ? (gap / slope) * 1_000 : Infinity;
  };
  const ends = [timeTo(slopeLowPerSecond), timeTo(slopeHighPerSecond)];
  const latestMs = Math.max(...ends);
  return {
    slopePerSecond,
    slopeLowPerSecond,
    slopeHighPerSecond,
    level,
    exhaustionMs: latestMs === Infinity ? Infinity : timeTo(slopePerSecond),
    earliestMs: Math.min(...ends),
    latestMs,
    samples: samples.values.length,
  };
}

/** More would cost the square: 8_128 slopes tell as much as half a million. */
const POINTS = 128;

/** Median of the slopes between any two of `POINTS` medians, and where that line is at the latest sample. */
function robustLine({ timesMs, values }: Samples): { readonly slopePerSecond: number; readonly level: number } {
  const { length } = values;
  const nowMs = timesMs[length - 1] ?? Number.NaN;
  const blocks = Math.min(POINTS, length);
  const seconds = new Float64Array(blocks);
  const heights = new Float64Array(blocks);
  for (let block = 0; block < blocks; block += 1) {
    const [from, to] = [Math.floor((block * length) / blocks), Math.floor(((block + 1) * length) / blocks)];
    seconds[block] = (median(timesMs.slice(from, to)) - nowMs) / 1_000;
    heights[block] = median(values.slice(from, to));
  }
  const slopes = new Float64Array((blocks * (blocks - 1)) / 2);
  let count = 0;
  for (let one = 0; one < blocks; one += 1)
    for (let other = one + 1; other < blocks; other += 1) {
      slopes[count] = ((heights[other] ?? 0) - (heights[one] ?? 0)) / ((seconds[other] ?? 0) - (seconds[one] ?? 0));
      count += 1;
    }
  const slopePerSecond = count === 0 ? 0 : median(slopes);
  return { slopePerSecond, level: median(heights.map((height, block) => height - slopePerSecond * (seconds[block] ?? 0))) };
}

/** Sorts what it is given; NaN of nothing. */
function median(values: Float64Array): number {
  values.sort();
  const middle = (values.length - 1) / 2;
  return ((values[Math.floor(middle)] ?? Number.NaN) + (values[Math.ceil(middle)] ?? Number.NaN)) / 2;
}
