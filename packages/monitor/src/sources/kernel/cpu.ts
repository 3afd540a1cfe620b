import type { Recorder } from '../../registry.js';
import type { Series } from '../../series.js';
import type { Source } from '../source.js';
import type { KernelFile, KernelFiles } from './kernel-files.js';
import { malformed } from './malformed.js';
import { word, type Scanner } from './scanner.js';

/** The fields of `cpu` lines in their order, as proc(5) has them, under the names of OpenTelemetry's `cpu.mode`. */
const FIELDS = ['user', 'nice', 'system', 'idle', 'iowait', 'interrupt', 'interrupt', 'steal'] as const;
const MODES = [...new Set(FIELDS)];
const MODE_OF_FIELD = FIELDS.map((mode) => MODES.indexOf(mode));
const IDLE = MODES.indexOf('idle');
const IOWAIT = MODES.indexOf('iowait');
const CPU = word('cpu');

/** CPU time of the whole machine, from `/proc/stat`. */
export class HostCpu implements Source {
  readonly name = 'linux cpu';
  readonly #file: KernelFile;
  readonly #recorder: Recorder;
  readonly #utilization: Series;
  readonly #limit: Series;
  readonly #modes: readonly Series[];
  readonly #ticks = new Float64Array(MODES.length);
  readonly #previous = new Float64Array(MODES.length).fill(Number.NaN);
  /** Of the latest interval in which the kernel counted any ticks; the last one is the utilization. */
  readonly #shares = new Float64Array(MODES.length + 1).fill(Number.NaN);

  constructor(files: KernelFiles, recorder: Recorder) {
    this.#file = files.proc('stat');
    this.#recorder = recorder;
    this.#utilization = recorder.open('cpu.utilization');
    this.#limit = recorder.open('cpu.limit');
    this.#modes = MODES.map((mode) => recorder.open('cpu.utilization', { mode }));
  }

  collect(): void {
    const scanner = this.#file.scan();
    this.#read(scanner);
    this.#compare();
    this.#modes.forEach(this.#recordMode);
    this.#recorder.record(this.#utilization, this.#shares[MODES.length] ?? Number.NaN);
    this.#recorder.record(this.#limit, countCpus(scanner));
  }

  close(): void {
    this.#file.close();
  }

  readonly #recordMode = (series: Series, mode: number): void => this.#recorder.record(series, this.#shares[mode] ?? Number.NaN);

  #read(scanner: Scanner): void {
    this.#ticks.fill(0);
    if (!scanner.skip(CPU)) throw malformed(this.#file.path, 'no line "cpu"');
    // Old kernels have fewer fields; guest time, which follows, is part of user time already.
    for (let field = 0; field < FIELDS.length && !scanner.atLineEnd; field += 1) {
      const ticks = scanner.number();
      if (Number.isNaN(ticks)) throw malformed(this.#file.path, `field ${field + 1} of "cpu" is no number`);
      const mode = MODE_OF_FIELD[field] ?? 0;
      this.#ticks[mode] = (this.#ticks[mode] ?? 0) + ticks;
    }
    scanner.nextLine();
  }

  #compare(): void {
    let total = 0;
    for (let mode = 0; mode < MODES.length; mode += 1) total += this.#passed(mode);
    // Sampled again within one tick: nothing new to tell, so what was true just before still is.
    if (total === 0) return;
    for (let mode = 0; mode < MODES.length; mode += 1) this.#shares[mode] = this.#passed(mode) / total;
    this.#shares[MODES.length] = (total - this.#passed(IDLE) - this.#passed(IOWAIT)) / total;
    this.#previous.set(this.#ticks);
  }

  /**
   * Ticks in a mode since the reading before; NaN at the first one. Some modes go back a little now and then (proc(5)
   * warns of iowait): no time passed in them.
   */
  #passed(mode: number): number {
    return Math.max(0, (this.#ticks[mode] ?? 0) - (this.#previous[mode] ?? Number.NaN));
  }
}

/** Lines `cpu0`, `cpu1`, …: the CPUs that are online. */
function countCpus(scanner: Scanner): number {
  let cpus = 0;
  for (; scanner.skip(CPU); scanner.nextLine()) cpus += 1;
  return cpus;
}
