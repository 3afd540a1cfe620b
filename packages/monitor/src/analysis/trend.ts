import { invalidOption } from '../errors.js';
import type { Samples } from '../history.js';
import { checkNames } from '../option-names.js';
import { fitLine } from './line.js';
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
  /** Interval that holds the true slope with the confidence asked for; without bounds when there are too few samples to tell. */
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
  if (typeof windowMs !== 'number' || !(windowMs > 0)) throw invalidOption('windowMs', windowMs, 'above 0');
  if (typeof confidence !== 'number' || !(confidence > 0 && confidence < 1)) throw invalidOption('confidence', confidence, 'above 0 and below 1');
  if (!Number.isFinite(minChangeRatio) || minChangeRatio < 0) throw invalidOption('minChangeRatio', minChangeRatio, '0 or more');
  return { windowMs, confidence, minChangeRatio };
}

/**
 * A line through the samples that allows for their likeness to their neighbours (`fitLine`), and a second one through
 * means of blocks of them. Real series are often a slow wave below quick noise, which hides the likeness from the first;
 * in the blocks the noise is gone. Whichever is less certain counts.
 */
export function findTrend(samples: Samples, { confidence, minChangeRatio }: Omit<Criteria, 'windowMs'>): Trend {
  const { timesMs, values } = samples;
  const whole = fitLine(samples);
  const blocks = fitLine(blockMeans(samples, BLOCKS));
  const slope = whole.slopePerSecond;
  const standardError = values.length < MIN_SAMPLES ? Infinity : Math.max(whole.standardError, blocks.standardError);
  const effectiveSamples = Math.min(whole.effectiveSamples, blocks.effectiveSamples);
  const freedom = Math.max(MIN_FREEDOM, effectiveSamples);
  const sure = 1 - chance(slope, standardError, freedom);
  const margin = twoSidedT(1 - confidence, freedom) * standardError;
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

/** Enough to estimate the likeness of neighbours, few enough that a block outlasts the noise. */
const BLOCKS = 24;
/** Fewer lie on a line by chance too easily. */
const MIN_SAMPLES = 8;
/** Chosen by simulation: below it, series that clearly rise are missed and those that do not are hardly better told. */
const MIN_FREEDOM = 3;

/** Probability of such a slope without a trend. */
function chance(slope: number, standardError: number, freedom: number): number {
  if (standardError === 0) return slope === 0 ? 1 : 0;
  return twoSidedP(slope / standardError, freedom);
}

/** Means of runs of as many samples each, as far as that goes. */
function blockMeans(samples: Samples, most: number): Samples {
  const { length } = samples.values;
  if (length <= most) return samples;
  const meansOf = (values: Float64Array): Float64Array => {
    const means = new Float64Array(most);
    for (let block = 0; block < most; block += 1) means[block] = mean(values, Math.floor((block * length) / most), Math.floor(((block + 1) * length) / most));
    return means;
  };
  return { timesMs: meansOf(samples.timesMs), values: meansOf(samples.values) };
}

// Loops, as `reduce` allocates every sum on its way.
function mean(values: Float64Array, from: number, to: number): number {
  let sum = 0;
  for (let index = from; index < to; index += 1) sum += values[index] ?? 0;
  return sum / (to - from);
}

function meanMagnitude(values: Float64Array): number {
  let sum = 0;
  for (let index = 0; index < values.length; index += 1) sum += Math.abs(values[index] ?? 0);
  return sum / values.length;
}
