import { type PerformanceEntry, PerformanceObserver, constants, performance } from 'node:perf_hooks';
import type { Collector } from './collector.js';

export interface GcPauses {
  readonly count: number;
  readonly pauseMs: number;
  readonly maxPauseMs: number;
}

/** Garbage collections on this thread, by kind. */
export interface GcFacts {
  readonly minor: GcPauses;
  readonly major: GcPauses;
  readonly incremental: GcPauses;
  readonly weakCallbacks: GcPauses;
}

interface GcEntry extends PerformanceEntry {
  readonly detail: { readonly kind: number };
}

const KINDS: ReadonlyMap<number, keyof GcFacts> = new Map([
  [constants.NODE_PERFORMANCE_GC_MINOR, 'minor'],
  [constants.NODE_PERFORMANCE_GC_MAJOR, 'major'],
  [constants.NODE_PERFORMANCE_GC_INCREMENTAL, 'incremental'],
  [constants.NODE_PERFORMANCE_GC_WEAKCB, 'weakCallbacks'],
]);

export function gcCollector(): Collector<GcFacts> {
  const pauses: Record<keyof GcFacts, number[]> = { minor: [], major: [], incremental: [], weakCallbacks: [] };
  const collect = (entries: readonly PerformanceEntry[]): void => {
    for (const entry of entries) {
      const kind = KINDS.get((entry as GcEntry).detail.kind);
      if (kind !== undefined && entry.startTime < stoppedAt) pauses[kind].push(entry.duration);
    }
  };
  const observer = new PerformanceObserver((list) => collect(list.getEntries()));
  let stoppedAt = Infinity;
  return {
    async start() {
      observer.observe({ entryTypes: ['gc'] });
    },
    async stop() {
      stoppedAt = performance.now();
      // Node hands a collection over in a later turn of the loop: without waiting, a synchronous run would have none.
      await new Promise((resolve) => setImmediate(resolve));
      collect(observer.takeRecords());
      observer.disconnect();
      return { minor: sumUp(pauses.minor), major: sumUp(pauses.major), incremental: sumUp(pauses.incremental), weakCallbacks: sumUp(pauses.weakCallbacks) };
    },
  };
}

const sumUp = (pausesMs: readonly number[]): GcPauses => ({
  count: pausesMs.length,
  pauseMs: pausesMs.reduce((sum, pauseMs) => sum + pauseMs, 0),
  maxPauseMs: pausesMs.reduce((max, pauseMs) => Math.max(max, pauseMs), 0),
});
