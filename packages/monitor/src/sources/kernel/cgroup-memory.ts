import { join } from 'node:path';
import type { Recorder } from '../../registry.js';
import { MemorySeries } from '../memory-series.js';
import type { Source } from '../source.js';
import type { KernelFile, KernelFiles } from './kernel-files.js';
import { malformed } from './malformed.js';
import { word } from './scanner.js';

const INACTIVE_FILE = word('inactive_file ');

/**
 * Memory of a cgroup as a share of its limit. In use is what the kubelet calls the working set: all that is charged
 * but the page cache that the kernel would drop first. With it a container that merely read files looks full.
 */
export class CgroupMemory implements Source {
  readonly name = 'linux cgroup memory';
  readonly #current: KernelFile;
  readonly #stat: KernelFile;
  readonly #max: KernelFile;
  readonly #hostBytes: number;
  readonly #series: MemorySeries;

  constructor(folder: string, hostBytes: number, files: KernelFiles, recorder: Recorder) {
    this.#current = files.at(join(folder, 'memory.current'));
    this.#stat = files.at(join(folder, 'memory.stat'));
    this.#max = files.at(join(folder, 'memory.max'));
    this.#hostBytes = hostBytes;
    this.#series = new MemorySeries(recorder);
  }

  collect(): void {
    const current = this.#current.scan().number();
    const limit = this.#max.scan().number();
    const stat = this.#stat.scan();
    const reclaimable = stat.seek(INACTIVE_FILE) ? stat.number() : Number.NaN;
    if (Number.isNaN(current)) throw malformed(this.#current.path, 'no number');
    if (Number.isNaN(reclaimable)) throw malformed(this.#stat.path, 'no number after "inactive_file"');
    // The two files are read one after the other, so that the cache may seem larger than all of it.
    const used = Math.max(0, current - reclaimable);
    // `max` is no limit; neither is more than there is.
    this.#series.record(used, limit > this.#hostBytes || Number.isNaN(limit) ? this.#hostBytes : limit);
  }

  close(): void {
    this.#current.close();
    this.#stat.close();
    this.#max.close();
  }
}
