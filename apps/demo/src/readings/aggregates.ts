import type { Reading } from './reading.js';

/** The readings of one device and metric within one minute. */
export interface Aggregate {
  readonly device: string;
  readonly metric: string;
  /** Start of the minute, in ms since 1970. */
  readonly minuteMs: number;
  readonly count: number;
  readonly sum: number;
  readonly min: number;
  readonly max: number;
  /** The value taken last, and when. */
  readonly last: number;
  readonly lastAtMs: number;
}

const MINUTE_MS = 60_000;

type Running = { -readonly [Field in keyof Aggregate]: Aggregate[Field] };

/** Adds readings up, in any order. */
export class Aggregates {
  readonly #byKey = new Map<string, Running>();
  #readings = 0;

  get readings(): number {
    return this.#readings;
  }

  add({ device, metric, value, atMs }: Reading): void {
    this.#readings += 1;
    const minuteMs = atMs - (atMs % MINUTE_MS);
    const key = `${device}\0${metric}\0${minuteMs}`;
    const known = this.#byKey.get(key);
    if (known === undefined) {
      this.#byKey.set(key, { device, metric, minuteMs, count: 1, sum: value, min: value, max: value, last: value, lastAtMs: atMs });
      return;
    }
    known.count += 1;
    known.sum += value;
    if (value < known.min) known.min = value;
    if (value > known.max) known.max = value;
    if (atMs >= known.lastAtMs) {
      known.last = value;
      known.lastAtMs = atMs;
    }
  }

  /** Ordered by device, metric and minute: the order in which every batch locks its rows, so that two never wait for each other. */
  toArray(): Aggregate[] {
    const order = (a: string, b: string): number => (a < b ? -1 : Number(a > b));
    return [...this.#byKey.values()].sort((a, b) => order(a.device, b.device) || order(a.metric, b.metric) || a.minuteMs - b.minuteMs);
  }
}
