import { createEstimator, type SimulationEstimator, type TraceTask } from '@fog/scheduler';
import { seededRandom } from '@fog/testkit';
import { defineBench, type Subject } from '../harness/bench.js';
import { asRequested, lastTwo } from './rivals.js';
import { casesOf, hpc2n, rowsOf, sc15, type Sc15Name } from './traces.js';

type Traced = Parameters<SimulationEstimator['predict']>[0];

/** A task starts and is predicted, or ends and is learned from. */
interface Event {
  readonly atMs: number;
  readonly starts: boolean;
  readonly task: Traced;
}

/** When tasks started, as far as anybody is told: by the published EASY schedule, or by the log itself. */
function eventsOf(tasks: readonly TraceTask[], waitsMs: readonly number[]): Event[] {
  return tasks
    .flatMap((given, index): Event[] => {
      const task = { tenant: undefined, estimateMs: undefined, needs: undefined, ...given };
      const startMs = task.submitMs + (waitsMs[index] ?? 0);
      return [{ atMs: startMs, starts: true, task }, { atMs: startMs + task.runMs, starts: false, task }];
    })
    .sort((a, b) => a.atMs - b.atMs || Number(a.starts) - Number(b.starts));
}

/** A service's workload: 60 names of very different lengths, a fifth of which follow the size of their data; noise of 20 % (one deviation of the logarithm). */
function named(): Event[] {
  const random = seededRandom(11);
  const bell = (): number => Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random());
  const names = Array.from({ length: 60 }, (_, index) => ({ name: `task ${index}`, typicalMs: 50 * Math.exp(1.5 * bell()), bySize: index % 5 === 0 }));
  const tasks = Array.from({ length: 6_000 }, (_, index): TraceTask => {
    const { name, typicalMs, bySize } = names[Math.floor(random() * names.length)] as (typeof names)[number];
    const size = bySize ? 2 ** Math.floor(8 * random()) : 1;
    return { id: String(index), name, tenant: name, submitMs: index * 100, runMs: typicalMs * size * Math.exp(0.2 * bell()), estimateMs: Math.ceil(typicalMs * size * 3), needs: { cpu: 1, memoryBytes: size * 1_000_000 } };
  });
  return eventsOf(tasks, []);
}

const published = (name: Sc15Name): Event[] => eventsOf(sc15(name).tasks, rowsOf(`published/sc15-waits-${name}.csv.gz`).map(([, wait = 0]) => wait * 1_000));

interface Given {
  readonly read: () => Event[];
  readonly reach: number;
  /** Names are compared after ten runs each, jobs after a thousand in all. */
  readonly byName: boolean;
}

function subject({ read, byName }: Given, create: () => SimulationEstimator): Subject {
  const events = read();
  let estimator = create();
  let next = 0;
  return {
    run: (iterations) => {
      let ended = 0;
      while (ended < iterations) {
        const { starts, task } = events[next] as Event;
        if (starts) estimator.predict(task, 0);
        else {
          estimator.observe(task, task.runMs);
          ended += 1;
        }
        next += 1;
        if (next === events.length) [next, estimator] = [0, create()];
      }
      return ended;
    },
    figures: () => score(events, create(), byName),
  };
}

/** Mean of min(predicted, actual) / max(predicted, actual), by how many tasks had ended, and the share of runs within the upper estimate. */
function score(events: readonly Event[], estimator: SimulationEstimator, byName: boolean): Record<string, number> {
  const sums = { to10: [0, 0], to100: [0, 0], to1000: [0, 0], after: [0, 0], covered: [0, 0] } satisfies Record<string, [number, number]>;
  const add = (sum: number[], value: number): void => {
    sum[0] = (sum[0] ?? 0) + value;
    sum[1] = (sum[1] ?? 0) + 1;
  };
  const predicted = new Map<TraceTask, { readonly medianMs: number; readonly upperMs: number }>();
  const runs = new Map<string, number>();
  let ended = 0;
  for (const { starts, task } of events) {
    if (starts) {
      predicted.set(task, estimator.predict(task, 0));
      continue;
    }
    const { medianMs = 1, upperMs = 1 } = predicted.get(task) ?? {};
    const accuracy = Math.min(medianMs, task.runMs) / Math.max(medianMs, task.runMs);
    const known = runs.get(task.name) ?? 0;
    runs.set(task.name, known + 1);
    ended += 1;
    if (byName ? known >= 10 : ended > 1_000) {
      add(sums.after, accuracy);
      add(sums.covered, task.runMs <= upperMs ? 1 : 0);
    } else if (!byName) add(ended <= 10 ? sums.to10 : ended <= 100 ? sums.to100 : sums.to1000, accuracy);
    estimator.observe(task, task.runMs);
  }
  const mean = ([sum = 0, count = 0]: readonly number[]): number => sum / count;
  const early = byName ? {} : { accuracyTo10: mean(sums.to10), accuracyTo100: mean(sums.to100), accuracyTo1000: mean(sums.to1000) };
  return { accuracy: mean(sums.after), p90Coverage: mean(sums.covered), ...early };
}

const NAMED = 'named tasks, 20 % noise, after 10 runs each';
const cases = {
  ...casesOf<Given>([
    ['KTH-SP2', 'published/sc15-waits-KTH-SP2.csv.gz', { read: () => published('KTH-SP2'), reach: 0.64, byName: false }],
    ['CTC-SP2', 'published/sc15-waits-CTC-SP2.csv.gz', { read: () => published('CTC-SP2'), reach: 0.64, byName: false }],
    ['SDSC-SP2', 'published/sc15-waits-SDSC-SP2.csv.gz', { read: () => published('SDSC-SP2'), reach: 0.66, byName: false }],
    ['HPC2N', 'hpc/pwa-HPC2N-2002-2.2-cln.csv.gz', { read: () => { const { tasks, waitsMs } = hpc2n(); return eventsOf(tasks, waitsMs); }, reach: 0.68, byName: false }],
  ]),
  [NAMED]: { read: named, reach: 0.8, byName: true },
};
const OURS = '@fog/scheduler';
const RIVALS = ['user estimate', 'mean of the last two'];

export default defineBench<Given>({
  name: 'scheduler/accuracy',
  title: 'How accurate are predicted run times, by the mean of min / max, and what does it cost to predict one and to learn from it?',
  operation: 'predict + observe',
  cases,
  reference: 'mean of the last two',
  rounds: 1,
  contenders: { [OURS]: (given) => subject(given, createEstimator), 'user estimate': (given) => subject(given, () => asRequested), 'mean of the last two': (given) => subject(given, lastTwo) },
  targets: (readings) =>
    Object.entries(cases).flatMap(([name, { reach, byName }]) => {
      const lead = (figure: string): number => readings.figure(figure, OURS, name) - Math.max(...RIVALS.map((rival) => readings.figure(figure, rival, name)));
      return [
        { id: `accuracy, ${name}`, reach: `>= ${reach}` as const, value: readings.figure('accuracy', OURS, name) },
        { id: `p90 coverage below 0.92, ${name}`, reach: '<= 0.92' as const, value: readings.figure('p90Coverage', OURS, name) },
        { id: `p90 coverage above 0.88, ${name}`, reach: '>= 0.88' as const, value: readings.figure('p90Coverage', OURS, name) },
        ...(byName ? [] : ['accuracyTo10', 'accuracyTo100', 'accuracyTo1000'].map((figure) => ({ id: `ahead of the better rival, ${figure}, ${name}`, reach: '>= 0' as const, value: lead(figure) }))),
        { id: `predict + observe, us, ${name}`, reach: '<= 20' as const, value: readings.cpuNs(OURS, name) / 1_000 },
      ];
    }),
});
