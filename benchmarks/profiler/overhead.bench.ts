import { defineBench, type Subject } from '../harness/bench.js';
import { type Recorder, datadog, fog, none, plainInspector, work } from './recorders.js';

async function recording(recorder: Recorder): Promise<Subject> {
  await recorder.start();
  return {
    run: (iterations) => {
      let sum = 0;
      for (let iteration = 0; iteration < iterations; iteration += 1) sum = (sum + work()) | 0;
      return sum;
    },
    close: async () => {
      await recorder.stop();
      await recorder.close();
    },
  };
}

const OFF = 'not recorded';
const EVERY_MS = 'sampled every 1 ms';
const EVERY_10_MS = 'sampled every 10 ms';

export default defineBench({
  name: 'profiler/overhead',
  title: 'A CPU-bound program while its CPU is sampled',
  operation: 'work',
  cases: { [EVERY_MS]: 1_000, [EVERY_10_MS]: 10_000 },
  contenders: {
    [OFF]: () => recording(none),
    '@fog/profiler': (intervalUs) => recording(fog({ intervalUs })),
    'node:inspector': (intervalUs) => recording(plainInspector(intervalUs)),
    '@datadog/pprof': (intervalUs) => recording(datadog(intervalUs)),
  },
  reference: OFF,
  rounds: 5,
  targets: (readings) => [
    // Tighter ones need a quieter measure than the CPU time of a whole process: these bounds are beyond its spread.
    { id: 'CPU time, sampled every 10 ms against not', reach: '<= 1.1', value: readings.cpuNs('@fog/profiler', EVERY_10_MS) / readings.cpuNs(OFF, EVERY_10_MS) },
    { id: 'CPU time, sampled every 1 ms against not', reach: '<= 1.2', value: readings.cpuNs('@fog/profiler', EVERY_MS) / readings.cpuNs(OFF, EVERY_MS) },
  ],
});
