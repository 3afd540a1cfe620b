import { createHook } from 'node:async_hooks';
import { readFileSync } from 'node:fs';
import { setTimeout as pause } from 'node:timers/promises';
import { createMonitor, type Clock } from '@fog/monitor';
import { OSUtils } from 'node-os-utils';
import system from 'systeminformation';
import { defineBench, type Readings, type Subject } from '../harness/bench.js';
import { Exporter, nodeExporter } from './node-exporter.js';

/** Its answers come from a cache for up to half a second: asked more often, it would do nothing. */
const CACHE_MS = 550;
const TICKS_PER_SECOND = 100;

/** What both must agree on, so that it is the same machine that they read. */
interface Sampler {
  sample(): Promise<void> | void;
  totalMemoryBytes(): number;
  /** CPU time of a program beside this process, which has no end to be counted at. */
  otherCpuMs?(): number;
  close(): unknown;
}

/** Ours, on the way that the timer takes: everything it samples by default, history and thresholds included. */
function monitor(): Sampler {
  let tick = (): void => undefined;
  const timer = { ref: () => undefined, unref: () => undefined, refresh: () => undefined, close: () => undefined };
  const clock: Clock = {
    now: () => performance.now(),
    setTimeout: () => timer,
    setInterval: (callback, intervalMs) => {
      if (intervalMs === 1_000) tick = callback;
      return timer;
    },
  };
  const sampled = createMonitor({ clock, scope: 'host' });
  sampled.start();
  return { sample: () => tick(), totalMemoryBytes: () => sampled.snapshot().values['memory.limit'] ?? Number.NaN, close: () => sampled.close() };
}

function systemInformation(): Sampler {
  let total = Number.NaN;
  return {
    sample: async () => {
      await pause(CACHE_MS);
      const [, memory] = await Promise.all([system.currentLoad(), system.mem(), system.disksIO(), system.networkStats()]);
      total = memory.total;
    },
    totalMemoryBytes: () => total,
    close: () => undefined,
  };
}

/** Its CPU takes two readings a fifth of a second apart; it has no disk rates, so that it is asked for space. */
function nodeOsUtils(): Sampler {
  const utils = new OSUtils({ cacheEnabled: false });
  let total = Number.NaN;
  return {
    sample: async () => {
      const [, memory] = await Promise.all([utils.cpu.usage(), utils.memory.info(), utils.disk.info(), utils.network.statsAsync()]);
      total = memory.success ? memory.data.total.toBytes() : Number.NaN;
    },
    totalMemoryBytes: () => total,
    close: () => undefined,
  };
}

async function exporter(program: string): Promise<Sampler> {
  const exporter = await Exporter.start(program);
  let total = Number.NaN;
  return {
    sample: async () => {
      total = Number(/^node_memory_MemTotal_bytes (\S+)$/m.exec(await exporter.scrape())?.[1]);
    },
    totalMemoryBytes: () => total,
    otherCpuMs: () => exporter.cpuMs(),
    close: () => exporter.close(),
  };
}

function subject(sampler: Sampler): Subject {
  const sample = async (iterations: number): Promise<void> => {
    for (let iteration = 0; iteration < iterations; iteration += 1) {
      const sampled = sampler.sample();
      if (sampled !== undefined) await sampled;
    }
  };
  return {
    run: async (iterations) => {
      await sample(iterations);
      return sampler.totalMemoryBytes();
    },
    figures: async () => {
      // The kernel counts in ticks of 10 ms, so that a program beside us is asked often.
      const samples = sampler.otherCpuMs === undefined ? 3 : 300;
      let processes = 0;
      const hook = createHook({ init: (_id, type) => void (processes += type === 'PROCESSWRAP' ? 1 : 0) }).enable();
      const before = childCpuMs();
      const otherBefore = sampler.otherCpuMs?.() ?? 0;
      await sample(samples);
      hook.disable();
      return { processesStarted: processes / samples, childCpuMs: (childCpuMs() - before + (sampler.otherCpuMs?.() ?? 0) - otherBefore) / samples };
    },
    close: () => sampler.close(),
  };
}

/** CPU time of the programs started and ended, which the process's own does not include: proc(5), `cutime` and `cstime`. */
function childCpuMs(): number {
  const fields = readFileSync('/proc/self/stat', 'utf8').replace(/^.*\) /, '').split(' ');
  return ((Number(fields[13]) + Number(fields[14])) * 1_000) / TICKS_PER_SECOND;
}

const allCpuNs = (readings: Readings, contender: string): number => readings.cpuNs(contender) + readings.figure('childCpuMs', contender) * 1e6;

const OURS = '@fog/monitor';
/** Of it only the program's own share counts: whoever asks may be another machine. */
const EXPORTER = 'node_exporter, a scrape';

export default defineBench({
  name: 'monitor/sample',
  title: `CPU and garbage of one sample of CPU, memory, disks and network${nodeExporter === undefined ? ' (node_exporter is not installed here and not compared)' : ''}`,
  operation: 'sample',
  cases: { 'this machine': undefined },
  contenders: {
    [OURS]: () => subject(monitor()),
    systeminformation: () => subject(systemInformation()),
    'node-os-utils': () => subject(nodeOsUtils()),
    ...(nodeExporter !== undefined && { [EXPORTER]: async () => subject(await exporter(nodeExporter ?? '')) }),
  },
  reference: 'systeminformation',
  checkIterations: 1,
  rounds: 1, // systeminformation takes most of a second a sample.
  targets: (readings) => [
    { id: 'CPU with the programs started, systeminformation against ours', reach: '>= 150', value: allCpuNs(readings, 'systeminformation') / allCpuNs(readings, OURS) },
    { id: 'the same, node-os-utils against ours', reach: '>= 25', value: allCpuNs(readings, 'node-os-utils') / allCpuNs(readings, OURS) },
    ...(nodeExporter === undefined ? [] : [{ id: "CPU of node_exporter's scrape against ours", reach: '>= 5' as const, value: (readings.figure('childCpuMs', EXPORTER) * 1e6) / allCpuNs(readings, OURS) }]),
    { id: 'heap bytes a sample', reach: '<= 512', value: readings.heapBytes(OURS) },
    { id: 'processes started a sample', reach: '<= 0', value: readings.figure('processesStarted', OURS) },
  ],
});
