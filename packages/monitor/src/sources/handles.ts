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
  #count = Number.NaN;
  #countedMs = -Infinity;

  constructor(recorder: Recorder) {
    this.#recorder = recorder;
    this.#handles = recorder.open('nodejs.handles');
  }

  collect(timeMs: number): void {
    if (timeMs - this.#countedMs >= REFRESH_MS) {
      this.#count = process.getActiveResourcesInfo().length;
      this.#countedMs = timeMs;
    }
    this.#recorder.record(this.#handles, this.#count);
  }
}
