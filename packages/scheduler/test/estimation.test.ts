import { describe, expect, it } from '@jest/globals';
import { seededRandom } from '@fog/testkit';
import fc from 'fast-check';
import { createScheduler, type TaskFeatures } from '../src/index.js';
import { LearnedEstimator } from '../src/estimation/learned.js';
import { ConformalLevel } from '../src/estimation/conformal.js';
import { Evidence } from '../src/estimation/evidence.js';
import { Generations } from '../src/estimation/generations.js';
import { InsightsTracker } from '../src/readings/insights.js';
import { codeOf, stage } from './workload.js';

const task = (name: string, features: Partial<TaskFeatures> = {}): TaskFeatures => ({ name, tenant: undefined, estimateMs: undefined, needs: undefined, ...features });

describe('the evidence', () => {
  const evidenceOf = (values: readonly (readonly [number, number])[]): Evidence => {
    const evidence = new Evidence(30);
    for (const [value, weight] of values) evidence.add(value, weight);
    return evidence;
  };

  it('is most likely where the mean of min / max is highest, and has the quantiles of its weights', () => {
    const values = fc.array(fc.tuple(fc.integer({ min: -6, max: 6 }).map((value) => value / 2), fc.integer({ min: 1, max: 9 })), { minLength: 1, maxLength: 30 });
    fc.assert(
      fc.property(values, (weighted) => {
        const evidence = evidenceOf(weighted);
        const accuracy = (at: number): number => weighted.reduce((sum, [value, weight]) => sum + weight * Math.exp(-Math.abs(value - at)), 0);
        const best = Math.max(...weighted.map(([value]) => accuracy(value)));
        expect(accuracy(evidence.mostLikely())).toBeCloseTo(best, 9);
        const each = weighted.flatMap(([value, weight]) => Array.from({ length: weight }, () => value)).toSorted((a, b) => a - b);
        for (const share of [0.1, 0.5, 0.9, 1]) expect(evidence.quantile(share)).toBe(each[Math.ceil(share * each.length - 1e-6) - 1]);
        const above = each.filter((value) => value > 0);
        if (above.length > 0) expect(evidence.quantile(0.5, 0)).toBe(above[Math.ceil(0.5 * above.length - 1e-6) - 1]);
      }),
      { seed: 2 },
    );
  });

  it('takes the highest of several peaks, where a median would lie between them', () => {
    expect(evidenceOf([[0, 1], [0.1, 2], [0.2, 1], [8, 3], [11, 3]]).mostLikely()).toBe(0.1);
  });
});

describe('the conformal level', () => {
  it('goes where the quantile holds as often as it says, and follows when that changes', () => {
    const random = seededRandom(4);
    const level = new ConformalLevel(0.9);
    for (const spread of [0.5, 2]) {
      let covered = 0;
      for (let step = 0; step < 6_000; step += 1) {
        const isCovered = random() ** spread <= level.level ** 3;
        if (step >= 3_000 && isCovered) covered += 1;
        level.observe(isCovered);
      }
      expect(Math.abs(covered / 3_000 - 0.9)).toBeLessThan(0.02);
    }
  });
});

describe('what forgets', () => {
  it('keeps what was touched lately and drops what was not', () => {
    const map = new Generations<number>(3);
    for (const [value, key] of ['a', 'b', 'c', 'a', 'd', 'e', 'a', 'f', 'g'].entries()) map.set(key, value);
    expect([map.get('a'), map.get('b'), map.get('g')]).toEqual([6, undefined, 8]);
    expect([...map.entries()].map(([key]) => key)).toEqual(['d', 'e', 'a', 'f', 'g'].filter((key) => map.get(key) !== undefined));
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
    const spoilt: unknown[] = [null, [], {}, { ...known, version: 1 }, { ...known, format: 'x' }, { ...known, levels: null }, { ...known, levels: [0.1, 2] }, { ...known, exceededShare: -1 }];
    spoilt.push({ ...known, record: [[0], [0]] }, { ...known, contexts: { resize: [1, ['x']] } }, { ...known, contexts: { resize: [0, [1]] } }, { ...known, records: { resize: [[], []] } });
    spoilt.push({ ...known, contexts: { resize: [1, [1e4]] } }, { ...known, record: [Array<number>(16).fill(-1_000), Array<number>(16).fill(1)] });
    for (const model of spoilt) expect(codeOf(() => estimator.importModel(model))).toBe('ERR_SCHEDULER_INVALID_MODEL');
    expect(estimator.exportModel()).toEqual(known);
  });

  it('refuses run times that are none', () => {
    const estimator = new LearnedEstimator();
    for (const durationMs of [Number.NaN, Infinity, -1, undefined]) expect(codeOf(() => estimator.observe(task('resize'), durationMs as number))).toBe('ERR_SCHEDULER_INVALID_OPTION');
    estimator.observe(task('resize'), 0);
    expect(estimator.predict(task('resize')).runs).toBe(1);
  });

  it('predicts of a running task only what it has not outlived', () => {
    const estimator = new LearnedEstimator();
    for (let run = 0; run < 10; run += 1) estimator.observe(task('two peaks', { estimateMs: 5_000 }), run % 2 === 0 ? 10 : 1_000);
    expect(estimator.predict(task('two peaks', { estimateMs: 5_000 }), 11).medianMs).toBeCloseTo(1_000);
    expect(estimator.predict(task('two peaks', { estimateMs: 5_000 }), 2_000)).toMatchObject({ lowerMs: expect.closeTo(5_000), upperMs: expect.closeTo(5_000) });
    expect(estimator.predict(task('two peaks', { estimateMs: 5_000 }), 9_000).lowerMs).toBe(18_000);
  });

  it('follows a name that changes within a few runs', () => {
    const estimator = new LearnedEstimator();
    for (let run = 0; run < 200; run += 1) estimator.observe(task('grows'), 100);
    for (let run = 0; run < 4; run += 1) estimator.observe(task('grows'), 900);
    expect(estimator.predict(task('grows')).medianMs).toBeCloseTo(900);
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
      regretRatio: 0,
      accuracyRatio: 2 / 3,
      coverageRatio: 2 / 3,
      names: { a: { runs: 2, accuracyRatio: 0.5, coverageRatio: 0.5, meanMs: 125 }, b: { runs: 1, accuracyRatio: 1, coverageRatio: 1, meanMs: 100 } },
    });
  });
});

it.each([5e-324, Number.MAX_VALUE])('an estimate of %p ms, which a caller may give, can be ordered, learned from and kept', async (estimateMs) => {
  const { scheduler, submit, advance } = stage();
  scheduler.addWorker({ id: 'w', capacity: { cpu: 1 } });
  const task = submit('odd', { estimateMs });
  await advance(5);
  task.finish();
  expect(await task.handle.result).toBe('odd');
  await advance(0);
  const other = createScheduler();
  other.importModel(JSON.parse(JSON.stringify(scheduler.exportModel())));
  expect(other.insights()).toEqual(expect.anything());
});

it('a name that ran alone for long is not taken for the one that comes after it', () => {
  const estimator = new LearnedEstimator();
  const of = (name: string): TaskFeatures => ({ name, tenant: undefined, estimateMs: undefined, needs: undefined });
  const observe = (name: string, durationMs: number, times: number): void => {
    for (let run = 0; run < times; run += 1) estimator.observe(of(name), durationMs);
  };
  observe('report', 500, 30);
  observe('report', 1_000, 5);
  observe('ping', 5, 30);
  expect(estimator.predict(of('report')).medianMs).toBe(1_000);
  expect(estimator.predict(of('ping')).medianMs).toBe(5);
});
