import type { ClusterWorker } from './cluster-worker.js';
import type { Demand } from './resources.js';

/**
 * What the workers have and what is free there, once more, side by side in typed arrays: a search over many workers then stays in
 * the processor's cache, where one over objects would wait for memory at each of them.
 */
export class CapacityTable {
  /** Entries a worker has in `free` and `capacity`, one for each dimension. */
  stride = 0;
  free: Float64Array = new Float64Array(0);
  capacity: Float64Array = new Float64Array(0);
  /** Share in use of what each worker is shortest of. */
  shares: Float64Array = new Float64Array(0);
  /** By dimension, no less than what is free of it on any worker. */
  #most: Float64Array = new Float64Array(0);
  /** Writes since `#most` was exact. */
  #writes = 0;
  #version = -1;

  /** Brings it up to date with workers that changed; `version` tells whether they did. */
  follow(workers: readonly ClusterWorker[], dimensions: number, version: number): void {
    if (this.#version === version && this.stride === dimensions) return;
    this.#version = version;
    this.stride = dimensions;
    this.free = new Float64Array(workers.length * dimensions);
    this.capacity = new Float64Array(workers.length * dimensions);
    this.shares = new Float64Array(workers.length);
    this.#most = new Float64Array(dimensions);
    for (const worker of workers) {
      this.capacity.set(worker.capacity.amounts, worker.index * dimensions);
      this.write(worker);
    }
  }

  /** What is free on the worker has changed. */
  write(worker: ClusterWorker): void {
    const { amounts } = worker.free;
    const row = worker.index * this.stride;
    if (worker.index >= this.shares.length || amounts.length > this.stride) return; // Not known here yet: all are read anew before the next search.
    for (let dimension = 0; dimension < amounts.length; dimension += 1) {
      const free = amounts[dimension] ?? 0;
      this.free[row + dimension] = free;
      if (free > (this.#most[dimension] ?? 0)) this.#most[dimension] = free;
    }
    this.shares[worker.index] = worker.share;
    this.#writes += 1;
  }

  /** Is there room for the amounts on the worker of that index? */
  fits({ dimensions, amounts }: Demand, index: number): boolean {
    const row = index * this.stride;
    for (let at = 0; at < dimensions.length; at += 1) if ((this.free[row + (dimensions[at] ?? 0)] ?? 0) < (amounts[at] ?? 0)) return false;
    return true;
  }

  /** `false` if some amount is more than any worker has free: with a long queue and full workers, many searches end here. */
  mayFit({ dimensions, amounts }: Demand): boolean {
    if (this.#writes > this.shares.length >> 3) this.#tighten();
    for (let at = 0; at < dimensions.length; at += 1) if ((this.#most[dimensions[at] ?? 0] ?? 0) < (amounts[at] ?? 0)) return false;
    return true;
  }

  #tighten(): void {
    this.#writes = 0;
    this.#most.fill(0);
    for (let row = 0; row < this.free.length; row += this.stride)
      for (let dimension = 0; dimension < this.stride; dimension += 1) this.#most[dimension] = Math.max(this.#most[dimension] ?? 0, this.free[row + dimension] ?? 0);
  }
}
