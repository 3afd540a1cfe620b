import { EXCHANGE_PAIRS, type Allocator, type Survey } from './allocator.js';
import type { NativeBinding, NativeCore } from './binding.js';

/** The allocator of `packages/arena/core`; see {@link Allocator}. */
export class NativeAllocator implements Allocator {
  readonly backend = 'native';
  readonly exchange: Int32Array = new Int32Array(2 * EXCHANGE_PAIRS);
  readonly #core: NativeCore;

  constructor(binding: NativeBinding, capacity: number) {
    this.#core = new binding.Core(capacity);
  }

  allocate(size: number, align: number, count: number): number {
    return this.#core.allocate(size, align, count, this.exchange);
  }

  free(count: number): void {
    this.#core.free(count, this.exchange);
  }

  grow(capacity: number): void {
    this.#core.grow(capacity);
  }

  reset(): void {
    this.#core.reset();
  }

  survey(): Survey {
    return this.#core.survey();
  }

  purge(memory: SharedArrayBuffer): number {
    return this.#core.purge(new Uint8Array(memory, 0, memory.byteLength));
  }
}
