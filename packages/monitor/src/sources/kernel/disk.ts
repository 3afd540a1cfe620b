import { join } from 'node:path';
import type { Recorder } from '../../registry.js';
import type { Series } from '../../series.js';
import { larger, plus } from '../missing.js';
import type { Source } from '../source.js';
import { DeviceTable, type Device } from './device-table.js';
import type { KernelFile, KernelFiles } from './kernel-files.js';
import { malformed } from './malformed.js';
import { Rate } from './rate.js';
import type { Scanner } from './scanner.js';

/** The kernel counts in sectors of 512 bytes, whatever those of the disk are. */
const SECTOR_BYTES = 512;
const RATES = ['disk.operations.read', 'disk.io.read', 'disk.operations.write', 'disk.io.write'] as const;
const BUSY = RATES.length;

/** Disk I/O as rates, of each disk and in total, from `/proc/diskstats`. */
export class DiskIo implements Source {
  readonly name = 'linux disk';
  readonly #file: KernelFile;
  readonly #recorder: Recorder;
  readonly #disks: DeviceTable<Disk>;
  readonly #totals: readonly Series[];
  readonly #busy: Series;
  /** Sums of the rates over all disks, then the largest share of busy time; NaN while no disk has any. */
  readonly #sums = new Float64Array(RATES.length + 1);

  constructor(files: KernelFiles, recorder: Recorder) {
    this.#file = files.proc('diskstats');
    this.#recorder = recorder;
    this.#totals = RATES.map((metric) => recorder.open(metric));
    this.#busy = recorder.open('disk.busy');
    this.#disks = new DeviceTable((name) => (isDisk(name, files) ? new Disk(name, this.#file.path, recorder, this.#sums) : undefined));
  }

  collect(timeMs: number): void {
    const scanner = this.#file.scan();
    this.#sums.fill(Number.NaN);
    this.#disks.begin();
    for (; !scanner.atEnd; scanner.nextLine()) {
      scanner.skipWords(2); // major and minor number
      scanner.blanks();
      if (!scanner.atLineEnd) this.#disks.match(scanner)?.update(scanner, timeMs / 1_000);
    }
    this.#disks.end();
    this.#totals.forEach(this.#recordTotal);
    this.#recorder.record(this.#busy, this.#sums[BUSY] ?? Number.NaN);
  }

  close(): void {
    this.#file.close();
  }

  readonly #recordTotal = (series: Series, rate: number): void => this.#recorder.record(series, this.#sums[rate] ?? Number.NaN);
}

class Disk implements Device {
  readonly #name: string;
  readonly #path: string;
  readonly #recorder: Recorder;
  readonly #sums: Float64Array;
  readonly #series: readonly Series[];
  readonly #rates = [...RATES, 'busy ms'].map(() => new Rate());

  constructor(name: string, path: string, recorder: Recorder, sums: Float64Array) {
    this.#name = name;
    this.#path = path;
    this.#recorder = recorder;
    this.#sums = sums;
    this.#series = [...RATES, 'disk.busy' as const].map((metric) => recorder.open(metric, { device: name }));
  }

  update(scanner: Scanner, seconds: number): void {
    for (let rate = 0; rate < RATES.length; rate += 2) {
      this.#sum(rate, this.#next(rate, scanner, seconds));
      scanner.skipWords(1); // merged
      this.#sum(rate + 1, this.#next(rate + 1, scanner, seconds) * SECTOR_BYTES);
      scanner.skipWords(1); // ms spent, of overlapping operations
    }
    scanner.skipWords(1); // operations under way
    // The kernel rounds to its own ticks: a full second may count as a little more.
    const busy = Math.min(1, this.#next(BUSY, scanner, seconds) / 1_000);
    this.#recordOne(BUSY, busy);
    this.#sums[BUSY] = larger(this.#sums[BUSY] ?? Number.NaN, busy);
  }

  gone(): void {
    for (const series of this.#series) this.#recorder.release(series);
  }

  #next(counter: number, scanner: Scanner, seconds: number): number {
    const value = scanner.number();
    if (Number.isNaN(value)) throw malformed(this.#path, `too few numbers for ${this.#name}`);
    return this.#rates[counter]?.next(value, seconds) ?? Number.NaN;
  }

  #sum(rate: number, value: number): void {
    this.#recordOne(rate, value);
    this.#sums[rate] = plus(this.#sums[rate] ?? Number.NaN, value);
  }

  #recordOne(index: number, value: number): void {
    const series = this.#series[index];
    if (series !== undefined) this.#recorder.record(series, value);
  }
}

/** Names of what holds no bytes of its own: partitions, and devices made of other devices or of memory. */
const NOT_A_DISK = /^(?:loop|ram|zram|sr|fd|dm-|md|nbd)\d|^(?:[shv]d[a-z]+|xvd[a-z]+)\d+$|^(?:nvme\d+n\d+|mmcblk\d+)(?:p|boot|rpmb)\d*$/;

/** Disks alone: with partitions, volumes and arrays beside them the same byte would count twice or more. */
export function isDisk(name: string, files: KernelFiles): boolean {
  const block = join(files.roots.sys, 'block');
  if (!files.exists(block)) return !NOT_A_DISK.test(name);
  // Whatever hardware stands behind has a `device`; the names in /sys have ! for /.
  return files.exists(join(block, name.replaceAll('/', '!'), 'device'));
}
