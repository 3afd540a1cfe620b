import { describe, expect, it } from '@jest/globals';
import { ManualClock, seededRandom } from '@fog/testkit';
import { forecast, resolveForecastOptions, type ForecastOptions } from '../../src/analysis/forecast.js';
import type { Samples } from '../../src/history.js';
import { createMonitor } from '../../src/index.js';

const everySecond = (length: number, at: (second: number) => number): Samples => ({
  timesMs: Float64Array.from({ length }, (_, second) => second * 1_000),
  values: Float64Array.from({ length }, (_, second) => at(second)),
});
const normal = (random: () => number): number => Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random());
const options = (limit: number): Required<ForecastOptions> => resolveForecastOptions({ limit });

describe('a forecast', () => {
  it('of a straight line says when it crosses the limit, above or below', () => {
    const rising = forecast(everySecond(100, (second) => 2 * second), options(398));
    expect(rising.exhaustionMs).toBeCloseTo(100_000, 6);
    expect(rising.earliestMs).toBeCloseTo(100_000, 6);
    expect(rising.latestMs).toBeCloseTo(100_000, 6);
    expect(forecast(everySecond(100, (second) => -second), options(-149)).exhaustionMs).toBeCloseTo(50_000, 6);
  });

  it('away from the limit, of what stands still and of too little is never', () => {
    expect(forecast(everySecond(100, (second) => -second), options(10))).toMatchObject({ exhaustionMs: Infinity, earliestMs: Infinity, latestMs: Infinity });
    expect(forecast(everySecond(100, () => 5), options(10))).toMatchObject({ slopePerSecond: 0, exhaustionMs: Infinity, earliestMs: Infinity });
    for (const length of [0, 1, 2, 5]) expect(forecast(everySecond(length, (second) => second), options(10)).exhaustionMs).toBe(Infinity);
  });

  it('at the limit is now', () => {
    expect(forecast(everySecond(100, () => 5), options(5)).exhaustionMs).toBe(0);
  });

  it('of what only wanders is never, nearly always', () => {
    const random = seededRandom(21);
    let finite = 0;
    for (let series = 0; series < 100; series += 1) {
      let value = 0;
      const wandering = everySecond(300, () => (value = 0.9 * value + normal(random)));
      if (forecast(wandering, options(100)).exhaustionMs < Infinity) finite += 1;
    }
    expect(finite).toBeLessThanOrEqual(12);
  });

  it('of a leak below the teeth of a saw is near, and its interval holds the truth', () => {
    const random = seededRandom(22);
    const errors: number[] = [];
    let held = 0;
    for (let series = 0; series < 60; series += 1) {
      const leak = 0.5 + random();
      const tooth = 20 + random() * 40;
      const height = 50 + random() * 150;
      const phase = random() * tooth;
      const saw = everySecond(600, (second) => leak * second + (((second + phase) % tooth) / tooth) * height * (0.5 + random()) + normal(random) * 5);
      // The mean of a tooth rides on the leak.
      const truthMs = ((3_000 - leak * 599 - height / 2) / leak) * 1_000;
      const found = forecast(saw, options(3_000));
      errors.push(Math.abs(found.exhaustionMs - truthMs) / truthMs);
      if (found.earliestMs <= truthMs && truthMs <= found.latestMs) held += 1;
    }
    expect(median(errors)).toBeLessThan(0.03);
    expect(held).toBeGreaterThanOrEqual(54);
  });

  it('of a leak under bursts is nearer than least squares', () => {
    const random = seededRandom(23);
    const errors: number[] = [];
    const plainErrors: number[] = [];
    for (let series = 0; series < 60; series += 1) {
      const leak = 0.5 + random();
      const bursts = everySecond(600, (second) => leak * second + normal(random) * 10 + (random() < 0.05 ? 2_000 * random() : 0));
      const truthMs = ((3_000 - leak * 599) / leak) * 1_000;
      errors.push(Math.abs(forecast(bursts, options(3_000)).exhaustionMs - truthMs) / truthMs);
      plainErrors.push(Math.abs(plainExhaustionMs(bursts, 3_000) - truthMs) / truthMs);
    }
    expect(median(errors)).toBeLessThan(0.6 * median(plainErrors));
  });

  it('is had from a monitor, over a window', async () => {
    const clock = new ManualClock();
    await using monitor = createMonitor({ clock, filesystems: [], intervalMs: 1_000 });
    let used = 1_000;
    monitor.gauge('used', () => (used += clock.now() < 60_000 ? -1 : 10));
    monitor.start();
    clock.advance(160_000);
    const limit = used + 500;
    expect(monitor.forecast('used', { limit, windowMs: 90_000 }).exhaustionMs).toBeCloseTo(50_000, 3);
    expect(() => monitor.forecast('user', { limit })).toThrow(expect.objectContaining({ code: 'ERR_MONITOR_UNKNOWN_SERIES' }));
  });
});

const median = (values: readonly number[]): number => values.toSorted((one, other) => one - other)[values.length >> 1] ?? Number.NaN;

/** Least squares, with its line's level at the last sample. */
function plainExhaustionMs({ timesMs, values }: Samples, limit: number): number {
  const mean = (of: Float64Array): number => of.reduce((sum, value) => sum + value, 0) / of.length;
  const [time, height] = [mean(timesMs), mean(values)];
  let [products, squares] = [0, 0];
  timesMs.forEach((timeMs, index) => {
    products += (timeMs - time) * ((values[index] ?? 0) - height);
    squares += (timeMs - time) ** 2;
  });
  const slope = products / squares;
  return (limit - height - slope * ((timesMs.at(-1) ?? 0) - time)) / slope;
}

it.each<[object, RegExp]>([
  [{}, /limit is undefined, expected a finite number/],
  [{ limit: Infinity }, /limit is Infinity/],
  [{ limit: 1, windowMs: 0 }, /windowMs is 0/],
  [{ limit: 1, confidence: 1 }, /confidence is 1/],
  [{ limit: 1, horizon: 1 }, /forecast option is "horizon"/],
])('a forecast with %j is refused', (given, message) => {
  expect(() => resolveForecastOptions(given as ForecastOptions)).toThrow(expect.objectContaining({ code: 'ERR_MONITOR_INVALID_OPTION', message: expect.stringMatching(message) as unknown }));
});
