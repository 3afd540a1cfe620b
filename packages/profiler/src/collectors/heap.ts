import { alreadyRecording } from '../errors.js';
import { readHeapProfile } from '../formats/heapprofile.js';
import { objectAt, objectIn } from '../formats/json.js';
import type { InspectorSession } from '../inspector-session.js';
import type { Samples } from '../samples.js';
import type { Collector } from './collector.js';

/**
 * V8 has one heap sampler a thread and lets every session start it again and stop it for all others, so that two
 * profilers would silently break each other. A module is loaded once a thread, as the sampler exists once.
 */
let sampling = false;

/** Sampled allocations of this thread, those included that were collected meanwhile. */
export const heapCollector = (session: InspectorSession, samplingIntervalBytes: number): Collector<Samples> => ({
  async start() {
    if (sampling) throw alreadyRecording('another profiler of this thread records memory');
    sampling = true;
    try {
      await session.post('HeapProfiler.startSampling', {
        samplingInterval: samplingIntervalBytes,
        includeObjectsCollectedByMajorGC: true,
        includeObjectsCollectedByMinorGC: true,
      });
    } catch (error) {
      sampling = false;
      throw error;
    }
  },
  async stop() {
    try {
      return readHeapProfile(objectIn(objectAt('HeapProfiler.stopSampling', await session.post('HeapProfiler.stopSampling')), 'profile'));
    } finally {
      sampling = false;
    }
  },
});
