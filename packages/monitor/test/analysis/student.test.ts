import { expect, it } from '@jest/globals';
import { twoSidedP, twoSidedT } from '../../src/analysis/student.js';

it.each([
  // Exact: with 1 degree of freedom p = 1 - 2 atan(t) / pi, with 2 p = 1 - t / sqrt(t² + 2).
  [1, 1, 0.5],
  [3, 1, 1 - (2 * Math.atan(3)) / Math.PI],
  [2, 2, 1 - 2 / Math.sqrt(6)],
  [0, 7, 1],
  // Tables of the distribution.
  [12.706204736432095, 1, 0.05],
  [2.2281388519649385, 10, 0.05],
  [2.627, 98, 0.01],
  [1.9600, 1e6, 0.05],
])('a |t| of %p at %p degrees of freedom has probability %p', (t, freedom, p) => {
  expect(twoSidedP(t, freedom)).toBeCloseTo(p, 4);
  expect(twoSidedP(-t, freedom)).toBe(twoSidedP(t, freedom));
});

it('the quantile is the inverse, also for freedoms that are not whole', () => {
  for (const freedom of [0.3, 1, 2.5, 30, 997.7])
    for (const p of [0.5, 0.05, 0.01, 1e-6]) expect(twoSidedP(twoSidedT(p, freedom), freedom) / p).toBeCloseTo(1, 6);
});
