import type { Recorder } from '../../registry.js';
import type { Series } from '../../series.js';
import type { Source } from '../source.js';
import type { KernelFile, KernelFiles } from './kernel-files.js';
import { DeviceTable, type Device } from './device-table.js';
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
  readonly #cores: DeviceTable<Core>;
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
    this.#cores = new DeviceTable((name) => new Core(name, this.#file.path, recorder));
  }

  collect(): void {
    const scanner = this.#file.scan();
    this.#read(scanner);
    this.#compare();
    this.#modes.forEach(this.#recordMode);
    this.#recorder.record(this.#utilization, this.#shares[MODES.length] ?? Number.NaN);
    this.#recorder.record(this.#limit, this.#readCores(scanner));
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

  /** Lines `cpu0`, `cpu1`, …: the CPUs that are online, which may go and come back. Gives their number. */
  #readCores(scanner: Scanner): number {
    let online = 0;
    this.#cores.begin();
    for (; scanner.startsWith(CPU); scanner.nextLine()) {
      this.#cores.match(scanner)?.update(scanner);
      online += 1;
    }
    this.#cores.end();
    return online;
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

/** One CPU: what share of its time it was not idle. */
class Core implements Device {
  readonly #name: string;
  readonly #path: string;
  readonly #recorder: Recorder;
  readonly #utilization: Series;
  /** Ticks idle and in all at the reading before, then the share found last. */
  readonly #previous = new Float64Array(3).fill(Number.NaN);

  constructor(name: string, path: string, recorder: Recorder) {
    this.#name = name;
    this.#path = path;
    this.#recorder = recorder;
    this.#utilization = recorder.open('cpu.utilization', { cpu: name.slice(CPU.length) });
  }

  update(scanner: Scanner): void {
    let idle = 0;
    let all = 0;
    for (let field = 0; field < FIELDS.length && !scanner.atLineEnd; field += 1) {
      const ticks = scanner.number();
      if (Number.isNaN(ticks)) throw malformed(this.#path, `field ${field + 1} of "${this.#name}" is no number`);
      all += ticks;
      if (MODE_OF_FIELD[field] === IDLE || MODE_OF_FIELD[field] === IOWAIT) idle += ticks;
    }
    const passed = all - (this.#previous[1] ?? Number.NaN);
    // As of the whole machine: within one tick there is nothing new to tell.
    if (passed !== 0) {
      const idled = Math.min(passed, Math.max(0, idle - (this.#previous[0] ?? Number.NaN)));
      this.#previous[2] = passed > 0 ? 1 - idled / passed : Number.NaN;
      this.#previous[0] = idle;
      this.#previous[1] = all;
    }
    this.#recorder.record(this.#utilization, this.#previous[2] ?? Number.NaN);
  }

  gone(): void {
    this.#recorder.release(this.#utilization);
  }
}
