import { describe, expect, it } from '@jest/globals';
import { seededRandom } from '@fog/testkit';
import { SpreadNovelty } from '../../src/analysis/spread-novelty.js';

describe('the spread of the latest values', () => {
  const noise = (seed: number): (() => number) => {
    const random = seededRandom(seed);
    return () => random() + random() + random();
  };
  const settled = (next: () => number): SpreadNovelty => {
    const novelty = new SpreadNovelty(2_000);
    for (let sample = 0; sample < 2_000; sample += 1) novelty.next(next());
    return novelty;
  };

  it('is seldom new in noise', () => {
    const next = noise(1);
    const novelty = settled(next);
    const found = Array.from({ length: 5_000 }, () => novelty.next(next())).filter(Boolean).length;
    expect(found).toBeLessThan(5);
  });

  it('is new when the values grow quiet, though none is out of range, and not when they do so again', () => {
    const next = noise(2);
    const novelty = settled(next);
    const quiet = (): number => Array.from({ length: 60 }, () => novelty.next(1.5)).filter(Boolean).length;
    expect(quiet()).toBeGreaterThan(0);
    for (let round = 0; round < 3; round += 1) {
      for (let sample = 0; sample < 300; sample += 1) novelty.next(next());
      if (round > 0) expect(quiet()).toBe(0);
      else quiet();
    }
  });

  it('of values that never change, or are as large as numbers get, is no news', () => {
    const flat = new SpreadNovelty(100);
    const huge = new SpreadNovelty(100);
    for (let sample = 0; sample < 1_000; sample += 1) {
      expect(flat.next(7)).toBe(false);
      expect(typeof huge.next(sample % 2 === 0 ? 1e300 : -1e300)).toBe('boolean');
    }
  });
});
