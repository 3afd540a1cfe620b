import { invalidOption } from '../errors.js';
import type { Samples } from '../history.js';
import { checkNames } from '../option-names.js';
import { twoSidedP, twoSidedT } from './student.js';

export interface TrendOptions {
  /** How far back to look, in ms, above 0. @default the whole history */
  readonly windowMs?: number;
  /** How sure to be before a direction is named, in (0, 1). @default 0.99 */
  readonly confidence?: number;
  /** Smallest change over the window that matters, as a share of the mean magnitude; 0 or more. @default 0.05 */
  readonly minChangeRatio?: number;
}

/** What a series did over a window. */
export interface Trend {
  /** `stable` unless the slope is both significant and large enough to matter. */
  readonly direction: 'increasing' | 'decreasing' | 'stable';
  /** In the series' unit per second; 0 with fewer than two samples. */
  readonly slopePerSecond: number;
  /** Interval that holds the true slope with the confidence asked for. */
  readonly slopeLowPerSecond: number;
  readonly slopeHighPerSecond: number;
  /** 1 − p: how sure it is that the slope is not 0, in [0, 1]. 0 when there are too few samples to tell. */
  readonly confidence: number;
  /** Samples looked at. */
  readonly samples: number;
  /** How many independent samples they are worth: neighbours in time resemble each other. */
  readonly effectiveSamples: number;
}

type Criteria = Required<TrendOptions>;

/** @throws {MonitorError} `ERR_MONITOR_INVALID_OPTION` */
export function resolveTrendOptions(options: TrendOptions): Criteria {
  checkNames('trend option', options, ['windowMs', 'confidence', 'minChangeRatio']);
  const { windowMs = Infinity, confidence = 0.99, minChangeRatio = 0.05 } = options;
  if (!(windowMs > 0)) throw invalidOption('windowMs', windowMs, 'above 0');
  if (!(confidence > 0 && confidence < 1)) throw invalidOption('confidence', confidence, 'above 0 and below 1');
  if (!(minChangeRatio >= 0 && minChangeRatio < Infinity)) throw invalidOption('minChangeRatio', minChangeRatio, '0 or more');
  return { windowMs, confidence, minChangeRatio };
}

/**
 * Least squares, with the number of samples corrected for their likeness to their neighbours. Taken for independent,
 * as a plain t test does, they show "trends" in most of what a machine measures: 65 % of the time in a series with
 * autocorrelation 0.9 that goes nowhere.
 *
 * The correction, n(1 − ρ)/(1 + ρ) with ρ freed of its bias for short series (Bayley and Hammersley 1946; Kendall
 * 1954), holds for series that forget at one rate. Real ones are often a slow wave below quick noise, which hides it
 * from ρ; so the test is made of means of blocks as well, where the noise is gone, and the less certain one counts.
 */
export function findTrend(samples: Samples, { confidence, minChangeRatio }: Omit<Criteria, 'windowMs'>): Trend {
  const { timesMs, values } = samples;
  const whole = fitLine(samples);
  const blocks = fitLine(blockMeans(samples, BLOCKS));
  const slope = whole.slopePerSecond;
  const standardError = Math.max(whole.standardError, blocks.standardError);
  const effectiveSamples = Math.min(whole.effectiveSamples, blocks.effectiveSamples);
  const freedom = values.length < MIN_SAMPLES ? 0 : effectiveSamples - LINE_PARAMETERS;
  const sure = 1 - chance(slope, standardError, freedom);
  const margin = freedom > 0 ? twoSidedT(1 - confidence, freedom) * standardError : Infinity;
  const change = Math.abs(slope) * (((timesMs.at(-1) ?? 0) - (timesMs[0] ?? 0)) / 1_000);
  const matters = change > 0 && change >= minChangeRatio * meanMagnitude(values);
  return {
    direction: sure < confidence || !matters ? 'stable' : slope > 0 ? 'increasing' : 'decreasing',
    slopePerSecond: slope,
    slopeLowPerSecond: slope - margin,
    slopeHighPerSecond: slope + margin,
    confidence: sure,
    samples: values.length,
    effectiveSamples,
  };
}

/** Enough to leave some freedom after the correction, few enough that a block outlasts the noise. */
const BLOCKS = 24;
/** Fewer lie on a line by chance too easily for their likeness to be estimated. */
const MIN_SAMPLES = 8;
/** A line has a height and a slope, both taken from the data. */
const LINE_PARAMETERS = 2;
const ROUNDING = (16 * Number.EPSILON) ** 2;

interface Line {
  readonly slopePerSecond: number;
  /** Of the slope; Infinity with no freedom left to estimate it. */
  readonly standardError: number;
  readonly effectiveSamples: number;
}

function fitLine({ timesMs, values }: Samples): Line {
  const { length } = values;
  const middleMs = mean(timesMs);
  // Counted from the first value, so that a constant has a slope of exactly 0.
  const origin = values[0] ?? 0;
  let squares = 0;
  let products = 0;
  let height = 0;
  for (let index = 0; index < length; index += 1) {
    const seconds = ((timesMs[index] ?? 0) - middleMs) / 1_000;
    const value = (values[index] ?? 0) - origin;
    squares += seconds * seconds;
    products += seconds * value;
    height += value / length;
  }
  if (length < LINE_PARAMETERS) return { slopePerSecond: 0, standardError: Infinity, effectiveSamples: length };
  const slopePerSecond = products / squares;
  const residuals = values.map((value, index) => value - origin - height - (slopePerSecond * ((timesMs[index] ?? 0) - middleMs)) / 1_000);
  const variation = sumOfProducts(residuals, 0);
  // What rounding leaves of a perfect line has a pattern, but no meaning.
  if (variation <= ROUNDING * sumOfProducts(values, 0)) return { slopePerSecond, standardError: 0, effectiveSamples: length };
  const effectiveSamples = effectiveSize(residuals, variation);
  const freedom = effectiveSamples - LINE_PARAMETERS;
  const standardError = freedom > 0 ? Math.sqrt(variation / freedom / squares) : Infinity;
  return { slopePerSecond, standardError, effectiveSamples };
}

/** How many independent samples the residuals of a line are worth. */
function effectiveSize(residuals: Float64Array, variation: number): number {
  const { length } = residuals;
  const apparent = sumOfProducts(residuals, 1) / variation;
  // A line through n values takes away about (2 + 4ρ)/n of their autocorrelation; one that is below 0 is not trusted.
  const unbiased = Math.min(1, Math.max(0, apparent + (2 + 4 * apparent) / length));
  return (length * (1 - unbiased)) / (1 + unbiased);
}

function sumOfProducts(values: Float64Array, lag: number): number {
  let sum = 0;
  for (let index = lag; index < values.length; index += 1) sum += (values[index] ?? 0) * (values[index - lag] ?? 0);
  return sum;
}

/** Means of runs of as many samples each, as far as that goes. */
function blockMeans(samples: Samples, most: number): Samples {
  const { length } = samples.values;
  if (length <= most) return samples;
  const meansOf = (values: Float64Array): Float64Array =>
    Float64Array.from({ length: most }, (_, block) => mean(values.subarray(Math.floor((block * length) / most), Math.floor(((block + 1) * length) / most))));
  return { timesMs: meansOf(samples.timesMs), values: meansOf(samples.values) };
}

/** Probability of such a slope without a trend. */
function chance(slope: number, standardError: number, freedom: number): number {
  if (!(freedom > 0)) return 1;
  if (standardError === 0) return slope === 0 ? 1 : 0;
  return twoSidedP(slope / standardError, freedom);
}

const mean = (values: Float64Array): number => values.reduce((sum, value) => sum + value, 0) / values.length;
const meanMagnitude = (values: Float64Array): number => values.reduce((sum, value) => sum + Math.abs(value), 0) / values.length;
