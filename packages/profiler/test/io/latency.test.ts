import { expect, it } from '@jest/globals';
import fc from 'fast-check';
import { LatencyHistogram } from '../../src/io/latency.js';

it('gives percentiles within 5 % of those of all durations, and sums that are exact', () => {
  fc.assert(
    fc.property(fc.array(fc.double({ min: 0.002, max: 100_000, noNaN: true }), { minLength: 1, maxLength: 300 }), (durations) => {
      const histogram = new LatencyHistogram();
      for (const duration of durations) histogram.record(duration);
      const sorted = durations.toSorted((a, b) => a - b);
      const at = (quantile: number) => sorted[Math.ceil(sorted.length * quantile) - 1] ?? 0;
      const { count, totalMs, p50Ms, p90Ms, p99Ms, maxMs } = histogram.read();
      expect(count).toBe(durations.length);
      expect(totalMs).toBeCloseTo(durations.reduce((sum, duration) => sum + duration, 0), 5);
      expect(maxMs).toBe(sorted.at(-1));
      for (const [found, truth] of [[p50Ms, at(0.5)], [p90Ms, at(0.9)], [p99Ms, at(0.99)]] as const) expect(Math.abs(found - truth)).toBeLessThanOrEqual(truth * 0.05);
    }),
  );
});

it('has zeros of nothing', () => {
  expect(new LatencyHistogram().read()).toEqual({ count: 0, totalMs: 0, p50Ms: 0, p90Ms: 0, p99Ms: 0, maxMs: 0 });
});
