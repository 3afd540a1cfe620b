import type { ChangeLog } from './change-log.js';
import type { ClusterWorker } from './cluster-worker.js';
import type { Demand } from './resources.js';

/** Columns before those of what is free. */
const SHARE = 0;
const GPUS = 1;
const FREE = 2;

/**
 * What the workers have and what is free there, once more, side by side in a typed array: a search over many workers then stays in
 * the processor's cache, where one over objects would wait for memory at each of them. What is told of one worker is a row, mostly
 * in one line of the cache.
 */
export class CapacityTable {
  /** By worker: share in use of what it is shortest of, how many GPUs it has, then by dimension what is free, then what there is. */
  #rows: Float64Array = new Float64Array(0);
  #width = FREE;
  #dimensions = 0;
  #workers = 0;
  /** By dimension, no less than what is free of it on any worker. */
  #most: Float64Array = new Float64Array(0);
  /** Writes since `#most` was exact. */
  #writes = 0;
  #version = -1;
  #position = 0;

  /** Brings it up to date with the workers: `version` tells whether they are others, `changes` where something else is free. */
  follow(workers: readonly ClusterWorker[], dimensions: number, version: number, changes: ChangeLog): void {
    if (this.#version !== version || this.#dimensions !== dimensions) {
      this.#version = version;
      this.#dimensions = dimensions;
      this.#workers = workers.length;
      this.#width = FREE + 2 * dimensions;
      this.#rows = new Float64Array(workers.length * this.#width);
      this.#most = new Float64Array(dimensions);
      for (const worker of workers) {
        const row = worker.index * this.#width;
        this.#rows[row + GPUS] = worker.capacity.gpus.length;
        this.#rows.set(worker.capacity.amounts, row + FREE + dimensions);
        this.#write(worker);
      }
    } else if (!changes.reaches(this.#position)) for (const worker of workers) this.#write(worker);
    else for (let position = this.#position; position < changes.position; position += 1) this.#write(workers[changes.at(position)] as ClusterWorker);
    this.#position = changes.position;
  }

  #write(worker: ClusterWorker): void {
    const { amounts } = worker.free;
    const row = worker.index * this.#width;
    this.#rows[row + SHARE] = worker.share;
    for (let dimension = 0; dimension < amounts.length; dimension += 1) {
      const free = amounts[dimension] ?? 0;
      this.#rows[row + FREE + dimension] = free;
      if (free > (this.#most[dimension] ?? 0)) this.#most[dimension] = free;
    }
    this.#writes += 1;
  }

  /** Has the worker of that index GPUs? */
  hasGpus(index: number): boolean {
    return (this.#rows[index * this.#width + GPUS] ?? 0) > 0;
  }

  /** Is there room for the amounts on the worker of that index? */
  fits({ dimensions, amounts }: Demand, index: number): boolean {
    const row = index * this.#width + FREE;
    for (let at = 0; at < dimensions.length; at += 1) if ((this.#rows[row + (dimensions[at] ?? 0)] ?? 0) < (amounts[at] ?? 0)) return false;
    return true;
  }

  /** The share in use of whatever the worker would be shortest of with the amounts taken, at most 1; `Infinity` if they do not fit. */
  loadWith(dimensions: Int32Array, amounts: Float64Array, index: number): number {
    const rows = this.#rows;
    const row = index * this.#width;
    let load = rows[row + SHARE] ?? 0;
    for (let at = 0; at < dimensions.length; at += 1) {
      const place = row + FREE + (dimensions[at] ?? 0);
      const free = rows[place] ?? 0;
      const needed = amounts[at] ?? 0;
      if (free < needed) return Infinity;
      const all = rows[place + this.#dimensions] ?? 0;
      const ratio = (all - free + needed) / all;
      if (ratio > load) load = ratio;
    }
    return load < 1 ? load : 1;
  }

  /** `false` if some amount is more than any worker has free: with a long queue and full workers, many searches end here. */
  mayFit({ dimensions, amounts }: Demand): boolean {
    if (this.#writes > this.#workers >> 3) this.#tighten();
    for (let at = 0; at < dimensions.length; at += 1) if ((this.#most[dimensions[at] ?? 0] ?? 0) < (amounts[at] ?? 0)) return false;
    return true;
  }

  #tighten(): void {
    this.#writes = 0;
    this.#most.fill(0);
    for (let row = FREE; row < this.#rows.length; row += this.#width)
      for (let dimension = 0; dimension < this.#dimensions; dimension += 1) this.#most[dimension] = Math.max(this.#most[dimension] ?? 0, this.#rows[row + dimension] ?? 0);
  }
}
