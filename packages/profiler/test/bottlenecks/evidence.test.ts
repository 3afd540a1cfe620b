import { expect, it } from '@jest/globals';
import { confidenceAbove, errorOf, normalCdf } from '../../src/bottlenecks/evidence.js';

it('knows the normal distribution to six digits', () => {
  for (const [z, share] of [[0, 0.5], [1, 0.841345], [-1, 0.158655], [1.96, 0.975002], [-3, 0.00135]] as const) expect(normalCdf(z)).toBeCloseTo(share, 5);
});

it('is the less sure the fewer samples there are, and half sure at the threshold', () => {
  expect(errorOf({ value: 100, samples: 400 })).toBeCloseTo(9.8, 5);
  expect(confidenceAbove(100, { value: 100, samples: 50 })).toBeCloseTo(0.5, 6);
  expect(confidenceAbove(100, { value: 120, samples: 400 })).toBeGreaterThan(0.99);
  expect(confidenceAbove(100, { value: 120, samples: 10 })).toBeLessThan(0.75);
  expect(confidenceAbove(100, { value: 0, samples: 0 })).toBe(0);
});
