import type { Recorder } from '../registry.js';
import type { Series } from '../series.js';
import type { Source } from './source.js';

/** Node lists them by name, an array as long as there are handles: too much garbage for every sample. */
const REFRESH_MS = 10_000;

/** What keeps the process alive: sockets, timers, requests. A number that only grows is a leak. */
export class Handles implements Source {
  readonly name = 'handles';
  readonly #recorder: Recorder;
  readonly #handles: Series;
  /** How many there were, and when that was: in a typed array, as plain fields that hold doubles are allocated at every change. */
  readonly #latest = new Float64Array([Number.NaN, -Infinity]);

  constructor(recorder: Recorder) {
    this.#recorder = recorder;
    this.#handles = recorder.open('nodejs.handles');
  }

  collect(timeMs: number): void {
    const latest = this.#latest;
    if (timeMs - (latest[1] ?? 0) >= REFRESH_MS) {
      latest[0] = process.getActiveResourcesInfo().length;
      latest[1] = timeMs;
    }
    this.#recorder.record(this.#handles, latest[0] ?? Number.NaN);
  }
}
