import { createHook } from 'node:async_hooks';
import { readFileSync } from 'node:fs';
import { setTimeout as pause } from 'node:timers/promises';
import { createMonitor, type Clock } from '@fog/monitor';
import system from 'systeminformation';
import { defineBench, type Readings, type Subject } from '../harness/bench.js';

/** Its answers come from a cache for up to half a second: asked more often, it would do nothing. */
const CACHE_MS = 550;
const TICKS_PER_SECOND = 100;

/** What both must agree on, so that it is the same machine that they read. */
interface Sampler {
  sample(): Promise<void> | void;
  totalMemoryBytes(): number;
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
      const samples = 3;
      let processes = 0;
      const hook = createHook({ init: (_id, type) => void (processes += type === 'PROCESSWRAP' ? 1 : 0) }).enable();
      const before = childTicks();
      await sample(samples);
      hook.disable();
      return { processesStarted: processes / samples, childCpuMs: ((childTicks() - before) * 1_000) / TICKS_PER_SECOND / samples };
    },
    close: () => sampler.close(),
  };
}

/** CPU time of the programs started and ended, which the process's own does not include: proc(5), `cutime` and `cstime`. */
function childTicks(): number {
  const fields = readFileSync('/proc/self/stat', 'utf8').replace(/^.*\) /, '').split(' ');
  return Number(fields[13]) + Number(fields[14]);
}

const allCpuNs = (readings: Readings, contender: string): number => readings.cpuNs(contender) + readings.figure('childCpuMs', contender) * 1e6;

export default defineBench({
  name: 'monitor/sample',
  title: 'CPU and garbage of one sample of CPU, memory, disks and network',
  operation: 'sample',
  cases: { 'this machine': undefined },
  contenders: { '@fog/monitor': () => subject(monitor()), systeminformation: () => subject(systemInformation()) },
  reference: 'systeminformation',
  checkIterations: 1,
  rounds: 3,
  targets: (readings) => [
    { id: 'CPU with the programs started, systeminformation against ours', reach: '>= 150', value: allCpuNs(readings, 'systeminformation') / allCpuNs(readings, '@fog/monitor') },
    { id: 'heap bytes a sample', reach: '<= 512', value: readings.heapBytes('@fog/monitor') },
    { id: 'processes started a sample', reach: '<= 0', value: readings.figure('processesStarted', '@fog/monitor') },
  ],
});
