import { Session } from 'node:inspector';
import { time } from '@datadog/pprof';
import { createProfiler } from '@fog/profiler';

/** A CPU profiler, ours or another, as the benches drive it. */
export interface Recorder {
  start(): Promise<unknown> | void;
  /** Number of samples or stacks: proof that there is a profile. */
  stop(): Promise<number> | number;
  close(): unknown;
}

export function fog(cpu: { readonly intervalUs: number; readonly keepWarm?: boolean }): Recorder {
  const profiler = createProfiler({ cpu });
  return {
    start: () => profiler.start(),
    stop: async () => (await profiler.stop()).cpu?.timeline?.nodes.length ?? 0,
    close: () => profiler.close(),
  };
}

/** What one writes without a library. */
export function plainInspector(intervalUs: number): Recorder {
  const session = new Session();
  session.connect();
  session.post('Profiler.enable');
  session.post('Profiler.setSamplingInterval', { interval: intervalUs });
  return {
    start: () => session.post('Profiler.start'),
    stop: () => {
      let samples = 0;
      session.post('Profiler.stop', (_, { profile }) => {
        samples = profile.samples?.length ?? 0;
      });
      return samples;
    },
    close: () => session.disconnect(),
  };
}

export function datadog(intervalMicros: number): Recorder {
  return {
    start: () => time.start({ intervalMicros, durationMillis: 60_000 }),
    stop: () => time.stop().location.length,
    close: () => undefined,
  };
}

export const none: Recorder = { start: () => undefined, stop: () => 1, close: () => undefined };

/** A program's own work, about 1 ms: objects, closures and arithmetic. */
export function work(): number {
  const rows = Array.from({ length: 4_000 }, (_, index) => ({ key: index % 97, value: Math.imul(index, 0x9e3779b1) }));
  const sums = new Map<number, number>();
  for (const { key, value } of rows) sums.set(key, ((sums.get(key) ?? 0) + value) | 0);
  return [...sums.values()].toSorted((a, b) => a - b)[48] ?? 0;
}

/** `work` so many times, for benches whose answer is in their figures. */
export function works(iterations: number): number {
  let sum = 0;
  for (let iteration = 0; iteration < iterations; iteration += 1) sum = (sum + work()) | 0;
  return sum;
}
