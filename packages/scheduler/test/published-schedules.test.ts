import { describe, expect, it } from '@jest/globals';
import { existsSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { simulate, type Estimate, type Policy, type SimulationEstimator, type TraceTask } from '../src/index.js';

/** Traces and published schedules of "Improving backfilling by using machine learning to predict running times" (SC '15). */
const DATA = process.env['TRACES_ROOT'] ?? resolve(import.meta.dirname, '../../../../shared/data/traces');

const easy: Policy = { name: 'EASY', order: () => 0, weights: {}, backfill: Infinity };
const easyPlusPlus: Policy = { ...easy, name: 'EASY++', passOrder: (task) => task.estimate.medianMs };

const exactly = (ms: number): Estimate => ({ medianMs: ms, lowerMs: ms, upperMs: ms, runs: 1 });
const asRequested: SimulationEstimator = { predict: ({ estimateMs = 1 }) => exactly(estimateMs), observe: () => {} };
const clairvoyant: SimulationEstimator = { predict: ({ runMs }) => exactly(runMs), observe: () => {} };

/** Mean of the user's last two runs, foretold at the submission; outlived, it grows by these steps up to the request (Tsafrir et al., 2007). */
function lastTwo(): SimulationEstimator {
  const STEPS_S = [60, 300, 900, 1_800, 3_600, 7_200, 18_000, 36_000, 72_000, 180_000, 360_000];
  const runs = new Map<string, number[]>();
  const foretold = new Map<string, number>();
  return {
    predict: ({ id, tenant = '', estimateMs = 1 }, elapsedMs) => {
      const [last, previous] = runs.get(tenant) ?? [];
      const mean = last === undefined || previous === undefined ? estimateMs : Math.floor((last + previous) / 2_000) * 1_000;
      if (!foretold.has(id)) foretold.set(id, Math.min(estimateMs, mean));
      const first = foretold.get(id) ?? 0;
      const grown = [0, ...STEPS_S].map((step) => Math.min(estimateMs, first + step * 1_000)).find((ms) => ms > elapsedMs || elapsedMs === 0);
      return exactly(grown ?? estimateMs);
    },
    observe: ({ tenant = '' }, durationMs) => runs.set(tenant, [durationMs, ...(runs.get(tenant) ?? [])].slice(0, 2)),
  };
}

const rowsOf = (file: string): number[][] => gunzipSync(readFileSync(join(DATA, file))).toString().trim().split('\n').slice(1).map((row) => row.split(',').map(Number));

describe('a schedule worked out by hand', () => {
  const task = (id: string, submitS: number, runS: number, cpu: number, estimateS = runS): TraceTask => ({ id, name: 'job', submitMs: submitS * 1_000, runMs: runS * 1_000, estimateMs: estimateS * 1_000, needs: { cpu } });
  /** 4 processors: `first` holds 2 until 60, though 100 is said; `head` needs all, so that only what is gone by 100 may pass. */
  const tasks = [task('first', 0, 60, 2, 100), task('head', 10, 50, 4), task('long', 20, 95, 1), task('short', 30, 60, 1), task('shorter', 30, 10, 2)];
  const startsOf = (policy: Policy, estimator: SimulationEstimator): [string, number][] =>
    simulate(tasks, [{ id: 'machine', capacity: { cpu: 4 } }], policy, { estimator }).outcomes.map((outcome) => [outcome.task.id, outcome.startMs / 1_000]);

  it('is that of EASY backfilling: first come, first served among those that pass', () => {
    // `short` is gone by 90, `long` would not be by 100. At 60 `first` is gone early, and `shorter` will be by 90.
    expect(startsOf(easy, asRequested)).toEqual([['first', 0], ['head', 90], ['long', 140], ['short', 30], ['shorter', 60]]);
  });

  it('is that of EASY++: the shortest first among those that pass', () => {
    // Known run times: `head` is due at 60. `short` came first, but ends later than that; `shorter` is gone by 40.
    expect(startsOf(easyPlusPlus, clairvoyant)).toEqual([['first', 0], ['head', 60], ['long', 110], ['short', 110], ['shorter', 30]]);
  });

  it('is measured as the field does', () => {
    const { measures } = simulate(tasks, [{ id: 'machine', capacity: { cpu: 4 }, pricePerHour: 36 }], easyPlusPlus, { estimator: clairvoyant });
    expect(measures).toMatchObject({ tasks: 5, refused: 0, makespanMs: 205_000, maxWaitMs: 90_000, meanWaitMs: 44_000, accuracyRatio: 1, coverageRatio: 1 });
    expect(measures.meanBoundedSlowdown).toBeCloseTo((1 + 100 / 50 + 185 / 95 + 140 / 60 + 1) / 5, 10);
    expect(measures.utilisationRatio).toBeCloseTo((2 * 60 + 4 * 50 + 95 + 60 + 2 * 10) / (4 * 205), 10);
    expect(measures.cost).toBeCloseTo(2.05, 10);
  });
});

const MACHINES = { 'KTH-SP2': 100, 'SDSC-SP2': 128, 'CTC-SP2': 338 };
const PUBLISHED: readonly (readonly [string, Policy, () => SimulationEstimator])[] = [
  ['EASY, user estimates', easy, () => asRequested],
  ['EASY++, clairvoyant', easyPlusPlus, () => clairvoyant],
  ['EASY++, mean of the last two', easyPlusPlus, lastTwo],
];

describe('published schedules, where the traces are at hand', () => {
  for (const [name, cpu] of Object.entries(MACHINES)) {
    if (!existsSync(join(DATA, `published/sc15-waits-${name}.csv.gz`))) continue;
    const tasks = rowsOf(`hpc/sc15-${name}.csv.gz`).map(([id, submit = 0, run = 0, procs = 1, request = 1, user]): TraceTask => ({
      id: String(id), name: 'job', tenant: String(user), submitMs: submit * 1_000, runMs: run * 1_000, estimateMs: request * 1_000, needs: { cpu: procs },
    }));
    const published = rowsOf(`published/sc15-waits-${name}.csv.gz`);
    for (const [index, [schedule, policy, estimator]] of PUBLISHED.entries())
      it(`are met wait by wait: ${name}, ${schedule}`, () => {
        const { outcomes } = simulate(tasks, [{ id: 'machine', capacity: { cpu } }], policy, { estimator: estimator() });
        const differ = outcomes.filter(({ task, waitMs }, place) => task.id !== String(published[place]?.[0]) || waitMs !== (published[place]?.[index + 1] ?? -1) * 1_000);
        expect([outcomes.length, differ.length]).toEqual([published.length, 0]);
      });
  }
});
