import { Session } from 'node:inspector';
import { time } from '@datadog/pprof';
import { createProfiler } from '@fog/profiler';
import { defineBench, type Subject } from '../harness/bench.js';
import { works } from './recorders.js';

const RESTARTS = 36;

function inner(from: number): number {
  let sum = from;
  for (let step = 0; step < 20_000; step += 1) sum = (Math.imul(sum, 31) + step) | 0;
  return sum;
}

function outer(rounds: number): number {
  let sum = 1;
  for (let round = 0; round < rounds; round += 1) sum = inner(sum);
  return sum;
}

/** Records for some 40 ms and gives the functions that were seen. */
type Record = () => Promise<ReadonlySet<string>>;

async function lost(record: Record, close: () => unknown = () => undefined): Promise<Readonly<globalThis.Record<string, number>>> {
  outer(20_000); // Compiled and optimised before any recording.
  let sessionsLost = 0;
  for (let restart = 0; restart < RESTARTS; restart += 1) {
    const seen = await record();
    if (!seen.has('inner') && !seen.has('outer')) sessionsLost += 1;
    await new Promise((resolve) => setImmediate(resolve));
  }
  await close();
  return { sessionsLost, sessions: RESTARTS };
}

function fog(keepWarm: boolean): Subject {
  const profiler = createProfiler({ cpu: { intervalUs: 1_000, keepWarm } });
  const record: Record = async () => {
    const { profile } = await profiler.profile(() => outer(2_000));
    return new Set(profile.costs().functions.map(({ name }) => name));
  };
  return { run: works, figures: () => lost(record, () => profiler.close()) };
}

function plainInspector(): Subject {
  const session = new Session();
  session.connect();
  session.post('Profiler.enable');
  session.post('Profiler.setSamplingInterval', { interval: 1_000 });
  const record: Record = async () => {
    const seen = new Set<string>();
    session.post('Profiler.start');
    outer(2_000);
    session.post('Profiler.stop', (_, { profile }) => {
      for (const { callFrame } of profile.nodes) seen.add(callFrame.functionName);
    });
    return seen;
  };
  return { run: works, figures: () => lost(record, () => session.disconnect()) };
}

function datadog(): Subject {
  const record: Record = async () => {
    time.start({ intervalMicros: 1_000, durationMillis: 60_000 });
    outer(2_000);
    const { function: functions, stringTable } = time.stop();
    return new Set(functions.map(({ name }) => stringTable.strings[Number(name)] ?? ''));
  };
  return { run: works, figures: () => lost(record) };
}

const OURS = '@fog/profiler, kept warm';

export default defineBench({
  name: 'profiler/restarts',
  title: 'Recordings of 40 ms, 36 in a row: how many lose the functions that ran, which were compiled before',
  operation: 'work, for the harness to time',
  cases: { 'compiled before': undefined },
  contenders: { [OURS]: () => fog(true), '@fog/profiler, started cold': () => fog(false), 'node:inspector': plainInspector, '@datadog/pprof': datadog },
  reference: 'node:inspector',
  rounds: 1,
  targets: (readings) => [{ id: 'sessions that lose all functions, of 36', reach: '<= 0', value: readings.figure('sessionsLost', OURS) }],
});
