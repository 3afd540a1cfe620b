import type { NativeBinding, NativeCore } from '../binding.js';
import { EXCHANGE_SLOTS, type Central, type Fit, type Lost, type Reclaimed, type Survey } from './central.js';
import * as at from '../records/layout.js';
import type { Lock } from './lock.js';
import type { Records } from '../records/records.js';

/** After the slots, what a call takes and gives, as `packages/arena/binding` lays it out. */
const SIZE = EXCHANGE_SLOTS;
const ALIGN = SIZE + 1;
const COUNT = SIZE + 2;
const OWNER = SIZE + 3;
const FREE_SIZE = SIZE;
const FREE_BLOCKS = SIZE + 1;
const LARGEST_SIZE = SIZE + 2;
const BUSY = -1;

/** The central allocator of `packages/arena/core`. A call into it is not cut short when its thread is terminated. */
export class NativeCentral implements Central {
  readonly backend = 'native';
  exchange: Int32Array;
  readonly #native: NativeBinding;
  #core: NativeCore;
  readonly #lock: Lock;

  constructor(native: NativeBinding, { buffer }: Records, row: number, fit: Fit, lock: Lock) {
    this.exchange = new Int32Array(buffer, 4 * (at.EXCHANGES_AT + row * at.EXCHANGE_WORDS), at.EXCHANGE_WORDS);
    this.#native = native;
    this.#core = native.attach(new Uint32Array(buffer, 0, buffer.byteLength / 4), row, fit === 'best');
    this.#lock = lock;
  }

  allocate(size: number, align: number, count: number, owner: number): number {
    const { exchange } = this;
    exchange[SIZE] = size;
    exchange[ALIGN] = align;
    exchange[COUNT] = count;
    exchange[OWNER] = owner;
    return this.#insist(() => this.#native.allocate(this.#core));
  }

  free(count: number): void {
    this.#insist(() => this.#native.free(this.#core, count));
  }

  grow(capacity: number): void {
    this.#insist(() => this.#native.grow(this.#core, capacity));
  }

  reset(): void {
    this.#insist(() => this.#native.reset(this.#core));
  }

  survey(): Survey {
    this.#insist(() => this.#native.survey(this.#core));
    const { [FREE_SIZE]: freeSize = 0, [FREE_BLOCKS]: freeBlocks = 0, [LARGEST_SIZE]: largestSize = 0 } = this.exchange;
    return { freeSize, freeBlocks, largestSize };
  }

  reclaim({ owners }: Lost): Reclaimed {
    for (;;) {
      const reclaimed = this.#native.reclaim(this.#core, owners);
      if (reclaimed !== null) return { liveBlocks: reclaimed[0], liveBytes: reclaimed[1] };
      this.#passLock();
    }
  }

  purge(memory: SharedArrayBuffer): number {
    const whole = new Uint8Array(memory, 0, memory.byteLength);
    return this.#insist(() => this.#native.purge(this.#core, whole));
  }

  letGo(): void {
    this.exchange = new Int32Array(0);
    this.#core = undefined as unknown as NativeCore;
  }

  #insist(call: () => number): number {
    for (;;) {
      const answer = call();
      if (answer !== BUSY) return answer;
      this.#passLock();
    }
  }

  /** Waits here, where it can be found out that the lock's holder has ended, rather than in native code. */
  #passLock(): void {
    this.#lock.acquire();
    this.#lock.release();
  }
}
