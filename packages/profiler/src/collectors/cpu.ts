import { readCpuProfile } from '../formats/cpuprofile.js';
import { objectAt, objectIn } from '../formats/json.js';
import type { InspectorSession } from '../inspector-session.js';
import type { CpuOptions } from '../options.js';
import type { Samples } from '../samples.js';
import type { Collector } from './collector.js';

/** CPU samples of this thread. */
export function cpuCollector(session: InspectorSession, { intervalUs, keepWarm }: Required<CpuOptions>): Collector<Samples> {
  // Enabled without need, a session would join in whenever anybody calls `console.profile`; a keeper did it already.
  const disable = async (): Promise<void> => {
    if (!keepWarm) await session.post('Profiler.disable');
  };
  return {
    async start() {
      if (!keepWarm) await enableSampling(session, intervalUs);
      try {
        await session.post('Profiler.start');
      } catch (error) {
        await disable();
        throw error;
      }
    },
    async stop() {
      try {
        return readCpuProfile(objectIn(objectAt('Profiler.stop', await session.post('Profiler.stop')), 'profile'));
      } finally {
        await disable();
      }
    },
  };
}

/** V8 takes another interval only while nothing is recorded. */
export async function enableSampling(session: InspectorSession, intervalUs: number): Promise<void> {
  await session.post('Profiler.enable');
  await session.post('Profiler.setSamplingInterval', { interval: intervalUs });
}
