import type { Recorder } from '../registry.js';
import type { Series } from '../series.js';
import type { Source } from '../sources/source.js';

/** A signal that the application owns and lets be read. */
export class Gauge implements Source {
  readonly name: string;
  readonly #series: Series;
  readonly #read: () => number;
  readonly #recorder: Recorder;

  constructor(series: Series, read: () => number, recorder: Recorder) {
    this.name = `gauge ${series.name}`;
    this.#series = series;
    this.#read = read;
    this.#recorder = recorder;
  }

  collect(): void {
    const value: unknown = this.#read();
    if (typeof value === 'number' && Number.isFinite(value)) this.#recorder.record(this.#series, value);
    else this.#recorder.drop();
  }

  close(): void {
    this.#recorder.release(this.#series);
  }
}
