import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import type { Point } from '../src/query.js';
import { toPoints } from '../src/query.js';
import { Registry } from '../src/registry.js';
import { resolveTiers, type TierOptions } from '../src/tier.js';

interface Entry {
  readonly timeMs: number;
  readonly value: number;
}

/** Buckets of what is not NaN, told without any ring. */
const bucketsOf = (entries: readonly Entry[], stepMs: number): Point[] => {
  const kept = entries.filter(({ value }) => !Number.isNaN(value));
  return toPoints({ timesMs: Float64Array.from(kept, ({ timeMs }) => timeMs), values: Float64Array.from(kept, ({ value }) => value) }, stepMs);
};

const roughly = (points: readonly Point[]): unknown[] => points.map((point) => ({ ...point, value: Math.round(point.value * 1e6) / 1e6 }));

describe('a query with a step', () => {
  it('beyond the samples kept says what all samples said, as far back as the tier reaches', () => {
    const sample = fc.record({ afterMs: fc.integer({ min: 1, max: 900 }), value: fc.option(fc.integer({ min: -100, max: 100 }), { nil: Number.NaN }) });
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 5 }), fc.integer({ min: 3, max: 20 }), fc.array(sample, { maxLength: 80 }), fc.constantFrom(1, 2, 3), (historySize, size, samples, factor) => {
        const registry = new Registry({ historySize, maxSeries: 1, tiers: [{ stepMs: 1_000, size }] });
        const series = registry.open('cpu.limit');
        const all: Entry[] = [];
        let timeMs = 0;
        for (const { afterMs, value } of samples) {
          timeMs += afterMs;
          registry.begin(timeMs);
          registry.record(series, value);
          registry.commit();
          all.push({ timeMs, value });
        }
        const stepMs = factor * 1_000;
        const starts = [...new Set(all.map((entry) => Math.floor(entry.timeMs / 1_000) * 1_000))].slice(-size);
        const tierFrom = starts[0] ?? 0;
        const expected = all.length <= historySize ? all : all.filter((entry) => entry.timeMs >= tierFrom);
        const oldestKept = all.at(-historySize)?.timeMs ?? 0;
        // A short tier beside many samples: whichever reaches farther back answers.
        const answer = starts.length < size || tierFrom < oldestKept ? expected : all.slice(-historySize);
        expect(roughly(registry.points(series, { fromMs: -Infinity, toMs: Infinity, stepMs }))).toEqual(roughly(bucketsOf(answer, stepMs)));
      }),
      { seed: 6, numRuns: 400 },
    );
  });

  it('is answered by the finest tier that reaches back far enough and whose buckets fill its own', () => {
    const registry = new Registry({ historySize: 5, maxSeries: 1, tiers: [{ stepMs: 1_000, size: 10 }, { stepMs: 5_000, size: 10 }] });
    const series = registry.open('cpu.limit');
    for (let timeMs = 0; timeMs < 40_000; timeMs += 1_000) {
      registry.begin(timeMs);
      registry.record(series, timeMs);
      registry.commit();
    }
    const from = (fromMs: number, stepMs: number): number[] => registry.points(series, { fromMs, toMs: Infinity, stepMs }).map(({ timeMs }) => timeMs);
    expect(from(37_000, 1_000)).toEqual([37_000, 38_000, 39_000]);
    expect(from(31_000, 5_000)).toEqual([30_000, 35_000]);
    expect(registry.points(series, { fromMs: 31_000, toMs: Infinity, stepMs: 5_000 })[0]?.count).toBe(4);
    expect(from(12_000, 5_000)).toEqual([10_000, 15_000, 20_000, 25_000, 30_000, 35_000]);
    expect(from(12_000, 1_000)[0]).toBe(30_000);
    expect(from(12_000, 1_500)[0]).toBe(34_500);
    expect(registry.points(series, { fromMs: 0, toMs: 9_999, stepMs: 10_000 })).toEqual([{ timeMs: 0, value: 4_500, min: 0, max: 9_000, last: 9_000, count: 10 }]);
  });
});

it.each<[unknown, RegExp]>([
  ['60s', /tiers is "60s"/],
  [[{ stepMs: 10, size: 1 }], /tiers\[0\]\.stepMs is 10/],
  [[{ stepMs: 1_000, size: 0 }], /tiers\[0\]\.size is 0/],
  [[{ stepMs: 1_000, size: 1 }, { stepMs: 1_000, size: 2 }], /every stepMs at most once/],
  [[{ stepMs: 1_000, size: 1, count: 5 }], /tiers\[0\] field is "count"/],
])('tiers of %j are refused', (tiers, message) => {
  expect(() => resolveTiers(tiers as TierOptions[])).toThrow(expect.objectContaining({ code: 'ERR_MONITOR_INVALID_OPTION', message: expect.stringMatching(message) as unknown }));
});
