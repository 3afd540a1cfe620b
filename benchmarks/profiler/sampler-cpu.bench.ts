import { readFileSync, readdirSync } from 'node:fs';
import { createProfiler } from '@fog/profiler';
import { defineBench, type Subject } from '../harness/bench.js';
import { type Recorder, datadog, fog, none, plainInspector, work, works } from './recorders.js';

const MEASURED_MS = 4_000;

/** CPU time of each thread of this process, in ms. */
function threadTimes(): ReadonlyMap<string, number> {
  return new Map(readdirSync('/proc/self/task').map((thread) => [thread, Number(readFileSync(`/proc/self/task/${thread}/schedstat`, 'utf8').split(' ')[0]) / 1e6]));
}

/**
 * CPU of the threads that were not there before the recorder started: V8 gives its sampler one of its own. The signal
 * handler's part, on the thread that is sampled, is in `overhead`.
 */
async function samplerShare(recorder: Recorder): Promise<Readonly<Record<string, number>>> {
  const before = threadTimes();
  await recorder.start();
  for (const warm = performance.now() + 500; performance.now() < warm; ) work();
  const [fromMs, from] = [performance.now(), threadTimes()];
  while (performance.now() - fromMs < MEASURED_MS) work();
  const [elapsedMs, until] = [performance.now() - fromMs, threadTimes()];
  await recorder.stop();
  await recorder.close();
  let samplerMs = 0;
  for (const [thread, usedMs] of until) if (!before.has(thread)) samplerMs += usedMs - (from.get(thread) ?? 0);
  return { percentOfACore: (100 * samplerMs) / elapsedMs };
}

/** As it comes: every 20 ms, in windows. */
function continuous(): Recorder {
  let profiler: ReturnType<typeof createProfiler> | undefined;
  return {
    start: () => {
      profiler = createProfiler({ continuous: {} });
    },
    stop: async () => (await profiler?.recent())?.cpu?.timeline?.nodes.length ?? 0,
    close: () => profiler?.close(),
  };
}

const subject = (recorder: () => Recorder): Subject => ({ run: works, figures: () => samplerShare(recorder()) });

const OURS = '@fog/profiler, continuous';
const OURS_10 = '@fog/profiler, 10 ms';
const DATADOG = '@datadog/pprof, 10 ms';

export default defineBench({
  name: 'profiler/sampler-cpu',
  title: 'CPU of the threads that sampling takes, beside a thread that is busy',
  operation: 'work, for the harness to time',
  cases: { 'busy thread': undefined },
  contenders: {
    [OURS]: () => subject(continuous),
    [OURS_10]: () => subject(() => fog({ intervalUs: 10_000 })),
    [DATADOG]: () => subject(() => datadog(10_000)),
    'node:inspector, 10 ms': () => subject(() => plainInspector(10_000)),
    'not recorded': () => subject(() => none),
  },
  reference: DATADOG,
  rounds: 5,
  targets: (readings) => [
    { id: 'continuous, percent of a core', reach: '<= 0.8', value: readings.figure('percentOfACore', OURS) },
    { id: 'at 10 ms, against @datadog/pprof', reach: '<= 1', value: readings.figure('percentOfACore', OURS_10) / readings.figure('percentOfACore', DATADOG) },
  ],
});
