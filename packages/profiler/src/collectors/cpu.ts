import { readCpuProfile } from '../formats/cpuprofile.js';
import { objectAt, objectIn } from '../formats/json.js';
import type { InspectorSession } from '../inspector-session.js';
import type { CpuOptions } from '../options.js';
import type { Samples } from '../samples.js';
import { since } from '../timeline.js';
import type { Collector } from './collector.js';
import { withInlined } from './function-ranges.js';

/** CPU samples of this thread. */
export function cpuCollector(session: InspectorSession, { intervalUs, keepWarm, recoverInlined }: Required<CpuOptions>): Collector<Samples> {
  let startedUs = 0;
  // Enabled without need, a session would join in whenever anybody calls `console.profile`; a keeper did it already.
  const disable = async (): Promise<void> => {
    if (!keepWarm) await session.post('Profiler.disable');
  };
  return {
    async start() {
      if (!keepWarm) await enableSampling(session, intervalUs);
      try {
        await session.post('Profiler.start');
        startedUs = nowUs();
      } catch (error) {
        await disable();
        throw error;
      }
    },
    async stop() {
      try {
        const samples = readCpuProfile(objectIn(objectAt('Profiler.stop', await session.post('Profiler.stop')), 'profile'));
        const cut = since(samples, startedUs); // V8's first sample is of the start itself and would bear all its time.
        return recoverInlined ? await withInlined(cut, session) : cut;
      } finally {
        await disable();
      }
    },
  };
}

/** V8's clock of CPU samples, which is that of `process.hrtime`. */
export const nowUs = (): number => Number(process.hrtime.bigint() / 1_000n);

/** V8 takes another interval only while nothing is recorded. Both are posted before this returns. */
export async function enableSampling(session: InspectorSession, intervalUs: number): Promise<void> {
  await Promise.all([session.post('Profiler.enable'), session.post('Profiler.setSamplingInterval', { interval: intervalUs })]);
}
