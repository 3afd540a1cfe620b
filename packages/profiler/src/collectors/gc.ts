import { type PerformanceEntry, PerformanceObserver, constants, performance } from 'node:perf_hooks';
import type { Collector } from './collector.js';

export type GcKind = 'minor' | 'major' | 'incremental' | 'weakCallbacks';

export interface GcPauses {
  readonly count: number;
  readonly pauseMs: number;
  readonly maxPauseMs: number;
}

export interface GcPause {
  /** From the start of the recording. */
  readonly atMs: number;
  readonly durationMs: number;
  readonly kind: GcKind;
}

/** Garbage collections on this thread, by kind. */
export interface GcFacts extends Readonly<Record<GcKind, GcPauses>> {
  /** In the order of time; of very many, the longest thousand. */
  readonly pauses: readonly GcPause[];
}

interface GcEntry extends PerformanceEntry {
  readonly detail: { readonly kind: number };
}

const KINDS: ReadonlyMap<number, GcKind> = new Map([
  [constants.NODE_PERFORMANCE_GC_MINOR, 'minor'],
  [constants.NODE_PERFORMANCE_GC_MAJOR, 'major'],
  [constants.NODE_PERFORMANCE_GC_INCREMENTAL, 'incremental'],
  [constants.NODE_PERFORMANCE_GC_WEAKCB, 'weakCallbacks'],
]);

const MOST_PAUSES = 1_000;

/**
 * Node hands a collection over in a later turn of the loop: stopped in the turn of a collection, it is missed, so let one
 * turn pass between `end` and `stop` where there is one.
 */
export interface GcCollector extends Collector<GcFacts> {
  /** Runs `fn`, and does not count the collections that it forces. */
  without<Result>(fn: () => Result): Result;
  /** Collections from now on are not the recording's. */
  end(): void;
}

export function gcCollector(): GcCollector {
  const counts = { minor: [0, 0, 0], major: [0, 0, 0], incremental: [0, 0, 0], weakCallbacks: [0, 0, 0] } satisfies Record<GcKind, [number, number, number]>;
  let pauses: GcPause[] = [];
  const forced: (readonly [from: number, until: number])[] = [];
  const isForced = (at: number): boolean => forced.some(([from, until]) => at >= from && at <= until);
  let [startedAt, endedAt] = [0, Infinity];
  const collect = (entries: readonly PerformanceEntry[]): void => {
    for (const entry of entries) {
      const kind = KINDS.get((entry as GcEntry).detail.kind);
      if (kind === undefined || entry.startTime < startedAt || entry.startTime >= endedAt || isForced(entry.startTime)) continue;
      const { duration: durationMs } = entry;
      const [count, pauseMs, maxMs] = counts[kind];
      counts[kind] = [count + 1, pauseMs + durationMs, Math.max(maxMs, durationMs)];
      pauses.push({ atMs: entry.startTime - startedAt, durationMs, kind });
    }
    if (pauses.length > 2 * MOST_PAUSES) pauses = longest(pauses);
  };
  const observer = new PerformanceObserver((list) => collect(list.getEntries()));
  const end = (): void => {
    endedAt = Math.min(endedAt, performance.now());
  };
  return {
    start() {
      startedAt = performance.now();
      observer.observe({ entryTypes: ['gc'] });
    },
    without(fn) {
      const from = performance.now();
      try {
        return fn();
      } finally {
        forced.push([from, performance.now()]);
      }
    },
    end,
    stop() {
      end();
      collect(observer.takeRecords());
      observer.disconnect();
      const of = ([count, pauseMs, maxPauseMs]: readonly [number, number, number]): GcPauses => ({ count, pauseMs, maxPauseMs });
      return { minor: of(counts.minor), major: of(counts.major), incremental: of(counts.incremental), weakCallbacks: of(counts.weakCallbacks), pauses: longest(pauses) };
    },
  };
}

function longest(pauses: readonly GcPause[]): GcPause[] {
  if (pauses.length <= MOST_PAUSES) return [...pauses];
  return pauses.toSorted((a, b) => b.durationMs - a.durationMs).slice(0, MOST_PAUSES).sort((a, b) => a.atMs - b.atMs);
}
