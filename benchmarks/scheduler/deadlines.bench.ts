import { simulate, strategies, type Estimate, type Policy, type SimulationEstimator, type TraceTask } from '@fog/scheduler';
import { seededRandom } from '@fog/testkit';
import { existsSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { defineBench, type Subject } from '../harness/bench.js';

const ROOT = process.env['TRACES_ROOT'] ?? resolve('..', 'shared', 'data', 'traces');
const HOUR_MS = 3_600_000;

interface Machine {
  readonly name: string;
  readonly processors: number;
}

const MACHINES: readonly Machine[] = [{ name: 'KTH-SP2', processors: 100 }, { name: 'SDSC-SP2', processors: 128 }];
const pathOf = ({ name }: Machine): string => join(ROOT, 'hpc', `sc15-${name}.csv.gz`);

/** Jobs as they came, each with a deadline of its own: 1.5 times its run time, and a chance of more (exponential, three times on average). */
function tasksOf(machine: Machine): TraceTask[] {
  const random = seededRandom(7);
  const rows = gunzipSync(readFileSync(pathOf(machine))).toString().trim().split('\n').slice(1).map((row) => row.split(',').map(Number));
  return rows.map(([id = 0, submitS = 0, runS = 0, cpu = 1, requestS = 1, user = 0]) => ({
    id: String(id), name: 'job', tenant: `user ${user}`, submitMs: submitS * 1_000, runMs: Math.max(1, runS) * 1_000, estimateMs: requestS * 1_000, needs: { cpu },
    deadlineMs: Math.max(60, runS) * 1_000 * (1.5 - 3 * Math.log(1 - random())),
  }));
}

const exactly = (ms: number): Estimate => ({ medianMs: ms, lowerMs: ms, upperMs: ms, runs: 1 });
const clairvoyant: SimulationEstimator = { predict: ({ runMs }) => exactly(runMs), observe: () => {} };
const asRequested: SimulationEstimator = { predict: ({ estimateMs = 1 }) => exactly(estimateMs), observe: () => {} };
const { sla, adaptive } = strategies;
const edf: Policy = { ...sla, name: 'earliest deadline first', order: ({ deadlineAtMs }) => deadlineAtMs, reorders: false };
const easy: Policy = { ...sla, name: 'EASY', order: () => 0, reorders: false };

function contender(policy: Policy, estimator?: SimulationEstimator): (machine: Machine) => Subject {
  return (machine) => {
    const tasks = tasksOf(machine);
    const workers = [{ id: machine.name, capacity: { cpu: machine.processors } }];
    const play = (most: number) => simulate(tasks.slice(0, most), workers, policy, estimator === undefined ? {} : { estimator }).measures;
    return {
      run: (iterations) => play(iterations).tasks,
      figures() {
        const { deadlinesMissed, tasks: all, maxWaitMs, meanBoundedSlowdown } = play(tasks.length);
        return { missedPercent: (100 * deadlinesMissed) / all, maxWaitHours: maxWaitMs / HOUR_MS, meanBoundedSlowdown };
      },
    };
  };
}

const cases = Object.fromEntries(MACHINES.filter((machine) => existsSync(pathOf(machine))).map((machine) => [machine.name, machine]));

export default defineBench<Machine>({
  name: 'scheduler/deadlines',
  title: 'How many deadlines are missed, knowing no run time beforehand? (jobs of two machines, deadlines generated)',
  operation: 'job scheduled',
  cases,
  reference: 'earliest deadline first, clairvoyant',
  checkIterations: 500,
  rounds: 1,
  contenders: {
    '@fog/scheduler sla': contender(sla),
    '@fog/scheduler adaptive': contender(adaptive),
    'EASY, users’ estimates': contender(easy, asRequested),
    'earliest deadline first, users’ estimates': contender(edf, asRequested),
    'earliest deadline first, clairvoyant': contender(edf, clairvoyant),
    'hopeless ones last, clairvoyant': contender(sla, clairvoyant),
  },
  targets: (readings) =>
    Object.keys(cases).flatMap((machine) => {
      const missed = (name: string): number => readings.figure('missedPercent', name, machine);
      return [
        { id: `deadlines missed, over clairvoyant EDF, ${machine}`, reach: '<= 1.15' as const, value: missed('@fog/scheduler sla') / missed('earliest deadline first, clairvoyant') },
        { id: `the same over the clairvoyant that puts hopeless ones last, ${machine}`, reach: '<= 1.15' as const, value: missed('@fog/scheduler sla') / missed('hopeless ones last, clairvoyant') },
      ];
    }),
});
