import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { inactive, step, type Bound, type Phase } from '../../src/rules/alert.js';

interface Reading {
  readonly timeMs: number;
  readonly value: number;
}

/** The rules told once more, as questions about the past instead of steps: slow, and without a state but `firing`. */
function naive(readings: readonly Reading[], bound: Bound): Phase['state'] {
  const beyond = (limit: number, value: number): boolean => (bound.above ? value > limit : value < limit);
  let firing = false;
  let restart = 0; // First reading that may begin a pending time.
  readings.forEach(({ timeMs, value }, index) => {
    if (firing) {
      if (!Number.isNaN(value) && !beyond(bound.clear, value)) {
        firing = false;
        restart = index + 1;
      }
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
    const bounds = fc.record({ above: fc.boolean(), forMs: fc.integer({ min: 0, max: 6 }), slack: fc.integer({ min: 0, max: 3 }) });
    fc.assert(
      fc.property(bounds, steps, ({ above, forMs, slack }, changes) => {
        const bound: Bound = { value: 4, clear: above ? 4 - slack : 4 + slack, above, forMs };
        const readings: Reading[] = [];
        let phase = inactive;
        let timeMs = 0;
        for (const change of changes) {
          timeMs += change.afterMs;
          readings.push({ timeMs, value: change.value });
          phase = step(phase, bound, change.value, timeMs);
          expect(phase.state).toBe(naive(readings, bound));
        }
      }),
      { seed: 5, numRuns: 500 },
    );
  });

  it('stay the same object while nothing changes, so that steady state costs no memory', () => {
    const bound: Bound = { value: 1, clear: 1, above: true, forMs: 100 };
    const pending = step(inactive, bound, 2, 0);
    expect(step(inactive, bound, 0, 0)).toBe(inactive);
    expect(step(pending, bound, 2, 50)).toBe(pending);
    const firing = step(pending, bound, 2, 100);
    expect(firing).toEqual({ state: 'firing', sinceMs: 0 });
    expect(step(firing, bound, 2, 150)).toBe(firing);
  });
});
