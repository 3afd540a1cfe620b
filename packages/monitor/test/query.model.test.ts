import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { resolveRange, toPoints, type QueryRange } from '../src/query.js';

const samples = fc
  .array(fc.record({ afterMs: fc.integer({ min: 1, max: 30 }), value: fc.integer({ min: -1_000, max: 1_000 }) }), { maxLength: 50 })
  .map((entries) => {
    let timeMs = -100;
    const times = entries.map(({ afterMs }) => (timeMs += afterMs));
    return { timesMs: Float64Array.from(times), values: Float64Array.from(entries, ({ value }) => value) };
  });

describe('points', () => {
  it('of buckets say what grouping by bucket says', () => {
    fc.assert(
      fc.property(samples, fc.integer({ min: 1, max: 60 }), (given, stepMs) => {
        const groups = new Map<number, number[]>();
        given.timesMs.forEach((timeMs, index) => {
          const start = Math.floor(timeMs / stepMs) * stepMs;
          groups.set(start, [...(groups.get(start) ?? []), given.values[index] ?? Number.NaN]);
        });
        expect(toPoints(given, stepMs)).toEqual(
          [...groups].map(([timeMs, values]) => ({
            timeMs,
            value: values.reduce((sum, value) => sum + value, 0) / values.length,
            min: Math.min(...values),
            max: Math.max(...values),
            last: values.at(-1),
            count: values.length,
          })),
        );
      }),
      { seed: 4, numRuns: 300 },
    );
  });

  it('without a step are the samples', () => {
    const given = { timesMs: Float64Array.of(5, 9), values: Float64Array.of(1, -2) };
    expect(toPoints(given, undefined)).toEqual([
      { timeMs: 5, value: 1, min: 1, max: 1, last: 1, count: 1 },
      { timeMs: 9, value: -2, min: -2, max: -2, last: -2, count: 1 },
    ]);
  });
});

it.each([
  [{ fromMs: 5, toMs: 4 }, /toMs is 4, expected a time in ms, not before fromMs \(5\)/],
  [{ fromMs: Number.NaN }, /fromMs is NaN/],
  [{ stepMs: 0 }, /stepMs is 0/],
  [{ since: 5 }, /query option is "since"/],
])('a query of %j is refused', (range, message) => {
  expect(() => resolveRange(range as QueryRange)).toThrow(expect.objectContaining({ code: 'ERR_MONITOR_INVALID_OPTION', message: expect.stringMatching(message) as unknown }));
});
