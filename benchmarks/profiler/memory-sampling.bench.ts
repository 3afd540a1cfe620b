import { heap } from '@datadog/pprof';
import { createProfiler } from '@fog/profiler';
import { defineBench, type Subject } from '../harness/bench.js';

/** So small that sampling is what takes the time, and its price can be told. */
const DENSE_BYTES = 2_048;
const DEFAULT_BYTES = 262_144;
const DATADOG_BYTES = 524_288;
const BYTES_PER_SECOND = 100e6;

const kept: unknown[] = [];
/** About 64 KB, in objects. */
function allocate(): void {
  for (let index = 0; index < 1_000; index += 1) kept[index & 255] = { index, next: kept[(index * 7) & 255] === undefined, pad: [index, index, index] };
}

function cpuMsOf(rounds: number): number {
  const from = process.cpuUsage();
  for (let round = 0; round < rounds; round += 1) allocate();
  const { user, system } = process.cpuUsage(from);
  return (user + system) / 1e3;
}

const ROUNDS = 3_000;

/** CPU that a sample costs, from a dense sampling of the same allocations; and what that makes at 100 MB/s. */
async function priceOf(start: () => unknown, stop: () => Promise<number> | number, intervalBytes: number): Promise<Readonly<Record<string, number>>> {
  cpuMsOf(ROUNDS);
  const off: number[] = [];
  const on: number[] = [];
  let samples = 1;
  for (let turn = 0; turn < 5; turn += 1) {
    off.push(cpuMsOf(ROUNDS));
    await start();
    on.push(cpuMsOf(ROUNDS));
    samples = await stop();
  }
  const least = (values: readonly number[]): number => Math.min(...values); // What disturbs makes it only longer.
  const usPerSample = Math.max(0, ((least(on) - least(off)) * 1e3) / samples);
  return { usPerSample, percentAt100MBs: (100 * usPerSample * (BYTES_PER_SECOND / intervalBytes)) / 1e6 };
}

function run(iterations: number): number {
  for (let iteration = 0; iteration < iterations; iteration += 1) allocate();
  return kept.length;
}

function fog(): Subject {
  const profiler = createProfiler({ memory: { samplingIntervalBytes: DENSE_BYTES } });
  const stop = async (): Promise<number> => {
    const { memory } = await profiler.stop();
    return memory?.values[0]?.reduce((sum, count) => sum + count, 0) ?? 1;
  };
  return { run, figures: () => priceOf(() => profiler.start({ memory: true }), stop, DEFAULT_BYTES), close: () => profiler.close() };
}

/** Its interval cannot be changed while it runs, and of its samples it tells what is alive: their number follows from the bytes. */
function datadog(): Subject {
  const stop = (): number => {
    heap.stop();
    return (ROUNDS * 64_000) / DENSE_BYTES;
  };
  return { run, figures: () => priceOf(() => heap.start(DENSE_BYTES, 64), stop, DATADOG_BYTES) };
}

const OURS = '@fog/profiler, every 256 KB';

export default defineBench({
  name: 'profiler/memory-sampling',
  title: 'What sampling allocations costs: CPU a sample, and what that is of a core at 100 MB/s and the default interval',
  operation: 'thousand small objects',
  cases: { '100 MB/s': undefined },
  contenders: { [OURS]: fog, '@datadog/pprof, every 512 KB': datadog },
  reference: '@datadog/pprof, every 512 KB',
  rounds: 3,
  targets: (readings) => [{ id: 'sampled memory at 100 MB/s, percent of a core', reach: '<= 0.2', value: readings.figure('percentAt100MBs', OURS) }],
});
