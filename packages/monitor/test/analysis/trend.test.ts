import { describe, expect, it } from '@jest/globals';
import { seededRandom } from '@fog/testkit';
import { findTrend, resolveTrendOptions } from '../../src/analysis/trend.js';
import { twoSidedP } from '../../src/analysis/student.js';
import type { Samples } from '../../src/history.js';
import type { Trend } from '../../src/index.js';

const samplesOf = (values: readonly number[], stepMs = 1_000): Samples => ({ timesMs: Float64Array.from(values, (_, index) => index * stepMs), values: Float64Array.from(values) });
const trendOf = (values: readonly number[], criteria: { confidence?: number; minChangeRatio?: number } = {}): Trend => findTrend(samplesOf(values), resolveTrendOptions(criteria));

const random = seededRandom(7);
const normal = (): number => Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random());
/** A series that goes nowhere, but slowly: each value is `phi` of the one before and something new, seen through `noise`. */
const wandering = (length: number, phi: number, noise = 0): number[] => {
  let value = normal() / Math.sqrt(1 - phi * phi);
  return Array.from({ length }, () => {
    value = phi * value + normal();
    return value + noise * normal();
  });
};

/** What most libraries do: least squares and a t test that takes the samples for independent. */
function naiveP(values: readonly number[]): number {
  const { length } = values;
  const middle = (length - 1) / 2;
  const height = values.reduce((sum, value) => sum + value, 0) / length;
  const squares = values.reduce((sum, _, index) => sum + (index - middle) ** 2, 0);
  const slope = values.reduce((sum, value, index) => sum + (index - middle) * value, 0) / squares;
  const rest = values.reduce((sum, value, index) => sum + (value - height - slope * (index - middle)) ** 2, 0);
  return twoSidedP(slope / Math.sqrt(rest / (length - 2) / squares), length - 2);
}

const share = (runs: number, of: () => boolean): number => Array.from({ length: runs }, of).filter(Boolean).length / runs;
const finds = (values: readonly number[]): boolean => trendOf(values, { confidence: 0.95, minChangeRatio: 0 }).direction !== 'stable';

describe('a series that goes nowhere', () => {
  it.each([
    [0, 0, 200, 0.08],
    [0.5, 0, 200, 0.08],
    [0.9, 0, 60, 0.15],
    [0.9, 0, 200, 0.08],
    [0.95, 0, 200, 0.08],
    [0.98, 2, 200, 0.2], // By least squares alone four times in five.
  ])('with autocorrelation %p below noise of %p, in %p samples, has a trend less often than %p', (phi, noise, length, limit) => {
    expect(share(400, () => finds(wandering(length, phi, noise)))).toBeLessThan(limit);
  });

  it('with autocorrelation 0.9 has a trend at most a sixth as often as by least squares alone', () => {
    const given = Array.from({ length: 400 }, () => wandering(200, 0.9));
    const naive = given.filter((values) => naiveP(values) < 0.05).length / 400;
    expect(naive).toBeGreaterThan(0.5);
    expect(given.filter(finds).length / 400).toBeLessThan(naive / 6);
  });

  it.each([[[]], [[5]], [[5, 5]], [[1, 2]], [[1, 2, 3]], [Array.from({ length: 50 }, () => 0.1)], [Array.from({ length: 50 }, () => 0)]])('or is too short to tell, as %j, is stable', (values) => {
    const trend = trendOf(values);
    expect(trend).toMatchObject({ direction: 'stable', samples: values.length });
    for (const value of Object.values(trend)) expect(value).not.toBeNaN();
  });
});

describe('a series with a trend', () => {
  it('is found at autocorrelation 0.9, when it rises by what stands out of the noise', () => {
    const rise = 12 * Math.sqrt(1 / (1 - 0.81));
    const rising = (): number[] => wandering(300, 0.9).map((value, index) => value + (rise * index) / 300);
    expect(share(200, () => finds(rising()))).toBeGreaterThan(0.9);
  });

  it('has its slope, per second, within the interval about as often as asked', () => {
    const inside = share(300, () => {
      const values = wandering(300, 0.8).map((value, index) => value + 0.3 * index);
      const { slopeLowPerSecond, slopeHighPerSecond } = findTrend(samplesOf(values, 2_000), resolveTrendOptions({ confidence: 0.9 }));
      return slopeLowPerSecond < 0.15 && slopeHighPerSecond > 0.15;
    });
    expect(inside).toBeGreaterThan(0.85);
  });

  it.each([
    [1, 'increasing'],
    [-1, 'decreasing'],
  ])('without noise and with slope %p is %s for certain', (slope, direction) => {
    const trend = trendOf(Array.from({ length: 40 }, (_, index) => 100 + slope * index));
    expect(trend).toMatchObject({ direction, samples: 40 });
    expect(trend.slopePerSecond).toBeCloseTo(slope, 9);
    expect(trend.confidence).toBeCloseTo(1, 9);
  });

  it('that is too small to matter is stable, however certain', () => {
    const values = Array.from({ length: 100 }, (_, index) => 1_000 + index * 0.1);
    expect(trendOf(values)).toMatchObject({ direction: 'stable' });
    expect(trendOf(values).confidence).toBeGreaterThan(0.99);
    expect(trendOf(values, { minChangeRatio: 0.001 }).direction).toBe('increasing');
  });

  it('is not hidden by gaps in time', () => {
    const timesMs = Float64Array.from({ length: 60 }, (_, index) => (index < 30 ? index : index + 500) * 1_000);
    const values = timesMs.map((timeMs) => 5 + timeMs / 1_000 + normal());
    expect(findTrend({ timesMs, values }, resolveTrendOptions({})).slopePerSecond).toBeCloseTo(1, 1);
  });
});

it.each([{ windowMs: 0 }, { confidence: 1 }, { confidence: 95 }, { minChangeRatio: -1 }, { window: 5 }])('options of %j are refused', (options) => {
  expect(() => resolveTrendOptions(options)).toThrow(expect.objectContaining({ code: 'ERR_MONITOR_INVALID_OPTION' }));
});
