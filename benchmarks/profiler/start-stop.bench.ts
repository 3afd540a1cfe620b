import { defineBench, type Subject } from '../harness/bench.js';
import { application, middle } from './application.js';
import { type Recorder, datadog, fog, plainInspector, work } from './recorders.js';

function subject(recorder: Recorder, functions: number): Subject {
  const kept = application(functions);
  const startsMs: number[] = [];
  const stopsMs: number[] = [];
  return {
    run: async (iterations) => {
      let recorded = 0;
      for (let iteration = 0; iteration < iterations; iteration += 1) {
        const fromMs = performance.now();
        await recorder.start();
        startsMs.push(performance.now() - fromMs);
        for (let piece = 0; piece < 50; piece += 1) work(); // About 10 ms: long enough to be sampled for sure.
        const untilMs = performance.now();
        const samples = await recorder.stop();
        stopsMs.push(performance.now() - untilMs);
        if (samples > 0) recorded += 1;
      }
      return [recorded, kept.length];
    },
    figures: () => ({ startMs: middle(startsMs), stopMs: middle(stopsMs) }),
    close: () => recorder.close(),
  };
}

const OURS = '@fog/profiler, kept warm';
const APPLICATION = 'application of 20,000 functions';

export default defineBench({
  name: 'profiler/start-stop',
  title: 'A recording of 10 ms: how long starting and stopping take',
  operation: 'recording',
  cases: { 'bare program': 0, [APPLICATION]: 20_000 },
  contenders: {
    [OURS]: (functions) => subject(fog({ intervalUs: 1_000, keepWarm: true }), functions),
    '@fog/profiler': (functions) => subject(fog({ intervalUs: 1_000 }), functions),
    'node:inspector': (functions) => subject(plainInspector(1_000), functions),
    '@datadog/pprof': (functions) => subject(datadog(1_000), functions),
  },
  reference: 'node:inspector',
  checkIterations: 4,
  rounds: 2,
  targets: (readings) => {
    const startMs = (contender: string): number => readings.figure('startMs', contender, APPLICATION);
    return [
      { id: 'start in an application, kept warm against node:inspector', reach: '<= 0.02', value: startMs(OURS) / startMs('node:inspector') },
      { id: 'start in an application, not kept warm against node:inspector', reach: '<= 1.3', value: startMs('@fog/profiler') / startMs('node:inspector') },
    ];
  },
});
