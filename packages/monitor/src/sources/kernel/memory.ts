import type { Recorder } from '../../registry.js';
import { MemorySeries } from '../memory-series.js';
import type { Source } from '../source.js';
import type { KernelFile, KernelFiles } from './kernel-files.js';
import { malformed } from './malformed.js';
import { word, type Scanner } from './scanner.js';

const TOTAL = word('MemTotal:');
const FREE = word('MemFree:');
const AVAILABLE = word('MemAvailable:');
const BUFFERS = word('Buffers:');
const CACHED = word('Cached:');
const KIB = 1024;

/** Memory of the whole machine, from `/proc/meminfo`. */
export class HostMemory implements Source {
  readonly name = 'linux memory';
  readonly #file: KernelFile;
  readonly #series: MemorySeries;

  constructor(files: KernelFiles, recorder: Recorder) {
    this.#file = files.proc('meminfo');
    this.#series = new MemorySeries(recorder);
  }

  collect(): void {
    const scanner = this.#file.scan();
    const total = kib(scanner, TOTAL);
    const available = availableKib(scanner);
    if (!(available <= total)) throw malformed(this.#file.path, `MemTotal is ${total} kB, MemAvailable ${available} kB`);
    this.#series.record((total - available) * KIB, total * KIB);
  }

  close(): void {
    this.#file.close();
  }
}

/** Total memory of the machine in bytes, for cgroups without a limit of their own; NaN where it is not told, as in a sandbox. */
export function totalMemoryBytes(files: KernelFiles): number {
  const [, total] = /^MemTotal:\s+(\d+)/m.exec(files.text(files.proc('meminfo').path) ?? '') ?? [];
  return Number(total) * KIB;
}

/** The keys are asked for in the order in which the file has them. */
function availableKib(scanner: Scanner): number {
  const free = kib(scanner, FREE);
  if (scanner.skip(AVAILABLE)) return scanner.number();
  // Before Linux 3.14: what `free` of that time showed.
  return free + kib(scanner, BUFFERS) + kib(scanner, CACHED);
}

function kib(scanner: Scanner, key: Uint8Array): number {
  const value = scanner.seek(key) ? scanner.number() : Number.NaN;
  scanner.nextLine();
  return value;
}
