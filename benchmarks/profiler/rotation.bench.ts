import { time } from '@datadog/pprof';
import { type Clock, createProfiler, systemClock } from '@fog/profiler';
import { defineBench, type Subject } from '../harness/bench.js';
import { application, middle } from './application.js';
import { work } from './recorders.js';

/** Of the window under way: what was sampled is read and kept, and sampling goes on. */
interface Rotating {
  rotate(): void;
  close(): unknown;
}

const INTERVAL_US = 10_000;
const LONG_MS = 3_600_000;

/** With a clock whose intervals are due when the bench says so. */
async function fog(): Promise<Rotating> {
  const due: (() => void)[] = [];
  const clock: Clock = { ...systemClock, setInterval: (callback) => (due.push(callback), systemClock.setInterval(() => undefined, LONG_MS)) };
  const profiler = createProfiler({ cpu: { intervalUs: INTERVAL_US }, continuous: {}, clock });
  await profiler.recent(); // It samples from here on.
  const windows = (): number => profiler.stats().windows;
  return {
    rotate: () => {
      const before = windows();
      for (const rotate of due) rotate();
      if (windows() <= before) throw new Error('no window was kept');
    },
    close: () => profiler.close(),
  };
}

function datadog(): Rotating {
  time.start({ intervalMicros: INTERVAL_US, durationMillis: LONG_MS });
  return {
    rotate: () => {
      if (time.stop(true).location.length === 0) throw new Error('no window was kept');
    },
    close: () => time.stop(),
  };
}

async function subject(making: Rotating | Promise<Rotating>, functions: number): Promise<Subject> {
  const kept = application(functions);
  const rotating = await making;
  const rotationsMs: number[] = [];
  return {
    run: (iterations) => {
      for (let iteration = 0; iteration < iterations; iteration += 1) {
        for (let piece = 0; piece < 200; piece += 1) work(); // About 100 ms: long enough to be sampled for sure.
        const fromMs = performance.now();
        rotating.rotate();
        rotationsMs.push(performance.now() - fromMs);
      }
      return [iterations, kept.length];
    },
    figures: () => ({ rotationMs: middle(rotationsMs) }),
    close: () => rotating.close(),
  };
}

const APPLICATION = 'application of 20,000 functions';

export default defineBench({
  name: 'profiler/rotation',
  title: 'Continuous sampling: how long the change from one window to the next holds the thread',
  operation: 'window of 100 ms',
  cases: { 'bare program': 0, [APPLICATION]: 20_000 },
  contenders: {
    '@fog/profiler': (functions) => subject(fog(), functions),
    '@datadog/pprof': (functions) => subject(datadog(), functions),
  },
  reference: '@datadog/pprof',
  checkIterations: 4,
  rounds: 2,
  targets: (readings) => {
    const rotationMs = (contender: string): number => readings.figure('rotationMs', contender, APPLICATION);
    return [{ id: 'rotation in an application', reach: '<= 0.1', value: rotationMs('@fog/profiler') / rotationMs('@datadog/pprof') }];
  },
});
