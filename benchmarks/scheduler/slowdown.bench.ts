import { simulate, type Policy, type SimulationEstimator } from '@fog/scheduler';
import { defineBench, type Subject } from '../harness/bench.js';
import { asRequested, easy, lastTwo, sjbf } from './rivals.js';
import { casesOf, sc15, type Sc15Name } from './traces.js';

function subject(name: Sc15Name, policy: Policy | 'adaptive', estimator?: () => SimulationEstimator): Subject {
  const { tasks, processors } = sc15(name);
  const run = (count: number) => simulate(tasks.slice(0, count), [{ id: 'machine', capacity: { cpu: processors } }], policy, estimator === undefined ? {} : { estimator: estimator() });
  return {
    // The trace from its beginning, again and again.
    run: (iterations) => {
      let done = 0;
      while (done < iterations) done += run(Math.min(tasks.length, iterations - done)).outcomes.length;
      return done;
    },
    figures: () => {
      const { measures } = run(tasks.length);
      return { meanBoundedSlowdown: measures.meanBoundedSlowdown, maxWaitDays: measures.maxWaitMs / 86_400_000, meanWaitHours: measures.meanWaitMs / 3_600_000 };
    },
  };
}

const OURS = '@fog/scheduler adaptive';
const NAMES = {
  'KTH-SP2; learned, published: 45.80 at best': ['KTH-SP2', 44],
  'CTC-SP2; learned, published: 15.15 at best': ['CTC-SP2', 15],
  'SDSC-SP2; learned, published: 65.02 at best': ['SDSC-SP2', 40],
} as const satisfies Record<string, readonly [Sc15Name, number]>;
const cases = casesOf(Object.entries(NAMES).map(([title, [name]]) => [title, `hpc/sc15-${name}.csv.gz`, name] as const));

export default defineBench<Sc15Name>({
  name: 'scheduler/slowdown',
  title: 'How long do the jobs of a supercomputer wait for what they asked, with nothing but user estimates to begin with?',
  operation: 'task simulated',
  cases,
  reference: 'EASY',
  rounds: 1,
  contenders: {
    [OURS]: (name) => subject(name, 'adaptive'),
    EASY: (name) => subject(name, easy, () => asRequested),
    'EASY-SJBF': (name) => subject(name, sjbf, () => asRequested),
    'EASY++, mean of the last two': (name) => subject(name, sjbf, lastTwo),
  },
  targets: (readings) =>
    Object.entries(NAMES).flatMap(([title, [name, most]]) =>
      title in cases
        ? [
            { id: `mean bounded slowdown, ${name}`, reach: `<= ${most}` as const, value: readings.figure('meanBoundedSlowdown', OURS, title) },
            { id: `longest wait over that of EASY, ${name}`, reach: '<= 3' as const, value: readings.figure('maxWaitDays', OURS, title) / readings.figure('maxWaitDays', 'EASY', title) },
          ]
        : [],
    ),
});
