import { readSwf, simulate, strategies, type Policy, type SimulationOptions, type TraceTask } from '@fog/scheduler';
import { defineBench, type Subject } from '../harness/bench.js';
import { asRequested, formulas } from './rivals.js';
import { casesOf, hpc2n, textOf, type Workload } from './traces.js';

/** The protocol of RLScheduler (SC '20): ten sequences from the first 10,000 jobs, each on an empty machine. */
const JOBS = 10_000;
const LENGTH = 1_024;
const STARTS = [1_981, 2_756, 4_299, 8_850, 3_316, 2_714, 5_228, 7_762, 4_022, 7_085];

interface Given {
  readonly read: () => Workload;
  readonly most: number;
}

/** Its synthetic traces tell no requests: there the run time is the request. */
const lublin = (file: string): Workload => ({
  processors: 256,
  tasks: readSwf(textOf(file)).tasks.slice(0, JOBS).map((task) => ({ ...task, estimateMs: task.estimateMs ?? task.runMs })),
});

const FILES = { 'Lublin-1; RLScheduler, published: 58.64': 'hpc/lublin_256.swf.gz', 'HPC2N; RLScheduler, published: 86.14': 'hpc/pwa-HPC2N-2002-2.2-cln.csv.gz', 'Lublin-2; RLScheduler, published: 118.79': 'hpc/lublin_256_new2.swf.gz' };
const [L1, H, L2] = Object.keys(FILES) as [string, string, string];
const cases = casesOf<Given>([
  [L1, 'hpc/lublin_256.swf.gz', { read: () => lublin('hpc/lublin_256.swf.gz'), most: 50 }],
  [H, 'hpc/pwa-HPC2N-2002-2.2-cln.csv.gz', { read: () => hpc2n(JOBS), most: 60 }],
  [L2, 'hpc/lublin_256_new2.swf.gz', { read: () => lublin('hpc/lublin_256_new2.swf.gz'), most: 85 }],
]);

function subject({ read }: Given, policyOf: (processors: number) => Policy, options: SimulationOptions = { estimator: asRequested }): Subject {
  const { tasks, processors } = read();
  const policy = policyOf(processors);
  const sequences = STARTS.map((start) => sequenceAt(tasks, start));
  const run = (sequence: readonly TraceTask[]) => simulate(sequence, [{ id: 'machine', capacity: { cpu: processors } }], policy, options);
  return {
    run: (iterations) => {
      let done = 0;
      for (let turn = 0; done < iterations; turn += 1) done += run(sequences[turn % sequences.length]?.slice(0, iterations - done) ?? []).outcomes.length;
      return done;
    },
    figures: () => {
      const measures = sequences.map((sequence) => run(sequence).measures);
      return { meanBoundedSlowdown: measures.reduce((sum, { meanBoundedSlowdown }) => sum + meanBoundedSlowdown, 0) / measures.length, maxWaitDays: Math.max(...measures.map(({ maxWaitMs }) => maxWaitMs)) / 86_400_000 };
    },
  };
}

function sequenceAt(tasks: readonly TraceTask[], start: number): TraceTask[] {
  const originMs = tasks[start]?.submitMs ?? 0;
  return tasks.slice(start, start + LENGTH).map((task) => ({ ...task, submitMs: task.submitMs - originMs }));
}

const OURS = '@fog/scheduler adaptive, estimates only';

export default defineBench<Given>({
  name: 'scheduler/sequences',
  title: 'What mean bounded slowdown have short sequences of jobs, by formula, by reinforcement learning, and by ours?',
  operation: 'task simulated',
  cases,
  reference: 'FCFS',
  rounds: 1,
  contenders: {
    [OURS]: (given) => subject(given, () => strategies.adaptive),
    '@fog/scheduler adaptive, learning from nothing': (given) => subject(given, () => strategies.adaptive, {}),
    ...Object.fromEntries(Object.keys(formulas(1)).map((name) => [name, (given: Given) => subject(given, (processors) => formulas(processors)[name] as Policy)])),
  },
  targets: (readings) => Object.entries(cases).map(([title, { most }]) => ({ id: `mean bounded slowdown, ${title.split(';')[0]}`, reach: `<= ${most}` as const, value: readings.figure('meanBoundedSlowdown', OURS, title) })),
});
