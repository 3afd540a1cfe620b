import { Session } from 'node:inspector';
import v8 from 'node:v8';
import { createProfiler } from '@fog/profiler';
import { defineBench, type Subject } from '../harness/bench.js';
import { application } from './application.js';
import { work, works } from './recorders.js';

const RUN_MS = 12_000;
const FUNCTIONS = 10_000;

/**
 * Resident memory after some windows of work, collected before it is read. Of V8's heap, what is used: what it holds beyond
 * that, it sizes by what happened to survive its collections, 1 to 16 MB in equal runs, which is more than any profiler adds.
 */
function residentBytes(): number {
  globalThis.gc?.();
  const { rss } = process.memoryUsage();
  const heap = v8.getHeapStatistics();
  return rss - heap.total_physical_size + heap.used_heap_size;
}

async function resident(start: () => unknown, close: () => unknown): Promise<Readonly<Record<string, number>>> {
  const kept = application(FUNCTIONS);
  await start();
  for (const end = performance.now() + RUN_MS; performance.now() < end; ) {
    for (let piece = 0; piece < 20; piece += 1) work();
    await new Promise((resolve) => setImmediate(resolve));
  }
  const bytes = residentBytes();
  await close();
  return { residentMB: bytes / 1e6, modules: kept.length };
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

/** V8's profiler and nothing else, of which nobody reads anything: what its map of the code takes. */
function plainInspector(): Subject {
  const session = new Session();
  const start = (): void => {
    session.connect();
    session.post('Profiler.enable');
    session.post('Profiler.setSamplingInterval', { interval: 20_000 });
    session.post('Profiler.start');
  };
  return { run: works, figures: () => resident(start, () => session.disconnect()) };
}

const nothing = (): Subject => ({ run: works, figures: () => resident(() => undefined, () => undefined) });

const OURS = '@fog/profiler, continuous';
const DATADOG = '@datadog/pprof, 10 ms';
const INSPECTOR = 'node:inspector, 20 ms, never read';
const NOTHING = 'nothing';

export default defineBench({
  name: 'profiler/added-memory',
  title: `Resident memory of an application of ${FUNCTIONS.toLocaleString('en')} functions after ${RUN_MS / 1e3} s of work`,
  operation: 'work, for the harness to time',
  cases: { application: undefined },
  contenders: { [OURS]: fog, [DATADOG]: datadog, [INSPECTOR]: plainInspector, [NOTHING]: nothing },
  reference: NOTHING,
  rounds: 3,
  targets: (readings) => {
    const added = (contender: string): number => readings.figure('residentMB', contender) - readings.figure('residentMB', NOTHING);
    return [
      { id: 'added memory, against @datadog/pprof', reach: '<= 0.5', value: added(OURS) / added(DATADOG) },
      { id: 'added memory, share of all', reach: '<= 0.05', value: added(OURS) / readings.figure('residentMB', NOTHING) },
      { id: 'added memory, against node:inspector', reach: '<= 1.2', value: added(OURS) / added(INSPECTOR) },
    ];
  },
});
