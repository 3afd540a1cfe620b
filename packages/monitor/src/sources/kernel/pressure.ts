import type { Recorder } from '../../registry.js';
import type { Series } from '../../series.js';
import type { Source } from '../source.js';
import type { KernelFile, KernelFiles } from './kernel-files.js';
import { malformed } from './malformed.js';
import { Rate } from './rate.js';
import { word, type Scanner } from './scanner.js';

const SOME = word('some');
const FULL = word('full');
const TOTAL = word('total=');
const MICROSECONDS_PER_SECOND = 1e6;

/**
 * Pressure stall information of one resource, as the share of the interval that tasks stood still. From the totals:
 * the kernel's own averages (`avg10`) lag by their window and keep two digits.
 */
export class Pressure implements Source {
  readonly name: string;
  readonly #file: KernelFile;
  readonly #recorder: Recorder;
  readonly #some: Series;
  readonly #full: Series | undefined;
  readonly #someRate = new Rate();
  readonly #fullRate = new Rate();

  constructor(file: KernelFile, resource: 'cpu' | 'memory' | 'io', recorder: Recorder) {
    this.name = `linux pressure.${resource}`;
    this.#file = file;
    this.#recorder = recorder;
    this.#some = recorder.open(`pressure.${resource}.some`);
    // Of a whole machine "all tasks wait for a CPU" cannot be; the kernel reports 0.
    this.#full = resource === 'cpu' ? undefined : recorder.open(`pressure.${resource}.full`);
  }

  collect(timeMs: number): void {
    const scanner = this.#file.scan();
    const seconds = timeMs / 1_000;
    if (!scanner.seek(SOME)) throw malformed(this.#file.path, 'no line "some"');
    this.#recorder.record(this.#some, share(this.#someRate.next(this.#total(scanner), seconds)));
    if (this.#full === undefined || !scanner.seek(FULL)) return;
    this.#recorder.record(this.#full, share(this.#fullRate.next(this.#total(scanner), seconds)));
  }

  close(): void {
    this.#file.close();
  }

  #total(scanner: Scanner): number {
    while (!scanner.atLineEnd && !scanner.skip(TOTAL)) {
      scanner.skipWords(1);
      scanner.blanks();
    }
    const total = scanner.number();
    if (Number.isNaN(total)) throw malformed(this.#file.path, 'no number after "total="');
    return total;
  }
}

/** The file is read a moment after the sample's time, in which tasks go on waiting: no share is above 1. */
const share = (microsecondsPerSecond: number): number => Math.min(1, microsecondsPerSecond / MICROSECONDS_PER_SECOND);

/** The pressure files of a folder: `/proc/pressure/cpu`, or `cpu.pressure` of a cgroup. None where the kernel has no PSI. */
export function pressureSources(files: KernelFiles, pathOf: (resource: string) => string, recorder: Recorder): Source[] {
  return (['cpu', 'memory', 'io'] as const)
    .filter((resource) => files.text(pathOf(resource)) !== undefined)
    .map((resource) => new Pressure(files.at(pathOf(resource)), resource, recorder));
}
