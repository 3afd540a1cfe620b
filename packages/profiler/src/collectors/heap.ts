import { alreadyRecording } from '../errors.js';
import { readHeapProfile } from '../formats/heapprofile.js';
import { objectAt, objectIn } from '../formats/json.js';
import type { InspectorSession } from '../inspector-session.js';
import { markOwn, withFileUrls } from '../own-frames.js';
import type { Samples } from '../samples.js';
import type { ScriptPlaces } from '../formats/script-places.js';
import type { Collector } from './collector.js';

/**
 * V8 has one heap sampler a thread and lets every session start it again and stop it for all others, so that two
 * profilers would silently break each other. A module is loaded once a thread, as the sampler exists once.
 */
let sampling = false;

/** Samples that were taken and are still to be made sense of, with the places of functions whose scripts V8 has collected. */
export type RawMemory = (places: ScriptPlaces | undefined) => Samples;

export interface HeapCollector extends Collector<RawMemory> {
  /** What the samples say so far. Forces a full garbage collection. */
  read(): Samples;
}

/** Sampled allocations of this thread: all, or those that are still alive when the samples are read. */
export function heapCollector(session: InspectorSession, samplingIntervalBytes: number, of: 'allocated' | 'live'): HeapCollector {
  const raw = (method: string): RawMemory => {
    const answer = objectIn(objectAt(method, session.call(method)), 'profile');
    return (places) => markOwn(withFileUrls(readHeapProfile(answer, of, places)));
  };
  return {
    start() {
      if (sampling) throw alreadyRecording('another profiler of this thread records memory');
      sampling = true;
      try {
        session.call('HeapProfiler.startSampling', {
          samplingInterval: samplingIntervalBytes,
          includeObjectsCollectedByMajorGC: of === 'allocated',
          includeObjectsCollectedByMinorGC: of === 'allocated',
        });
      } catch (error) {
        sampling = false;
        throw error;
      }
    },
    read: () => raw('HeapProfiler.getSamplingProfile')(undefined),
    stop() {
      try {
        return raw('HeapProfiler.stopSampling');
      } finally {
        sampling = false;
      }
    },
  };
}
