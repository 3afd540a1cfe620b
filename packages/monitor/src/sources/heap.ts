import { getHeapStatistics } from 'node:v8';
import type { Recorder } from '../registry.js';
import type { Series } from '../series.js';
import type { Source } from './source.js';

/**
 * The JavaScript heap. A source of its own, so that the function stays small enough for the compiler to do without the
 * object of fourteen numbers that Node makes of two: half of the garbage of a sample. `pnpm bench monitor/sample`.
 */
export class Heap implements Source {
  readonly name = 'heap';
  readonly #recorder: Recorder;
  readonly #used: Series;
  readonly #limit: Series;
  readonly #external: Series;

  constructor(recorder: Recorder) {
    this.#recorder = recorder;
    this.#used = recorder.open('v8js.memory.heap.used');
    this.#limit = recorder.open('v8js.memory.heap.limit');
    this.#external = recorder.open('process.memory.external');
  }

  collect(): void {
    const { used_heap_size: used, heap_size_limit: limit, external_memory: external } = getHeapStatistics();
    this.#recorder.record(this.#used, used);
    this.#recorder.record(this.#limit, limit);
    this.#recorder.record(this.#external, external);
  }
}
