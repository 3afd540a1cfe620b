import { join } from 'node:path';
import type { Recorder } from '../../registry.js';
import type { Series } from '../../series.js';
import type { Source } from '../source.js';
import type { KernelFile, KernelFiles } from './kernel-files.js';
import { malformed } from './malformed.js';
import { Rate } from './rate.js';
import { word, type Scanner } from './scanner.js';

/** Keys of `cpu.stat` in the order in which it has them. */
const USAGE = word('usage_usec ');
const USER = word('user_usec ');
const SYSTEM = word('system_usec ');
const PERIODS = word('nr_periods ');
const THROTTLED = word('nr_throttled ');
const MICROSECONDS_PER_SECOND = 1e6;

/** CPU time of a cgroup as a share of its quota, which it may pass for a moment where `cpu.max.burst` allows. */
export class CgroupCpu implements Source {
  readonly name = 'linux cgroup cpu';
  readonly #stat: KernelFile;
  readonly #max: KernelFile | undefined;
  readonly #hostCores: number;
  readonly #recorder: Recorder;
  readonly #utilization: Series;
  readonly #user: Series;
  readonly #system: Series;
  readonly #limit: Series;
  readonly #throttled: Series;
  readonly #usageRate = new Rate();
  readonly #userRate = new Rate();
  readonly #systemRate = new Rate();
  readonly #periodsRate = new Rate();
  readonly #throttledRate = new Rate();

  constructor(folder: string, hostCores: number, files: KernelFiles, recorder: Recorder) {
    const max = join(folder, 'cpu.max');
    this.#stat = files.at(join(folder, 'cpu.stat'));
    this.#max = files.exists(max) ? files.at(max) : undefined; // The root of the tree has none.
    this.#hostCores = hostCores;
    this.#recorder = recorder;
    this.#utilization = recorder.open('cpu.utilization');
    this.#user = recorder.open('cpu.utilization', { mode: 'user' });
    this.#system = recorder.open('cpu.utilization', { mode: 'system' });
    this.#limit = recorder.open('cpu.limit');
    this.#throttled = recorder.open('cgroup.cpu.throttled');
  }

  collect(timeMs: number): void {
    const cores = this.#cores();
    const scanner = this.#stat.scan();
    const seconds = timeMs / 1_000;
    const available = cores * MICROSECONDS_PER_SECOND;
    this.#recorder.record(this.#limit, cores);
    this.#recorder.record(this.#utilization, this.#usageRate.next(this.#value(scanner, USAGE), seconds) / available);
    this.#recorder.record(this.#user, this.#userRate.next(this.#value(scanner, USER), seconds) / available);
    this.#recorder.record(this.#system, this.#systemRate.next(this.#value(scanner, SYSTEM), seconds) / available);
    if (!scanner.seek(PERIODS)) return; // Without the cpu controller there is accounting, but no limit.
    const periods = this.#periodsRate.next(scanner.number(), seconds);
    const throttled = this.#throttledRate.next(this.#value(scanner, THROTTLED), seconds);
    this.#recorder.record(this.#throttled, periods === 0 ? 0 : throttled / periods);
  }

  close(): void {
    this.#stat.close();
    this.#max?.close();
  }

  /** Read every time: limits of running containers can be changed. */
  #cores(): number {
    if (this.#max === undefined) return this.#hostCores;
    const scanner = this.#max.scan();
    const quota = scanner.number();
    const period = scanner.number();
    return Number.isNaN(quota) ? this.#hostCores : quota / period; // `max 100000` is no limit.
  }

  #value(scanner: Scanner, key: Uint8Array): number {
    const value = scanner.seek(key) ? scanner.number() : Number.NaN;
    if (Number.isNaN(value)) throw malformed(this.#stat.path, `no number after "${Buffer.from(key).toString()}"`);
    return value;
  }
}
