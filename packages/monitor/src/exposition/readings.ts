import type { Monitor } from '../monitor.js';
import type { SeriesInfo } from '../series.js';
import { distinct, exposed, type Exposed } from './conventions.js';

/** The value of now of one series, as it is told outside. */
export interface Reading extends Exposed {
  readonly value: number;
}

/** What the rate of a series has added up to so far. */
interface Total {
  sum: number;
  untilMs: number;
}

/**
 * All series of a monitor as others want them: rates as counters. One of the application's own is told as it is. Of the
 * machine's a counter is the integral of its rate over the samples since the last reading, and counts from the first one;
 * read less often than the history reaches back, it misses some.
 */
export class Readings {
  readonly #monitor: Monitor;
  #totals = new Map<string, Total>();

  constructor(monitor: Monitor) {
    this.#monitor = monitor;
    this.next();
  }

  next(): Reading[] {
    const { values } = this.#monitor.snapshot();
    const before = this.#totals;
    this.#totals = new Map();
    return distinct(this.#monitor.series()).flatMap((series) => {
      const form = exposed(series);
      if (form.isRate) return { ...form, value: series.total ?? this.#total(series, before.get(series.name)) };
      const value = values[series.name];
      return value === undefined ? [] : { ...form, value: value * form.factor };
    });
  }

  #total({ name }: SeriesInfo, before: Total | undefined): number {
    const total = before ?? { sum: 0, untilMs: -Infinity };
    for (const { timeMs, value } of this.#monitor.query(name, { fromMs: total.untilMs })) {
      // The first one says how fast, but not for how long.
      if (total.untilMs > -Infinity) total.sum += (value * (timeMs - total.untilMs)) / 1_000;
      total.untilMs = timeMs;
    }
    this.#totals.set(name, total);
    return total.sum;
  }
}
