import { expect, it } from '@jest/globals';
import fc from 'fast-check';
import { Buckets } from '../../src/instruments/buckets.js';

const value = fc.oneof(fc.constant(0), fc.double({ min: 1e-14, max: 1e19, noNaN: true }), fc.double({ min: 1e-9, max: 1e14, noNaN: true }), fc.integer({ min: 1, max: 2_000 }));

it('quantiles are within a 64th of those of the sorted values, also when buckets are used again', () => {
  const buckets = new Buckets();
  fc.assert(
    fc.property(fc.array(value, { minLength: 1, maxLength: 60 }), fc.double({ min: 0.001, max: 1, noNaN: true }), (values, share) => {
      buckets.clear();
      for (const each of values) buckets.add(each);
      const sorted = values.toSorted((one, other) => one - other);
      const exact = sorted[Math.ceil(share * values.length) - 1] ?? Number.NaN;
      expect(Math.abs(buckets.quantile(share) - exact)).toBeLessThanOrEqual(exact / 64);
      expect(buckets.count).toBe(values.length);
      expect(buckets.max).toBe(sorted.at(-1));
      const mean = values.reduce((sum, each) => sum + each, 0) / values.length;
      expect(Math.abs(buckets.mean - mean)).toBeLessThanOrEqual(mean * 1e-9);
    }),
    { seed: 8, numRuns: 500 },
  );
});

it('sizes beyond its range are told by the largest and least recorded', () => {
  const buckets = new Buckets();
  for (const extreme of [1e-300, 1e300]) buckets.add(extreme);
  expect([buckets.quantile(0.5), buckets.quantile(1)]).toEqual([1e-300, 1e300]);
  buckets.clear();
  expect(buckets.quantile(0.5)).toBeNaN();
});
