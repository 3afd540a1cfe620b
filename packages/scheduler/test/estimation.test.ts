import { describe, expect, it } from '@jest/globals';
import { seededRandom } from '@fog/testkit';
import fc from 'fast-check';
import type { TaskFeatures } from '../src/index.js';
import { LearnedEstimator } from '../src/estimation/learned.js';
import { RunningQuantile } from '../src/estimation/running-quantile.js';
import { Window } from '../src/estimation/window.js';
import { InsightsTracker } from '../src/insights.js';
import { codeOf } from './workload.js';

const task = (name: string, features: Partial<TaskFeatures> = {}): TaskFeatures => ({ name, tenant: undefined, estimateMs: undefined, needs: undefined, ...features });

describe('the window', () => {
  it('knows the exact median and conformal quantiles of the last values', () => {
    fc.assert(
      fc.property(fc.array(fc.integer({ min: -5, max: 5 }), { minLength: 1, maxLength: 40 }), (values) => {
        const window = new Window(8);
        for (const value of values) window.add(value);
        const sorted = values.slice(-8).toSorted((a, b) => a - b);
        const { length } = sorted;
        expect(window.values()).toEqual(values.slice(-8));
        expect(window.median()).toBe(((sorted[Math.ceil(length / 2) - 1] ?? 0) + (sorted[Math.floor(length / 2)] ?? 0)) / 2);
        expect(window.upperQuantile(0.5)).toBe(sorted[Math.ceil((length + 1) / 2) - 1]);
        expect(window.upperQuantile(0.9)).toBe(sorted.at(Math.min(length, Math.ceil(0.9 * (length + 1))) - 1));
        expect(window.lowerQuantile(0.1)).toBe(sorted[0]);
      }),
      { seed: 2 },
    );
  });
});

describe('the running quantile', () => {
  it('comes near the quantile of a long series, and follows when it changes', () => {
    const random = seededRandom(4);
    const upper = new RunningQuantile(0.9, 0);
    for (let step = 0; step < 5_000; step += 1) upper.add(random());
    expect(Math.abs(upper.value - 0.9)).toBeLessThan(0.1);
    for (let step = 0; step < 5_000; step += 1) upper.add(10 + random());
    expect(Math.abs(upper.value - 10.9)).toBeLessThan(0.1);
  });
});

describe('the learned estimator', () => {
  it('takes the caller at their word before it knows better', () => {
    expect(new LearnedEstimator().predict(task('new', { estimateMs: 40 })).medianMs).toBeCloseTo(40);
  });

  it('starts a new name from its tenant, else from all', () => {
    const estimator = new LearnedEstimator();
    for (let run = 0; run < 50; run += 1) {
      estimator.observe(task(`b${run}`), 10);
      estimator.observe(task(`c${run}`), 10);
      estimator.observe(task(`a${run}`, { tenant: 'slow' }), 5_000);
    }
    expect(estimator.predict(task('new', { tenant: 'slow' })).medianMs).toBeGreaterThan(4_000);
    expect(estimator.predict(task('new')).medianMs).toBeLessThan(50);
  });

  it('is within a quarter of a steady name after ten runs', () => {
    const estimator = new LearnedEstimator();
    for (let run = 0; run < 10; run += 1) estimator.observe(task('resize'), 200);
    const { medianMs, lowerMs, upperMs, runs } = estimator.predict(task('resize'));
    expect(Math.abs(medianMs / 200 - 1)).toBeLessThan(0.25);
    expect(lowerMs).toBeLessThanOrEqual(medianMs);
    expect(upperMs).toBeGreaterThanOrEqual(medianMs);
    expect(runs).toBe(10);
  });

  it('learns that run times follow the size of the data', () => {
    const estimator = new LearnedEstimator();
    const random = seededRandom(6);
    for (let run = 0; run < 60; run += 1) {
      const memoryBytes = 1_000 * (1 + Math.floor(random() * 1_000));
      estimator.observe(task('parse', { needs: { memoryBytes } }), memoryBytes / 1_000);
    }
    expect(estimator.predict(task('parse', { needs: { memoryBytes: 900_000 } })).medianMs / 900).toBeCloseTo(1, 0);
    expect(estimator.predict(task('parse', { needs: { memoryBytes: 9_000 } })).medianMs / 9).toBeCloseTo(1, 0);
  });

  it('covers nine runs in ten by its upper estimate, and is right to four fifths where the noise is small', () => {
    const estimator = new LearnedEstimator();
    const insights = new InsightsTracker();
    const random = seededRandom(7);
    for (let run = 0; run < 4_000; run += 1) {
      const features = task(`name${run % 40}`);
      // The sum of four uniform numbers is bell-shaped enough.
      const durationMs = 10 * (1 + (run % 40)) * Math.exp(0.15 * (random() + random() + random() + random() - 2));
      if (run >= 400) insights.observe(features.name, estimator.predict(features), durationMs);
      estimator.observe(features, durationMs);
    }
    const { accuracyRatio, coverageRatio, runs } = insights.reading();
    expect(runs).toBe(3_600);
    expect(accuracyRatio).toBeGreaterThan(0.8);
    expect(coverageRatio).toBeGreaterThan(0.87);
    expect(coverageRatio).toBeLessThan(0.95);
  });

  it('predicts the same after its model went through JSON', () => {
    const before = new LearnedEstimator();
    const random = seededRandom(8);
    for (let run = 0; run < 300; run += 1)
      before.observe(task(`name${run % 7}`, run % 3 === 0 ? { estimateMs: 100, tenant: 'a' } : { needs: { memoryBytes: 1_000 * (run + 1) } }), 50 + 100 * random());
    const after = new LearnedEstimator();
    after.importModel(JSON.parse(JSON.stringify(before.exportModel())));
    for (const features of [task('name1'), task('name2', { needs: { memoryBytes: 4_000 } }), task('new', { tenant: 'a' }), task('new', { estimateMs: 7 })])
      expect(after.predict(features)).toEqual(before.predict(features));
    expect(after.exportModel()).toEqual(before.exportModel());
  });

  it('refuses what is no model, and keeps what it knows', () => {
    const estimator = new LearnedEstimator();
    for (let run = 0; run < 20; run += 1) estimator.observe(task('resize'), 200);
    const known = estimator.exportModel() as Record<string, unknown>;
    const spoilt: unknown[] = [null, [], {}, { ...known, version: 2 }, { ...known, format: 'x' }, { ...known, prior: null }, { ...known, squaredErrors: [1] }, { ...known, squaredErrors: [-1, 1] }];
    spoilt.push({ ...known, spread: [[0, 0], [0, 1]] }, { ...known, names: { resize: [[1, ['x']], null, null] } }, { ...known, names: { resize: [null] } });
    for (const model of spoilt) expect(codeOf(() => estimator.importModel(model))).toBe('ERR_SCHEDULER_INVALID_MODEL');
    expect(estimator.exportModel()).toEqual(known);
  });

  it('remembers ten thousand names, and forgets the one that ran longest ago first', () => {
    const estimator = new LearnedEstimator();
    estimator.observe(task('first'), 1);
    estimator.observe(task('second'), 1);
    for (let name = 0; name < 9_998; name += 1) estimator.observe(task(`n${name}`), 1);
    estimator.observe(task('first'), 1);
    estimator.observe(task('one more'), 1);
    expect(estimator.predict(task('first')).runs).toBe(2);
    expect(estimator.predict(task('second')).runs).toBe(0);
  });
});

describe('insights', () => {
  it('are the mean of min / max and the share at most the upper estimate, in all and by name', () => {
    const insights = new InsightsTracker();
    const estimate = { medianMs: 100, lowerMs: 50, upperMs: 150, runs: 1 };
    insights.observe('a', estimate, 50);
    insights.observe('a', estimate, 200);
    insights.observe('b', estimate, 100);
    expect(insights.reading()).toEqual({
      runs: 3,
      accuracyRatio: 2 / 3,
      coverageRatio: 2 / 3,
      names: { a: { runs: 2, accuracyRatio: 0.5, coverageRatio: 0.5, meanMs: 125 }, b: { runs: 1, accuracyRatio: 1, coverageRatio: 1, meanMs: 100 } },
    });
  });
});
