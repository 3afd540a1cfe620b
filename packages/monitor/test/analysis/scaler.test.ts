import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { SlidingExtreme } from '../../src/analysis/sliding-extreme.js';
import { createScaler, type ScalerOptions, type ScalerReading, type ScalingDecision } from '../../src/index.js';

const minute = 60_000;
const base: ScalerOptions = { target: 0.5, min: 1, max: 10, scaleDownStabilizationMs: 0 };

/** Decisions for values a minute apart, each followed. */
function follow(options: ScalerOptions, replicas: number, values: readonly number[]): ScalingDecision[] {
  const scaler = createScaler(options);
  let now = replicas;
  return values.map((value, index) => {
    const decision = scaler.decide({ replicas: now, value, nowMs: index * minute });
    now = decision.replicas;
    return decision;
  });
}
const counts = (decisions: readonly ScalingDecision[]): number[] => decisions.map(({ replicas }) => replicas);

describe('the formula', () => {
  it.each<[number, number, number]>([
    [4, 0.5, 4],
    [4, 0.54, 4], // within the tolerance
    [4, 0.46, 4],
    [4, 0.75, 6],
    [4, 0.76, 7],
    [4, 0.2, 2],
    [4, 0.01, 1],
    [4, 5, 10], // bounded
    [0, 0.5, 1], // up to the minimum
    [14, 0.5, 10],
  ])('of %i replicas at %d makes %i', (replicas, value, expected) => {
    expect(createScaler(base).decide({ replicas, value, nowMs: 0 }).replicas).toBe(expected);
  });

  it('says why', () => {
    expect(createScaler(base).decide({ replicas: 4, value: 0.75, nowMs: 0 })).toEqual({ replicas: 6, change: 'up', desired: 6, predicted: undefined, reason: '0.75 is 150 % of the target 0.5: 4 become 6' });
  });

  it('changes nothing without a value', () => {
    expect(follow(base, 4, [Number.NaN, -1, Infinity]).map(({ change }) => change)).toEqual(['none', 'none', 'none']);
  });
});

describe('stabilisation', () => {
  it('goes down to the highest that was wanted within its window', () => {
    const decisions = follow({ ...base, scaleDownStabilizationMs: 3 * minute }, 4, [0.75, 0.25, 0.25, 0.25, 0.25, 0.25]);
    expect(counts(decisions)).toEqual([6, 6, 6, 6, 3, 3]);
    expect(decisions[1]?.reason).toMatch(/6 stay \(more was wanted a short time ago\)/);
  });

  it('goes up to the lowest that was wanted within its window', () => {
    expect(counts(follow({ ...base, scaleUpStabilizationMs: 2 * minute }, 2, [0.5, 1, 1, 1]))).toEqual([2, 2, 2, 4]);
  });

  it('is followed by cooling down', () => {
    expect(counts(follow({ ...base, coolDownMs: 3 * minute }, 4, [0.75, 0.25, 0.25, 0.25, 0.25]))).toEqual([6, 6, 6, 3, 3]);
  });
});

describe('looking ahead', () => {
  const rising = Array.from({ length: 30 }, (_, index) => 0.5 + index * 0.02);
  const steady = { ...base, max: 100, startUpMs: 3 * minute };

  it('raises what is wanted while the load grows', () => {
    const scaler = createScaler({ ...steady, predictive: 'raise' });
    const shadow = createScaler({ ...steady, predictive: 'shadow' });
    const off = createScaler(steady);
    const at = (made: typeof scaler): number[] => rising.map((value, index) => made.decide({ replicas: 10, value, nowMs: index * minute }).replicas);
    const [raised, shadowed, plain] = [at(scaler), at(shadow), at(off)];
    expect(shadowed).toEqual(plain);
    expect(raised.every((replicas, index) => replicas >= (plain[index] ?? 0))).toBe(true);
    expect(raised.at(-1)).toBeGreaterThan(plain.at(-1) ?? 0);
    const score = shadow.score();
    expect(score).toEqual(scaler.score());
    expect(score.predictionsTotal).toBe(20);
    expect(score.errorRatio).toBeLessThan(0.05);
    expect(score.neededTotal).toBeGreaterThan(score.wastedTotal);
    expect(off.score()).toMatchObject({ predictionsTotal: 0, errorRatio: Number.NaN });
  });

  it('never asks for less than the formula', () => {
    fc.assert(
      fc.property(fc.array(fc.double({ min: 0, max: 3, noNaN: true }), { maxLength: 40 }), (values) => {
        const [plain, raised] = [createScaler({ ...base, max: 50 }), createScaler({ ...base, max: 50, predictive: 'raise' })];
        values.forEach((value, index) => {
          const reading = { replicas: 10, value, nowMs: index * minute };
          expect(raised.decide(reading).replicas).toBeGreaterThanOrEqual(plain.decide(reading).replicas);
        });
      }),
      { seed: 8, numRuns: 200 },
    );
  });
});

it.each([
  { target: 0 }, { min: -1 }, { min: 1.5 }, { max: 0 }, { min: 5, max: 4 }, { toleranceRatio: 1 }, { coolDownMs: -1 }, { scaleDownStabilizationMs: Number.NaN }, { predictive: 'yes' }, { startUpMs: 0 }, { cooldown: 5 },
])('%j is refused', (options) => {
  expect(() => createScaler({ ...base, ...options } as ScalerOptions)).toThrow(expect.objectContaining({ code: 'ERR_MONITOR_INVALID_OPTION' }));
});

it.each([{ replicas: 1.5, value: 1, nowMs: 0 }, { replicas: 1, value: 1, nowMs: Number.NaN }, { replicas: 1, value: '1', nowMs: 0 }, { replicas: 1, value: 1, nowMs: 0, now: 1 }, undefined])('a reading of %j is refused', (reading) => {
  expect(() => createScaler(base).decide(reading as ScalerReading)).toThrow(expect.objectContaining({ code: 'ERR_MONITOR_INVALID_OPTION' }));
});

it('what is wanted over a window is its least or its greatest, as if all of it were looked at', () => {
  fc.assert(
    fc.property(fc.constantFrom('least' as const, 'greatest' as const), fc.nat(20), fc.array(fc.record({ afterMs: fc.nat(8), value: fc.nat(9) }), { minLength: 1 }), (which, withinMs, steps) => {
      const extreme = new SlidingExtreme(which, withinMs);
      const seen: { readonly atMs: number; readonly value: number }[] = [];
      let nowMs = 0;
      for (const { afterMs, value } of steps) {
        nowMs += afterMs;
        seen.push({ atMs: nowMs, value });
        const within = seen.filter(({ atMs }) => atMs >= nowMs - withinMs).map((each) => each.value);
        expect(extreme.add(value, nowMs)).toBe(which === 'least' ? Math.min(...within) : Math.max(...within));
      }
    }),
    { seed: 4 },
  );
});
