import type { Samples } from '../history.js';

export interface Line {
  readonly slopePerSecond: number;
  /** Of the slope; Infinity when there is nothing to estimate it by. */
  readonly standardError: number;
  /** How many independent samples these are worth. */
  readonly effectiveSamples: number;
}

/**
 * A line through samples that resemble their neighbours. Taken for independent, as plain least squares with its t test
 * does, they show "trends" in most of what a machine measures: two times in three at an autocorrelation of 0.9.
 *
 * Generalised least squares (Prais and Winsten 1954): the autocorrelation is estimated from the residuals of a plain
 * fit and freed of its bias for short series (Kendall 1954); then of each sample only what its predecessor does not
 * tell is fitted.
 */
export function fitLine({ timesMs, values }: Samples): Line {
  const { length } = values;
  const plain = solve(timesMs, values, 0);
  if (plain === undefined) return { slopePerSecond: 0, standardError: Infinity, effectiveSamples: length };
  const { residuals } = plain;
  const variation = sumOfProducts(residuals, 0);
  // What rounding leaves of a perfect line has a pattern, but no meaning.
  if (variation <= ROUNDING * sumOfProducts(values, 0)) return { slopePerSecond: plain.slopePerSecond, standardError: 0, effectiveSamples: length };
  const apparent = sumOfProducts(residuals, 1) / variation;
  const likeness = Math.min(MAX_LIKENESS, Math.max(0, apparent + (2 + 4 * apparent) / length));
  const { slopePerSecond, standardError } = solve(timesMs, values, likeness) ?? plain;
  return { slopePerSecond, standardError, effectiveSamples: (length * (1 - likeness)) / (1 + likeness) };
}

const ROUNDING = (16 * Number.EPSILON) ** 2;
/** At 1 a series has no level to come back to, and the fit no solution. */
const MAX_LIKENESS = 0.98;
/** A line has a height and a slope, both taken from the data. */
const PARAMETERS = 2;

interface Solution {
  readonly slopePerSecond: number;
  readonly standardError: number;
  /** Of the samples themselves. */
  readonly residuals: Float64Array;
}

/** Least squares of what remains of each sample when `likeness` times its predecessor is taken off. */
function solve(timesMs: Float64Array, values: Float64Array, likeness: number): Solution | undefined {
  const { length } = values;
  if (length < PARAMETERS) return undefined;
  // Counted from the middle and from the first value: a constant then has a slope of exactly 0.
  const middleMs = ((timesMs[0] ?? 0) + (timesMs[length - 1] ?? 0)) / 2;
  const origin = values[0] ?? 0;
  // The first sample has no predecessor; weighed down, it is as uncertain as what remains of the others.
  const first = Math.sqrt(1 - likeness * likeness);
  let [ones, cross, squares, sum, products] = [0, 0, 0, 0, 0];
  for (let index = 0, secondBefore = 0, heightBefore = 0; index < length; index += 1) {
    const second = ((timesMs[index] ?? 0) - middleMs) / 1_000;
    const height = (values[index] ?? 0) - origin;
    const one = index === 0 ? first : 1 - likeness;
    const x = index === 0 ? first * second : second - likeness * secondBefore;
    const y = index === 0 ? first * height : height - likeness * heightBefore;
    ones += one * one;
    cross += one * x;
    squares += x * x;
    sum += one * y;
    products += x * y;
    secondBefore = second;
    heightBefore = height;
  }
  const determinant = ones * squares - cross * cross;
  const slopePerSecond = (ones * products - cross * sum) / determinant;
  const level = (squares * sum - cross * products) / determinant;
  const residuals = new Float64Array(length);
  let rest = 0;
  for (let index = 0, before = 0; index < length; index += 1) {
    const residual = (values[index] ?? 0) - origin - level - (slopePerSecond * ((timesMs[index] ?? 0) - middleMs)) / 1_000;
    const remaining = index === 0 ? first * residual : residual - likeness * before;
    rest += remaining * remaining;
    residuals[index] = before = residual;
  }
  const standardError = length > PARAMETERS ? Math.sqrt(((rest / (length - PARAMETERS)) * ones) / determinant) : Infinity;
  return { slopePerSecond, standardError, residuals };
}

function sumOfProducts(values: Float64Array, lag: number): number {
  let sum = 0;
  for (let index = lag; index < values.length; index += 1) sum += (values[index] ?? 0) * (values[index - lag] ?? 0);
  return sum;
}
