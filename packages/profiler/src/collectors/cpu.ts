import { readCpuProfile } from '../formats/cpuprofile.js';
import { objectAt, objectIn } from '../formats/json.js';
import { ScriptPlaces } from '../formats/script-places.js';
import type { InspectorSession } from '../inspector-session.js';
import type { CpuOptions } from '../options.js';
import { markOwn } from '../own-frames.js';
import type { Samples } from '../samples.js';
import { since } from '../timeline.js';
import { withBuiltins } from './builtins.js';
import { nowUs } from '../v8-clock.js';
import type { Collector } from './collector.js';
import { COVERAGE, withInlined } from './function-ranges.js';

/** Samples that were taken and are still to be made sense of, once all else that is recorded has stopped. */
export interface RawCpu {
  read(): Samples;
  /** Of the functions that were sampled. */
  places(): ScriptPlaces;
}

/** CPU samples of this thread. */
export function cpuCollector(session: InspectorSession, { intervalUs, keepWarm, recoverInlined }: Required<CpuOptions>): Collector<RawCpu> {
  let startedUs = 0;
  // Enabled without need, a session would join in whenever anybody calls `console.profile`; a keeper did it already.
  const disable = (): void => {
    if (!keepWarm) session.call('Profiler.disable');
  };
  const coverage = (): object => {
    if (!keepWarm) session.call('Profiler.enable');
    try {
      return session.call(COVERAGE);
    } finally {
      disable();
    }
  };
  return {
    start() {
      if (!keepWarm) enableSampling(session, intervalUs);
      try {
        session.call('Profiler.start');
        startedUs = nowUs();
      } catch (error) {
        disable();
        throw error;
      }
    },
    stop() {
      try {
        const profile = objectIn(objectAt('Profiler.stop', session.call('Profiler.stop')), 'profile');
        return {
          read() {
            const cut = since(readCpuProfile(profile), startedUs); // V8's first sample is of the start itself and would bear all its time.
            return markOwn(withBuiltins(recoverInlined ? withInlined(cut, coverage()) : cut));
          },
          places: () => new ScriptPlaces(profile),
        };
      } finally {
        disable();
      }
    },
  };
}

/** V8 takes another interval only while nothing is recorded. */
export function enableSampling(session: InspectorSession, intervalUs: number): void {
  session.call('Profiler.enable');
  session.call('Profiler.setSamplingInterval', { interval: intervalUs });
}
