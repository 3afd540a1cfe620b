import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { inactive, step, type Phase } from '../../src/rules/lifecycle.js';
import { conditionOf, type Bound } from '../../src/rules/threshold.js';

interface Reading {
  readonly timeMs: number;
  readonly value: number;
}

/** The rules told once more, as questions about the past instead of steps: slow, and without a state but `firing`. */
function naive(readings: readonly Reading[], bound: Bound): Phase['state'] {
  const beyond = (limit: number, value: number): boolean => (bound.above ? value > limit : value < limit);
  let firing = false;
  let calmSinceMs = Infinity; // Of a firing one.
  let restart = 0; // First reading that may begin a pending time.
  readings.forEach(({ timeMs, value }, index) => {
    if (firing) {
      if (Number.isNaN(value)) return;
      calmSinceMs = beyond(bound.clear, value) ? Infinity : Math.min(calmSinceMs, timeMs);
      if (timeMs - calmSinceMs < bound.keepFiringForMs || calmSinceMs === Infinity) return;
      firing = false;
      calmSinceMs = Infinity;
      restart = index + 1;
      return;
    }
    const lastCalm = readings.slice(0, index + 1).findLastIndex((reading) => !beyond(bound.value, reading.value));
    const first = readings[Math.max(restart, lastCalm + 1)];
    if (beyond(bound.value, value) && first !== undefined && timeMs - first.timeMs >= bound.forMs) firing = true;
  });
  const latest = readings.at(-1);
  if (firing) return 'firing';
  return latest !== undefined && readings.length > restart && beyond(bound.value, latest.value) ? 'pending' : 'inactive';
}

describe('the phases of a bound', () => {
  it('are those that the whole past gives', () => {
    const value = fc.oneof({ weight: 8, arbitrary: fc.integer({ min: -3, max: 8 }) }, { weight: 1, arbitrary: fc.constant(Number.NaN) });
    const steps = fc.array(fc.record({ afterMs: fc.integer({ min: 1, max: 3 }), value }), { maxLength: 40 });
    const bounds = fc.record({ above: fc.boolean(), forMs: fc.integer({ min: 0, max: 6 }), slack: fc.integer({ min: 0, max: 3 }), keepFiringForMs: fc.integer({ min: 0, max: 4 }) });
    fc.assert(
      fc.property(bounds, steps, ({ above, forMs, slack, keepFiringForMs }, changes) => {
        const bound: Bound = { value: 4, clear: above ? 4 - slack : 4 + slack, above, forMs, keepFiringForMs };
        const readings: Reading[] = [];
        let phase = inactive;
        let timeMs = 0;
        for (const change of changes) {
          timeMs += change.afterMs;
          readings.push({ timeMs, value: change.value });
          phase = step(phase, conditionOf(bound, change.value), bound, timeMs);
          expect(phase.state).toBe(naive(readings, bound));
        }
      }),
      { seed: 5, numRuns: 500 },
    );
  });

  it('stay the same object while nothing changes, so that steady state costs no memory', () => {
    const timing = { forMs: 100, keepFiringForMs: 50 };
    const pending = step(inactive, 'met', timing, 0);
    expect(step(inactive, 'clear', timing, 0)).toBe(inactive);
    expect(step(pending, 'met', timing, 50)).toBe(pending);
    const firing = step(pending, 'met', timing, 100);
    expect(firing).toEqual({ state: 'firing', sinceMs: 0, clearSinceMs: Infinity });
    expect(step(firing, 'met', timing, 150)).toBe(firing);
  });
});
