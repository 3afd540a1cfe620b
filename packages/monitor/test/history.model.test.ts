import { expect, it } from '@jest/globals';
import fc from 'fast-check';
import { Registry } from '../src/registry.js';

it('a history of any size reads back what an array that forgets its oldest samples holds', () => {
  const sample = fc.record({ afterMs: fc.integer({ min: 1, max: 50 }), value: fc.option(fc.integer(), { nil: Number.NaN }) });
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 12 }), fc.array(sample, { maxLength: 40 }), fc.integer({ min: -10, max: 1_000 }), fc.nat(1_000), (historySize, samples, fromMs, spanMs) => {
      const registry = new Registry({ historySize, maxSeries: 1 });
      const series = registry.open('cpu.limit');
      let model: { timeMs: number; value: number }[] = [];
      let timeMs = 0;
      for (const { afterMs, value } of samples) {
        timeMs += afterMs;
        registry.begin(timeMs);
        registry.record(series, value);
        model = [...model, { timeMs, value }].slice(-historySize);
        expect(registry.latest(series)).toBe(value);
        expect(registry.history.latestMs).toBe(timeMs);
      }
      const toMs = fromMs + spanMs;
      const expected = model.filter((entry) => entry.timeMs >= fromMs && entry.timeMs <= toMs && !Number.isNaN(entry.value));
      const { timesMs, values } = registry.read(series, fromMs, toMs);
      expect([...timesMs]).toEqual(expected.map((entry) => entry.timeMs));
      expect([...values]).toEqual(expected.map((entry) => entry.value));
    }),
    { seed: 3, numRuns: 500 },
  );
});
