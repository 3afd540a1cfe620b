import { describe, expect, it } from '@jest/globals';
import { Thresholds } from '../../src/rules/thresholds.js';
import { resolveThresholds, type Threshold } from '../../src/rules/threshold.js';
import { Registry } from '../../src/registry.js';
import type { Alert } from '../../src/index.js';

/** One threshold over one series, stepped by hand, a second a value. NaN is a sample without a value. */
class Stepper {
  readonly thresholds: Thresholds;
  readonly registry = new Registry({ historySize: 10, maxSeries: 5 });
  #series = this.registry.claim({ name: 'load', metric: 'load', labels: {}, unit: 'ratio', description: '' });
  #timeMs = 0;

  constructor(threshold: Omit<Threshold, 'series'>) {
    this.thresholds = new Thresholds(resolveThresholds([{ series: 'load', ...threshold }], 1_000));
  }

  step(...values: number[]): Alert[] {
    return values.flatMap((value) => {
      this.#timeMs += 1_000;
      this.registry.begin(this.#timeMs);
      this.registry.record(this.#series, value);
      return this.thresholds.evaluate(this.registry, this.#timeMs);
    });
  }

  release(): void {
    this.registry.release(this.#series);
  }
}

const told = (alerts: readonly Alert[]): string[] => alerts.map(({ state, severity }) => `${state} ${severity}`);

describe('a threshold with two bounds', () => {
  const both = { warning: 0.8, critical: 0.95, forMs: 0, clearRatio: 0.1 };

  it('is told of once as it rises, once as it eases, once as it resolves', () => {
    const steps = new Stepper(both);
    expect(told(steps.step(0.5, 0.85, 0.9, 0.97, 0.99))).toEqual(['firing warning', 'firing critical']);
    expect(told(steps.step(0.9, 0.84, 0.84))).toEqual(['firing warning']);
    expect(told(steps.step(0.75, 0.5, 0.5))).toEqual(['resolved warning']);
    expect(steps.thresholds.active()).toEqual([]);
  });

  it('is told of once when it leaps over both, up and down', () => {
    const steps = new Stepper(both);
    expect(told(steps.step(0.5, 0.99, 0.1))).toEqual(['firing critical', 'resolved critical']);
  });

  it('does not flap while the value swings about a bound', () => {
    const steps = new Stepper(both);
    expect(told(steps.step(0.81, 0.79, 0.81, 0.78, 0.82, 0.73))).toEqual(['firing warning']);
  });

  it('waits for its time, and starts over when the value comes back in between', () => {
    const steps = new Stepper({ ...both, forMs: 2_000 });
    expect(told(steps.step(0.9, 0.9, 0.7, 0.9, 0.9))).toEqual([]);
    expect(steps.thresholds.active()).toMatchObject([{ state: 'pending', severity: 'warning', startedAtMs: 4_000 }]);
    expect(told(steps.step(0.9))).toEqual(['firing warning']);
  });

  it('tells what, how much, since when, and in words', () => {
    const steps = new Stepper({ ...both, forMs: 2_000 });
    const [fired, resolved] = steps.step(0.9, 0.9, 0.97, 0.5);
    expect(fired).toEqual({
      fingerprint: 'threshold:above:load', name: 'load', labels: { alertname: 'load', severity: 'warning' }, annotations: {}, suppressedBy: undefined, series: 'load', unit: 'ratio', severity: 'warning', state: 'firing', value: 0.97, bound: 0.8, direction: 'above',
      startedAtMs: 1_000, changedAtMs: 3_000, message: 'load is 97 %: warning for 2 s (above 80 %)',
    });
    expect(resolved).toEqual({ ...fired, state: 'resolved', value: 0.5, changedAtMs: 4_000, message: 'load is 50 %: warning for 3 s, no longer' });
  });
});

describe('no data', () => {
  it('neither fires what is pending nor resolves what fires', () => {
    const steps = new Stepper({ warning: 0.8, forMs: 1_000 });
    expect(told(steps.step(0.9, Number.NaN, 0.9))).toEqual([]);
    expect(told(steps.step(0.9, Number.NaN, Number.NaN))).toEqual(['firing warning']);
    expect(steps.thresholds.withoutData).toBe(1);
    expect(told(steps.step(0.1))).toEqual(['resolved warning']);
    expect(steps.thresholds.withoutData).toBe(0);
  });

  it('for the whole history resolves the alert of a series that was given up', () => {
    const steps = new Stepper({ warning: 0.8, forMs: 0 });
    steps.step(0.9);
    steps.release();
    const [resolved, ...more] = steps.step(...Array.from({ length: 12 }, () => Number.NaN));
    expect(resolved).toMatchObject({ state: 'resolved', value: undefined, message: expect.stringContaining('load is gone') as unknown });
    expect(more).toEqual([]);
  });
});

it('a threshold below is the mirror image of one above', () => {
  const steps = new Stepper({ warning: 0.9, critical: 0.5, direction: 'below', forMs: 0 });
  expect(told(steps.step(0.95, 0.89, 0.4, 0.92, 0.95))).toEqual(['firing warning', 'firing critical', 'firing warning', 'resolved warning']);
});
