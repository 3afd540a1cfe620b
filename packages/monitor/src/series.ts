import type { TierValues } from './tier.js';

/** Units are words, so that a value and its unit read as a sentence. `ratio` is 0…1. */
export type Unit = 'ratio' | 'bytes' | 'bytesPerSecond' | 'perSecond' | 'milliseconds' | 'cores' | 'count';

export type Labels = Readonly<Record<string, string>>;

/** What a series is; its values come from `snapshot()` and `query()`. */
export interface SeriesInfo {
  /** Unique: the metric and its labels, as in `disk.io.read{device="vda"}`. */
  readonly name: string;
  /** The metric alone, as in `disk.io.read`. */
  readonly metric: string;
  readonly labels: Labels;
  readonly unit: Unit;
  readonly description: string;
  /** All that has been counted so far: of the series of a counter of your own, and of the rate of a histogram. */
  readonly total?: number;
}

/** One ring buffer of values; which slot is which time is known to the history that all series share. */
export interface Series extends SeriesInfo {
  readonly values: Float64Array;
  /** The same summed up, one of each tier. */
  readonly tiers: readonly TierValues[];
  /** Number of the latest sample that had a value; -1 before the first. */
  latest: number;
  /** Of a rate whose owner counts: what it has counted. */
  counted: (() => number) | undefined;
  /** Its owner is gone; it is kept until its last value has left the history. */
  released: boolean;
}

/** The unique name of a series. Labels are sorted, so that their order at the call does not matter. */
export function seriesName(metric: string, labels: Labels = {}): string {
  const names = Object.keys(labels).sort();
  if (names.length === 0) return metric;
  return `${metric}{${names.map((name) => `${name}=${JSON.stringify(labels[name])}`).join(',')}}`;
}
