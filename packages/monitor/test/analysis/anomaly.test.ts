import { describe, expect, it } from '@jest/globals';
import { ManualClock, seededRandom } from '@fog/testkit';
import fc from 'fast-check';
import { createAnomalyDetector, SlidingMax } from '../../src/analysis/anomaly.js';
import { TailRank } from '../../src/analysis/tail-rank.js';
import { createMonitor } from '../../src/index.js';

describe('a tail rank', () => {
  it('of noise is as rare as it says', () => {
    const random = seededRandom(5);
    const rank = new TailRank(2_000);
    const ranks = Array.from({ length: 20_000 }, () => rank.next(random() + random())).slice(2_000);
    for (const probability of [0.5, 0.1, 0.02]) {
      const share = ranks.filter((each) => each <= probability).length / ranks.length;
      expect(share / probability).toBeGreaterThan(0.7);
      expect(share / probability).toBeLessThan(1.3);
    }
  });

  it('sees small changes again once an outlier is long past', () => {
    const random = seededRandom(6);
    const rank = new TailRank(500);
    for (let sample = 0; sample < 2_000; sample += 1) rank.next(random());
    rank.next(1e6);
    expect(rank.next(1.5)).toBeGreaterThan(0.5);
    for (let sample = 0; sample < 60_000; sample += 1) rank.next(random());
    expect(rank.next(1.5)).toBeLessThan(0.01);
    expect(rank.next(0.5)).toBeGreaterThan(0.5);
  });

  it('is a probability, whatever the values', () => {
    fc.assert(
      fc.property(fc.array(fc.double({ min: -1e300, max: 1e300, noNaN: true }), { maxLength: 40 }), fc.integer({ min: 1, max: 50 }), (values, memory) => {
        const rank = new TailRank(memory);
        for (const value of values) {
          const probability = rank.next(value);
          expect(probability > 0 && probability <= 1).toBe(true);
        }
      }),
      { seed: 7, numRuns: 200 },
    );
  });
});

it('a sliding maximum is that of the latest numbers', () => {
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 8 }), fc.array(fc.integer({ min: 0, max: 9 }), { maxLength: 60 }), (size, values) => {
      const peaks = new SlidingMax(size);
      values.forEach((value, index) => {
        peaks.push(value);
        expect(peaks.max).toBe(Math.max(...values.slice(Math.max(0, index + 1 - size), index + 1)));
      });
    }),
    { seed: 2, numRuns: 300 },
  );
});

describe('an anomaly detector', () => {
  const noisy = (): (() => number) => {
    const random = seededRandom(9);
    return () => 100 + random() * 10;
  };

  it('tells a spike at once, and no second time while it lasts', () => {
    const next = noisy();
    const detector = createAnomalyDetector();
    for (let sample = 0; sample < 1_000; sample += 1) detector.next(next());
    const scores = Array.from({ length: 50 }, () => detector.next(200));
    expect(scores[0]).toBeGreaterThan(0.998);
    expect(scores.slice(1).every((score) => score === 0)).toBe(true);
  });

  it('says nothing of a series that does not change, of its beginning and of what is no number', () => {
    const detector = createAnomalyDetector();
    for (let sample = 0; sample < 500; sample += 1) expect(detector.next(20)).toBe(0);
    for (const odd of [Number.NaN, Infinity, -1e301]) expect(detector.next(odd)).toBe(0);
    const next = noisy();
    const fresh = createAnomalyDetector();
    for (let sample = 0; sample < 50; sample += 1) expect(fresh.next(sample === 30 ? 1e6 : next())).toBe(0);
  });

  it('knows no scale: the same series in another unit has the same scores', () => {
    const [first, second] = [noisy(), noisy()];
    const [detector, scaled] = [createAnomalyDetector(), createAnomalyDetector()];
    for (let sample = 0; sample < 2_000; sample += 1) expect(scaled.next(second() * 1_024)).toBe(detector.next(first()));
  });
});

it('a monitor scores the series it is told to, and its thresholds see the scores', async () => {
  const clock = new ManualClock();
  const scored = 'anomaly.score{series="queue"}';
  await using monitor = createMonitor({ clock, filesystems: [], intervalMs: 1_000, historySize: 200, anomalies: ['queue'], thresholds: [{ series: scored, warning: 0.9, forMs: 0 }] });
  const random = seededRandom(3);
  let surge = 0;
  const states: string[] = [];
  monitor.onAlert(({ state, series }) => void states.push(`${series} ${state}`));
  monitor.gauge('queue', () => random() + surge);
  monitor.start();
  await clock.advanceAsync(150_000);
  states.length = 0;
  surge = 50;
  clock.advance(1_000);
  expect(monitor.snapshot().values[scored]).toBeGreaterThan(0.95);
  expect(states).toEqual([`${scored} firing`]);
  clock.advance(5_000);
  expect(states).toEqual([`${scored} firing`, `${scored} resolved`]);
});
