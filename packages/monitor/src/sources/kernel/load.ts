import type { Recorder } from '../../registry.js';
import type { Source } from '../source.js';
import type { KernelFile, KernelFiles } from './kernel-files.js';
import { malformed } from './malformed.js';

/** Load averages, from `/proc/loadavg`. */
export class LoadAverage implements Source {
  readonly name = 'linux load';
  readonly #file: KernelFile;
  readonly #recorder: Recorder;
  readonly #series;

  constructor(files: KernelFiles, recorder: Recorder) {
    this.#file = files.proc('loadavg');
    this.#recorder = recorder;
    this.#series = [recorder.open('cpu.load_average.1m'), recorder.open('cpu.load_average.5m'), recorder.open('cpu.load_average.15m')];
  }

  collect(): void {
    const scanner = this.#file.scan();
    for (const series of this.#series) {
      const average = scanner.number();
      if (Number.isNaN(average)) throw malformed(this.#file.path, 'three numbers should come first');
      this.#recorder.record(series, average);
    }
  }

  close(): void {
    this.#file.close();
  }
}
