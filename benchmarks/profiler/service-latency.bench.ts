import { execFile } from 'node:child_process';
import http from 'node:http';
import type { AddressInfo } from 'node:net';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { createProfiler } from '@fog/profiler';
import { defineBench, type Subject } from '../harness/bench.js';
import { type Recorder, datadog, none, work, works } from './recorders.js';

const run = promisify(execFile);
const load = fileURLToPath(new URL('./service-load.worker.js', import.meta.url));

/** p99 of a service's answers, as another process sees them: medians of turns on and off, in alternation. */
async function latencies(recorder: () => Recorder): Promise<Readonly<Record<string, number>>> {
  const server = http.createServer((_, response) => {
    work();
    response.end(JSON.stringify({ rows: Array.from({ length: 50 }, (_, id) => ({ id, name: `row ${id}` })) }));
  });
  server.listen(0, '127.0.0.1');
  await new Promise((resolve) => server.once('listening', resolve));
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const p99 = async (): Promise<number> => Number((await run(process.execPath, [load, url])).stdout);
  await p99(); // Compiled.
  const [on, off]: [number[], number[]] = [[], []];
  for (let turn = 0; turn < 5; turn += 1) {
    off.push(await p99());
    const recording = recorder();
    await recording.start();
    on.push(await p99());
    await recording.stop();
    await recording.close();
  }
  server.closeAllConnections();
  server.close();
  const middle = (values: readonly number[]): number => values.toSorted((a, b) => a - b)[values.length >> 1] ?? Number.NaN;
  return { p99OnMs: middle(on), p99OffMs: middle(off), ratio: middle(on) / middle(off) };
}

function continuous(): Recorder {
  let profiler: ReturnType<typeof createProfiler> | undefined;
  return {
    start: async () => {
      profiler = createProfiler({ continuous: {} });
      await profiler.recent();
    },
    stop: () => 1,
    close: () => profiler?.close(),
  };
}

const subject = (recorder: () => Recorder): Subject => ({ run: works, figures: () => latencies(recorder) });

const OURS = '@fog/profiler, continuous';

export default defineBench({
  name: 'profiler/service-latency',
  title: 'p99 of an HTTP service under load from another process, with a profiler on and off in turns',
  operation: 'work, for the harness to time',
  cases: { service: undefined },
  contenders: {
    [OURS]: () => subject(continuous),
    '@datadog/pprof, 10 ms': () => subject(() => datadog(10_000)),
    'nothing in both turns': () => subject(() => none),
  },
  reference: 'nothing in both turns',
  rounds: 1,
  targets: (readings) => [{ id: 'p99, on against off', reach: '<= 1.1', value: readings.figure('ratio', OURS) }],
});
