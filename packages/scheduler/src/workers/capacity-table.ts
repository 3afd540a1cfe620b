import type { ClusterWorker } from './cluster-worker.js';

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
  #version = -1;

  /** Brings it up to date with workers that changed; `version` tells whether they did. */
  follow(workers: readonly ClusterWorker[], dimensions: number, version: number): void {
    if (this.#version === version && this.stride === dimensions) return;
    this.#version = version;
    this.stride = dimensions;
    this.free = new Float64Array(workers.length * dimensions);
    this.capacity = new Float64Array(workers.length * dimensions);
    this.shares = new Float64Array(workers.length);
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
    for (let dimension = 0; dimension < amounts.length; dimension += 1) this.free[row + dimension] = amounts[dimension] ?? 0;
    this.shares[worker.index] = worker.share;
  }
}
