import { createProfiler } from '@fog/profiler';
import { defineBench, type Subject } from '../harness/bench.js';
import { work, works } from './recorders.js';

const RUN_MS = 12_000;

/** An application of some size, as its code is what a profiler keeps a map of. */
const application = (functions: number): unknown[] =>
  Array.from({ length: functions }, (_, index) => {
    // oxlint-disable-next-line typescript/no-implied-eval -- each is a script's function of its own, as modules have
    const made = new Function('value', `return function named${index}(more) { return value + more + ${index}; }`)(index) as (more: number) => number;
    made(1);
    return made;
  });

/** Resident memory after some windows of work, collected before it is read. */
async function resident(start: () => unknown, close: () => unknown): Promise<Readonly<Record<string, number>>> {
  const kept = application(10_000);
  await start();
  for (const end = performance.now() + RUN_MS; performance.now() < end; ) {
    for (let piece = 0; piece < 20; piece += 1) work();
    await new Promise((resolve) => setImmediate(resolve));
  }
  globalThis.gc?.();
  const { rss } = process.memoryUsage();
  await close();
  return { residentMB: rss / 1e6, functions: kept.length };
}

function fog(): Subject {
  let profiler: ReturnType<typeof createProfiler> | undefined;
  const start = (): void => {
    profiler = createProfiler({ continuous: {} });
  };
  return { run: works, figures: () => resident(start, () => profiler?.close()) };
}

/** As its users run it: a profile a minute, converted and restarted. */
function datadog(): Subject {
  const start = async (): Promise<void> => {
    const { time } = await import('@datadog/pprof');
    time.start({ intervalMicros: 10_000, durationMillis: 60_000 });
    setInterval(() => time.stop(true), 5_000).unref();
  };
  return { run: works, figures: () => resident(start, () => undefined) };
}

const nothing = (): Subject => ({ run: works, figures: () => resident(() => undefined, () => undefined) });

const OURS = '@fog/profiler, continuous';
const DATADOG = '@datadog/pprof, 10 ms';
const NOTHING = 'nothing';

export default defineBench({
  name: 'profiler/added-memory',
  title: 'Resident memory of an application of 10,000 functions after 12 s of work',
  operation: 'work, for the harness to time',
  cases: { application: undefined },
  contenders: { [OURS]: fog, [DATADOG]: datadog, [NOTHING]: nothing },
  reference: NOTHING,
  rounds: 1,
  targets: (readings) => {
    const added = (contender: string): number => readings.figure('residentMB', contender) - readings.figure('residentMB', NOTHING);
    return [
      { id: 'added memory, against @datadog/pprof', reach: '<= 0.5', value: added(OURS) / added(DATADOG) },
      { id: 'added memory, share of all', reach: '<= 0.05', value: added(OURS) / readings.figure('residentMB', NOTHING) },
    ];
  },
});
