import type { Recorder } from '../registry.js';
import type { Series } from '../series.js';

/** The four series of memory, of whatever the limit is. */
export class MemorySeries {
  readonly #recorder: Recorder;
  readonly #utilization: Series;
  readonly #used: Series;
  readonly #available: Series;
  readonly #limit: Series;

  constructor(recorder: Recorder) {
    this.#recorder = recorder;
    this.#utilization = recorder.open('memory.utilization');
    this.#used = recorder.open('memory.used');
    this.#available = recorder.open('memory.available');
    this.#limit = recorder.open('memory.limit');
  }

  record(usedBytes: number, limitBytes: number): void {
    this.#recorder.record(this.#utilization, usedBytes / limitBytes);
    this.#recorder.record(this.#used, usedBytes);
    this.#recorder.record(this.#available, limitBytes - usedBytes);
    this.#recorder.record(this.#limit, limitBytes);
  }
}
