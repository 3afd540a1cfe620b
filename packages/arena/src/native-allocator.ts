import { EXCHANGE_PAIRS, type Allocator, type Survey } from './allocator.js';
import type { NativeBinding, NativeCore } from './binding.js';

/** After the pairs, what a call takes and gives, as `packages/arena/binding` lays it out. */
const SIZE = 2 * EXCHANGE_PAIRS;
const ALIGN = SIZE + 1;
const COUNT = SIZE + 2;
const FREE_SIZE = SIZE;
const FREE_BLOCKS = SIZE + 1;
const LARGEST_SIZE = SIZE + 2;

/** The allocator of `packages/arena/core`; see {@link Allocator}. */
export class NativeAllocator implements Allocator {
  readonly backend = 'native';
  readonly exchange: Int32Array = new Int32Array(SIZE + 3);
  readonly #native: NativeBinding;
  readonly #core: NativeCore;

  constructor(native: NativeBinding, capacity: number) {
    this.#native = native;
    this.#core = native.create(capacity, this.exchange);
  }

  allocate(size: number, align: number, count: number): number {
    const { exchange } = this;
    exchange[SIZE] = size;
    exchange[ALIGN] = align;
    exchange[COUNT] = count;
    this.#native.allocate(this.#core);
    return exchange[COUNT];
  }

  free(count: number): void {
    this.#native.free(this.#core, count);
  }

  grow(capacity: number): void {
    this.#native.grow(this.#core, capacity);
  }

  reset(): void {
    this.#native.reset(this.#core);
  }

  survey(): Survey {
    this.#native.survey(this.#core);
    const { [FREE_SIZE]: freeSize = 0, [FREE_BLOCKS]: freeBlocks = 0, [LARGEST_SIZE]: largestSize = 0 } = this.exchange;
    return { freeSize, freeBlocks, largestSize };
  }

  purge(memory: SharedArrayBuffer): number {
    return this.#native.purge(this.#core, new Uint8Array(memory, 0, memory.byteLength));
  }
}
