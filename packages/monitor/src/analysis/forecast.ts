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
   * How long until the line reaches the limit; 0 if it is just there. Infinity unless the whole interval of the slope leads towards
   * it: what may as well be standing still is not said to run out. So once it is past it, too: nothing tells a limit above that was
   * passed from a floor below that was left, so that a rule asks for both, as in `time_to(disk.used, 90) < 1h or disk.used >= 90`.
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
  if (typeof windowMs !== 'number' || !(windowMs > 0)) throw invalidOption('windowMs', windowMs, 'above 0');
  if (typeof confidence !== 'number' || !(confidence > 0 && confidence < 1)) throw invalidOption('confidence', confidence, 'above 0 and below 1');
  return { limit, windowMs, confidence };
}

/**
 * The line of Theil (1950) and Sen (1968), which bursts tilt less than they do least squares. Where the samples are the
 * teeth of a saw, as garbage collections leave them, it goes through the middles of whole teeth: parts of one at either
 * end would tilt it too. How uncertain its slope is, comes from `findTrend`: neighbours resemble each other, and the
 * ranks that Sen's own interval counts take them for independent.
 */
export function forecast(samples: Samples, { limit, confidence }: Required<ForecastOptions>): Forecast {
  const teeth = teethOf(samples);
  const { slopePerSecond, level } = robustLine(teeth ?? blocksOf(samples), samples.timesMs.at(-1) ?? Number.NaN);
  const judged = teeth !== undefined && teeth.values.length >= ENOUGH_TEETH ? teeth : samples;
  const trend = findTrend(withoutBursts(judged, slopePerSecond), { confidence, minChangeRatio: 0 });
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

/** Deviations beyond which a sample is a burst. */
const BURST = 3;
/** Of a normal distribution, the deviation to the median of what is left. */
const NORMAL = 1.4826;

/** With what is far off a line of this slope brought near: a burst says nothing about how sure the slope is. */
function withoutBursts({ timesMs, values }: Samples, slopePerSecond: number): Samples {
  const rest = values.map((value, index) => value - (slopePerSecond * (timesMs[index] ?? 0)) / 1_000);
  const middle = median(rest.slice());
  const reach = BURST * NORMAL * median(rest.map((value) => Math.abs(value - middle)));
  if (reach === 0) return { timesMs, values }; // Most lie on the line: there is no telling what is far from it.
  const excess = rest.map((value) => Math.max(0, value - middle - reach) + Math.min(0, value - middle + reach));
  return { timesMs, values: values.map((value, index) => value - (excess[index] ?? 0)) };
}

/** Median of the slopes between any two of the points, and where that line is at a time. */
function robustLine({ timesMs, values }: Samples, nowMs: number): { readonly slopePerSecond: number; readonly level: number } {
  const { length } = values;
  const seconds = timesMs.map((timeMs) => (timeMs - nowMs) / 1_000);
  const slopes = new Float64Array((length * (length - 1)) / 2);
  let count = 0;
  for (let one = 0; one < length; one += 1)
    for (let other = one + 1; other < length; other += 1) {
      slopes[count] = ((values[other] ?? 0) - (values[one] ?? 0)) / ((seconds[other] ?? 0) - (seconds[one] ?? 0));
      count += 1;
    }
  const slopePerSecond = count === 0 ? 0 : median(slopes);
  return { slopePerSecond, level: median(values.map((height, index) => height - slopePerSecond * (seconds[index] ?? 0))) };
}

/** Medians of runs of as many samples each. */
function blocksOf(samples: Samples): Samples {
  const { length } = samples.values;
  const blocks = Math.min(POINTS, length);
  return middles(samples, Array.from({ length: blocks + 1 }, (_, block) => Math.floor((block * length) / blocks)));
}

/** Fewer teeth say less about the slope than the samples themselves; and so many about how sure it is. */
const LEAST_TEETH = 4;
const ENOUGH_TEETH = 8;
const LEAST_TOOTH = 4;

/** Middles of whole teeth; `undefined` where there are too few sudden drops between slow rises to speak of any. */
function teethOf(samples: Samples): Samples | undefined {
  const { values } = samples;
  if (values.length < LEAST_TEETH * LEAST_TOOTH) return undefined;
  const steps = values.map((value, index) => value - (values[index - 1] ?? value));
  const spread = rangeAbout(samples);
  const drops: number[] = [];
  for (let index = 1; index < steps.length; index += 1) if ((steps[index] ?? 0) < -spread && index - (drops.at(-1) ?? -Infinity) >= LEAST_TOOTH) drops.push(index);
  if (drops.length <= LEAST_TEETH || drops.length > POINTS) return undefined;
  // Bursts fall as fast as they rise; teeth rise slowly.
  const leaps = steps.filter((step) => step > spread).length;
  return leaps > drops.length / 4 ? undefined : middles(samples, drops);
}

/** Between the quartiles of what is left when a line through both ends' medians is taken off: half a tooth's height, and bursts change it little. */
function rangeAbout({ timesMs, values }: Samples): number {
  const tenth = Math.max(1, Math.floor(values.length / 10));
  const [from, to] = [median(values.slice(0, tenth)), median(values.slice(-tenth))];
  const [fromMs, toMs] = [median(timesMs.slice(0, tenth)), median(timesMs.slice(-tenth))];
  const rest = values.map((value, index) => value - (from + ((to - from) * ((timesMs[index] ?? 0) - fromMs)) / (toMs - fromMs)));
  rest.sort();
  return (rest[Math.floor(0.75 * rest.length)] ?? 0) - (rest[Math.floor(0.25 * rest.length)] ?? 0);
}

/** Medians of the runs between cuts, in time and value. */
function middles({ timesMs, values }: Samples, cuts: readonly number[]): Samples {
  const runs = cuts.slice(0, -1).map((from, index) => [from, cuts[index + 1] ?? from] as const);
  return {
    timesMs: Float64Array.from(runs, ([from, to]) => median(timesMs.slice(from, to))),
    values: Float64Array.from(runs, ([from, to]) => median(values.slice(from, to))),
  };
}

/** Sorts what it is given; NaN of nothing. */
function median(values: Float64Array): number {
  values.sort();
  const middle = (values.length - 1) / 2;
  return ((values[Math.floor(middle)] ?? Number.NaN) + (values[Math.ceil(middle)] ?? Number.NaN)) / 2;
}
