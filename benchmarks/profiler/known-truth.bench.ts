import { Session } from 'node:inspector';
import { time } from '@datadog/pprof';
import { createProfiler } from '@fog/profiler';
import { defineBench, type Subject } from '../harness/bench.js';

/**
 * What runs, by function, of which V8 inlines all into `rounds`. Each multiplies by a number of its own: with one for all,
 * V8 merges the last step of one with the first of the next and books both on either, 4 points of 15, and there is no truth.
 */
const TRUTH = { fifty: 0.5, thirty: 0.3, fifteen: 0.15, five: 0.05 };

function fifty(from: number): number {
  let sum = from;
  for (let step = 0; step < 10_000; step += 1) sum = (Math.imul(sum, 37) + step) | 0;
  return sum;
}

function thirty(from: number): number {
  let sum = from;
  for (let step = 0; step < 6_000; step += 1) sum = (Math.imul(sum, 41) + step) | 0;
  return sum;
}

function fifteen(from: number): number {
  let sum = from;
  for (let step = 0; step < 3_000; step += 1) sum = (Math.imul(sum, 43) + step) | 0;
  return sum;
}

function five(from: number): number {
  let sum = from;
  for (let step = 0; step < 1_000; step += 1) sum = (Math.imul(sum, 53) + step) | 0;
  return sum;
}

function rounds(count: number): number {
  let sum = 1;
  for (let round = 0; round < count; round += 1) sum = five(fifteen(thirty(fifty(sum))));
  return sum;
}

const INTERVAL_US = 500;

/** A profiler that has run since the process began: started later, all of them may miss code that was compiled before. */
interface Contender {
  start(): Promise<unknown> | void;
  /** Samples by innermost function. */
  stop(): Promise<ReadonlyMap<string, number>> | ReadonlyMap<string, number>;
  close(): unknown;
}

function fog(): Contender {
  const profiler = createProfiler({ cpu: { intervalUs: INTERVAL_US, keepWarm: true } });
  return {
    start: () => profiler.start(),
    stop: async () => new Map((await profiler.stop()).costs().functions.map(({ name, self }) => [name, self])),
    close: () => profiler.close(),
  };
}

function plainInspector(): Contender {
  const session = new Session();
  session.connect();
  session.post('Profiler.enable');
  session.post('Profiler.setSamplingInterval', { interval: INTERVAL_US });
  session.post('Profiler.start');
  return {
    start: () => undefined,
    stop: () => {
      const found = new Map<string, number>();
      session.post('Profiler.stop', (_, { profile }) => {
        for (const { callFrame, hitCount = 0 } of profile.nodes) found.set(callFrame.functionName, (found.get(callFrame.functionName) ?? 0) + hitCount);
      });
      return found;
    },
    close: () => session.disconnect(),
  };
}

function datadog(): Contender {
  time.start({ intervalMicros: INTERVAL_US, durationMillis: 60_000 });
  return {
    start: () => undefined,
    stop: () => {
      const { sample, location, function: functions, stringTable } = time.stop();
      const nameOf = new Map(functions.map(({ id, name }) => [id, stringTable.strings[Number(name)] ?? '']));
      const placed = new Map(location.map(({ id, line: [line] }) => [id, nameOf.get(line?.functionId ?? 0) ?? '']));
      const found = new Map<string, number>();
      for (const { locationId: [leaf = 0], value: [count = 0] } of sample) {
        const name = placed.get(leaf) ?? '';
        found.set(name, (found.get(name) ?? 0) + Number(count));
      }
      return found;
    },
    close: () => undefined,
  };
}

const OURS = '@fog/profiler';

async function subject(contender: Contender): Promise<Subject> {
  rounds(10_000); // Until V8 has inlined them.
  await contender.start();
  rounds(100_000); // Some 4,000 samples, which are right to 1.6 points 19 times out of 20.
  const samples = await contender.stop();
  const all = Object.keys(TRUTH).reduce((sum, name) => sum + (samples.get(name) ?? 0), samples.get('rounds') ?? 0);
  const errors = Object.entries(TRUTH).map(([name, truth]) => Math.abs((samples.get(name) ?? 0) / (all || 1) - truth));
  return {
    run: (iterations) => rounds(iterations),
    figures: () => ({ largestErrorPoints: Math.max(...errors) * 100 }),
    close: () => contender.close(),
  };
}

export default defineBench({
  name: 'profiler/known-truth',
  title: 'Shares of 50, 30, 15 and 5 % by functions that V8 inlines: how far a profile is off',
  operation: 'round of the four functions',
  cases: { inlined: undefined },
  contenders: {
    [OURS]: () => subject(fog()),
    'node:inspector': () => subject(plainInspector()),
    '@datadog/pprof': () => subject(datadog()),
  },
  reference: 'node:inspector',
  rounds: 3,
  targets: (readings) => [{ id: 'largest error of a share, in points', reach: '<= 5', value: readings.figure('largestErrorPoints', OURS) }],
});
