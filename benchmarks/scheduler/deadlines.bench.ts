import { simulate, strategies, type Estimate, type Policy, type SimulationEstimator } from '@fog/scheduler';
import { seededRandom } from '@fog/testkit';
import { defineBench, type Subject } from '../harness/bench.js';
import { casesOf, sc15, type Sc15Name, type Workload } from './traces.js';

const HOUR_MS = 3_600_000;

interface Machine {
  readonly name: Sc15Name;
}

/** Jobs as they came, each with a deadline of its own: 1.5 times its run time, and a chance of more (exponential, three times on average). */
function workloadOf({ name }: Machine): Workload {
  const random = seededRandom(7);
  const { tasks, processors } = sc15(name);
  return { processors, tasks: tasks.map((task) => ({ ...task, deadlineMs: Math.max(60_000, task.runMs) * (1.5 - 3 * Math.log(1 - random())) })) };
}

const exactly = (ms: number): Estimate => ({ medianMs: ms, lowerMs: ms, upperMs: ms, runs: 1 });
const clairvoyant: SimulationEstimator = { predict: ({ runMs }) => exactly(runMs), observe: () => {} };
const asRequested: SimulationEstimator = { predict: ({ estimateMs = 1 }) => exactly(estimateMs), observe: () => {} };
const { sla, adaptive } = strategies;
const edf: Policy = { ...sla, name: 'earliest deadline first', order: ({ deadlineAtMs }) => deadlineAtMs, reorders: false };
const easy: Policy = { ...sla, name: 'EASY', order: () => 0, reorders: false };

function contender(policy: Policy, estimator?: SimulationEstimator): (machine: Machine) => Subject {
  return (machine) => {
    const { tasks, processors } = workloadOf(machine);
    const workers = [{ id: machine.name, capacity: { cpu: processors } }];
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

const NAMES: readonly Sc15Name[] = ['KTH-SP2', 'SDSC-SP2'];
const cases = casesOf<Machine>(NAMES.map((name) => [name, `hpc/sc15-${name}.csv.gz`, { name }]));

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
    'earliest deadline first, clairvoyant': contender(edf, clairvoyant),
    'hopeless ones last, clairvoyant': contender(sla, clairvoyant),
  },
  targets: (readings) =>
    Object.keys(cases).flatMap((machine) => {
      const missed = (name: string): number => readings.figure('missedPercent', name, machine);
      const waited = (name: string): number => readings.figure('maxWaitHours', name, machine);
      return [
        { id: `deadlines missed, over clairvoyant EDF, ${machine}`, reach: '<= 1.15' as const, value: missed('@fog/scheduler sla') / missed('earliest deadline first, clairvoyant') },
        { id: `the same over the clairvoyant that puts hopeless ones last, ${machine}`, reach: '<= 1.15' as const, value: missed('@fog/scheduler sla') / missed('hopeless ones last, clairvoyant') },
        { id: `longest wait, over clairvoyant EDF, ${machine}`, reach: '<= 3' as const, value: waited('@fog/scheduler sla') / waited('earliest deadline first, clairvoyant') },
      ];
    }),
});
