import type { Recorder } from '../registry.js';
import type { Series } from '../series.js';
import type { Source } from '../sources/source.js';

/** Counts what happens; its series says how often that was, per second since the sample before. */
export interface Counter {
  /** What has been counted so far. */
  readonly total: number;
  /** Adds a finite number of 0 or more, 1 by default; anything else is dropped and counted in `stats()`. */
  add(amount?: number): void;
  /** Ends the series; its history stays until it has grown too old. */
  remove(): void;
}

export class CounterSource implements Source {
  readonly name: string;
  total = 0;
  readonly #series: Series;
  readonly #recorder: Recorder;
  #previousTotal = 0;
  #previousMs: number;

  constructor(series: Series, recorder: Recorder, nowMs: number) {
    this.name = `counter ${series.name}`;
    this.#series = series;
    series.counted = () => this.total;
    this.#recorder = recorder;
    // It begins at 0 and now, so that the first sample has a rate already.
    this.#previousMs = nowMs;
  }

  add(amount: number): void {
    if (typeof amount === 'number' && amount >= 0 && amount < Infinity) this.total += amount;
    else this.#recorder.drop();
  }

  collect(timeMs: number): void {
    // Made and sampled in the same millisecond: there is no rate over no time.
    if (timeMs <= this.#previousMs) return;
    this.#recorder.record(this.#series, ((this.total - this.#previousTotal) * 1_000) / (timeMs - this.#previousMs));
    this.#previousTotal = this.total;
    this.#previousMs = timeMs;
  }

  close(): void {
    this.#recorder.release(this.#series);
  }
}
