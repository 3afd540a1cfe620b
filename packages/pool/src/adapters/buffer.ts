import { Buffer } from 'node:buffer';
import { inspect } from 'node:util';
import { ByteBudget } from '../buffers/byte-budget.js';
import { Shelves, type Slab } from '../buffers/shelves.js';
import { bytesOf, classOf } from '../buffers/size-classes.js';
import { type Clock, systemClock, type Timer } from '../clock.js';
import { budgetTimeout, invalidOption, leaseEnded, poolClosed } from '../errors.js';
import { requireClock, requireDuration, requireKnown } from '../options.js';
import { type AcquireOptions, checkAcquireOptions } from '../wait-options.js';

/** Where memory is from, if not from Node: `createArena()` of `@fog/arena` is one. */
export interface BufferAllocator {
  /** Throws when it has no more. What `free` throws is counted, and told by a warning of the process the first time. */
  alloc(bytes: number): { readonly u8: Uint8Array; free(): void };
  /** How many times all that it gave has ended at once, as by a reset; such memory is neither lent again nor freed. @default never */
  readonly endings?: number | undefined;
}

export interface BufferPoolOptions {
  /** Names the pool in errors. @default 'buffers' */
  readonly name?: string | undefined;
  /** Most bytes lent at once, whole buffers counted; who wants more waits. An integer ≥ 64, or `Infinity`. @default Infinity */
  readonly maxLeasedBytes?: number | undefined;
  /** Most bytes kept for later. An integer ≥ 0. @default 64 MiB */
  readonly maxIdleBytes?: number | undefined;
  /** Buffers larger than this are made for each loan, and not kept. From 64 to 1 GiB. @default 4 MiB */
  readonly maxPooledBytes?: number | undefined;
  /** Buffers that were not needed for this long are freed; some may be kept for twice as long. @default 60_000 */
  readonly idleTimeoutMs?: number | undefined;
  /** Whether a borrower finds zeros, or else what the last one left. @default false */
  readonly zeroed?: boolean | undefined;
  /** Longest wait of one `acquire`. @default 5_000 */
  readonly acquireTimeoutMs?: number | undefined;
  /** Where memory is from. @default Node */
  readonly allocator?: BufferAllocator | undefined;
  readonly clock?: Clock | undefined;
}

export type BufferAcquireOptions = Pick<AcquireOptions, 'signal' | 'timeoutMs'>;

export interface BufferLease extends Disposable {
  /** As long as was asked for. @throws {PoolError} `ERR_POOL_LEASE_ENDED` */
  readonly buffer: Buffer;
  /** Gives it back; what refers to its memory must not be used any more. @throws {PoolError} `ERR_POOL_LEASE_ENDED` the second time */
  release(): void;
}

export interface BufferPoolStats {
  readonly leased: number;
  readonly leasedBytes: number;
  readonly idle: number;
  readonly idleBytes: number;
  readonly waiting: number;
  readonly acquiredTotal: number;
  /** Loans that needed new memory. */
  readonly allocatedTotal: number;
  readonly timeoutsTotal: number;
  /** Times the allocator's `free()` threw. */
  readonly freeErrorsTotal: number;
  /** The share of loans that needed none, 0 to 1; 0 before the first. */
  readonly reuseRatio: number;
}

/** Buffers that are used again, by size: what is asked for is rounded up by at most a quarter. */
export interface BufferPool extends AsyncDisposable {
  readonly name: string;
  /** A buffer at once, or `undefined` if that would be more than `maxLeasedBytes`, or others wait. @throws {PoolError} as {@link acquire} */
  tryAcquire(bytes: number): BufferLease | undefined;
  /**
   * A buffer, once there may be one.
   * @param bytes an integer from 0 to `maxLeasedBytes`; where rounded up it would be more than that, it is made for this loan alone
   * @throws {PoolError} `ERR_POOL_ACQUIRE_TIMEOUT`, `ERR_POOL_CLOSED`, `ERR_POOL_INVALID_OPTION`; or what the allocator throws
   */
  acquire(bytes: number, options?: BufferAcquireOptions): Promise<BufferLease>;
  /** Lends a buffer to `fn` until it settles. */
  use<T>(bytes: number, fn: (buffer: Buffer) => T | PromiseLike<T>, options?: BufferAcquireOptions): Promise<T>;
  /** Frees all buffers that nobody uses. */
  trim(): void;
  /** Lends no more, refuses those who wait, and frees all buffers that nobody uses; the others when they come back. */
  close(): Promise<void>;
  stats(): BufferPoolStats;
}

const OPTIONS: readonly string[] = ['name', 'maxLeasedBytes', 'maxIdleBytes', 'maxPooledBytes', 'idleTimeoutMs', 'zeroed', 'acquireTimeoutMs', 'allocator', 'clock'];
/** No `priority` and no `key`: it is first come, first served. */
const ACQUIRE: readonly string[] = ['signal', 'timeoutMs'];
const MIB = 2 ** 20;
const LARGEST_POOLED = 2 ** 30;

/** @throws {PoolError} `ERR_POOL_INVALID_OPTION` */
export function createBufferPool(options: BufferPoolOptions = {}): BufferPool {
  requireKnown(options, OPTIONS);
  const { name = 'buffers', maxLeasedBytes = Infinity, maxIdleBytes = 64 * MIB, maxPooledBytes = 4 * MIB, idleTimeoutMs = 60_000, zeroed = false } = options;
  const { acquireTimeoutMs = 5_000, allocator, clock = systemClock } = options;
  if (typeof name !== 'string' || name === '') throw invalidOption('name', name, 'a string that is not empty');
  if (maxLeasedBytes !== Infinity && !isBetween(maxLeasedBytes, 64, Number.MAX_SAFE_INTEGER)) throw invalidOption('maxLeasedBytes', maxLeasedBytes, 'an integer ≥ 64 or Infinity');
  if (!isBetween(maxIdleBytes, 0, Number.MAX_SAFE_INTEGER)) throw invalidOption('maxIdleBytes', maxIdleBytes, 'an integer ≥ 0');
  if (!isBetween(maxPooledBytes, 64, LARGEST_POOLED)) throw invalidOption('maxPooledBytes', maxPooledBytes, `an integer from 64 to ${LARGEST_POOLED}`);
  requireDuration('idleTimeoutMs', idleTimeoutMs);
  requireDuration('acquireTimeoutMs', acquireTimeoutMs);
  if (typeof zeroed !== 'boolean') throw invalidOption('zeroed', zeroed, 'a boolean');
  if (allocator !== undefined && typeof allocator?.alloc !== 'function') throw invalidOption('allocator', allocator, 'an object with alloc()');
  requireClock(clock);
  return new SizedBufferPool({ name, maxLeasedBytes, maxIdleBytes, maxPooledBytes, idleTimeoutMs, zeroed, acquireTimeoutMs, allocator, clock });
}

const isBetween = (value: unknown, least: number, most: number): value is number => Number.isSafeInteger(value) && (value as number) >= least && (value as number) <= most;

type Settings = { readonly [Name in keyof Omit<BufferPoolOptions, 'allocator'>]-?: NonNullable<BufferPoolOptions[Name]> } & { readonly allocator: BufferAllocator | undefined };

class SizedBufferPool implements BufferPool {
  readonly name: string;
  readonly #settings: Settings;
  readonly #budget: ByteBudget;
  readonly #shelves: Shelves;
  #trimming: Timer | undefined = undefined;
  #closed = false;
  #leased = 0;
  #acquired = 0;
  #allocated = 0;
  #timeouts = 0;
  #freeErrors = 0;

  constructor(settings: Settings) {
    this.name = settings.name;
    this.#settings = settings;
    this.#budget = new ByteBudget(settings.maxLeasedBytes, settings.clock);
    this.#shelves = new Shelves(classOf(settings.maxPooledBytes) + 1);
  }

  tryAcquire(bytes: number): BufferLease | undefined {
    const capacity = this.#capacity(bytes);
    return this.#budget.tryTake(capacity) ? this.#lend(bytes, capacity) : undefined;
  }

  async acquire(bytes: number, options: BufferAcquireOptions = {}): Promise<BufferLease> {
    requireKnown(options, ACQUIRE);
    checkAcquireOptions(options);
    const { signal, timeoutMs = this.#settings.acquireTimeoutMs } = options;
    signal?.throwIfAborted();
    const capacity = this.#capacity(bytes);
    if (!this.#budget.tryTake(capacity)) await this.#budget.take(capacity, signal, timeoutMs, () => this.#timedOut(bytes, timeoutMs));
    return this.#lend(bytes, capacity);
  }

  async use<T>(bytes: number, fn: (buffer: Buffer) => T | PromiseLike<T>, options?: BufferAcquireOptions): Promise<T> {
    if (typeof fn !== 'function') throw invalidOption('fn', fn, 'a function');
    const lease = await this.acquire(bytes, options);
    try {
      return await fn(lease.buffer);
    } finally {
      lease[Symbol.dispose]();
    }
  }

  trim(): void {
    this.#shelves.trim(true);
  }

  close(): Promise<void> {
    this.#closed = true;
    this.#trimming?.close();
    this.#budget.failAll(poolClosed(this.name, 'closed'));
    this.trim();
    return Promise.resolve();
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  stats(): BufferPoolStats {
    const { bytes: idleBytes, count: idle } = this.#shelves;
    const { taken: leasedBytes, waiting } = this.#budget;
    return {
      leased: this.#leased,
      leasedBytes,
      idle,
      idleBytes,
      waiting,
      acquiredTotal: this.#acquired,
      allocatedTotal: this.#allocated,
      timeoutsTotal: this.#timeouts,
      freeErrorsTotal: this.#freeErrors,
      reuseRatio: this.#acquired === 0 ? 0 : 1 - this.#allocated / this.#acquired,
    };
  }

  /** What is lent to who asks for `bytes`; at the door, what cannot be. */
  #capacity(bytes: number): number {
    const { maxLeasedBytes } = this.#settings;
    if (!isBetween(bytes, 0, Number.MAX_SAFE_INTEGER)) throw invalidOption('bytes', bytes, 'an integer ≥ 0');
    const index = this.#classOf(bytes);
    const capacity = index === undefined ? bytes : bytesOf(index);
    if (capacity > maxLeasedBytes) throw invalidOption('bytes', bytes, `what fits into maxLeasedBytes, which is ${maxLeasedBytes}`);
    if (this.#closed) throw poolClosed(this.name, 'closed');
    return capacity;
  }

  /** `undefined` for what is not kept. */
  #classOf(bytes: number): number | undefined {
    const { maxLeasedBytes, maxPooledBytes } = this.#settings;
    if (bytes > maxPooledBytes) return undefined;
    const index = classOf(bytes);
    return bytesOf(index) > maxLeasedBytes ? undefined : index;
  }

  #lend(bytes: number, capacity: number): BufferLease {
    const slab = this.#take(bytes, capacity);
    if (this.#settings.zeroed) slab.bytes.fill(0, 0, bytes);
    this.#acquired += 1;
    this.#leased += 1;
    const view = Buffer.from(slab.bytes.buffer, slab.bytes.byteOffset, bytes);
    return new SlabLease(this.name, view, () => this.#giveBack(slab, capacity));
  }

  #take(bytes: number, capacity: number): Slab {
    const { allocator } = this.#settings;
    const index = this.#classOf(bytes);
    for (let kept = index === undefined ? undefined : this.#shelves.take(index); kept !== undefined; kept = this.#shelves.take(kept.index as number)) if (isLive(kept)) return kept;
    try {
      const slab = allocate(allocator, capacity, index, (error) => this.#freeFailed(error));
      this.#allocated += 1;
      return slab;
    } catch (error) {
      this.#budget.give(capacity);
      throw error;
    }
  }

  #giveBack(slab: Slab, capacity: number): void {
    this.#leased -= 1;
    // Its borrower may have given the memory itself away, to another thread: nothing is left of it.
    const isGone = slab.bytes.byteLength < capacity || !isLive(slab);
    if (this.#closed || isGone || slab.index === undefined || this.#shelves.bytes + capacity > this.#settings.maxIdleBytes) slab.free?.();
    else {
      this.#shelves.put(slab.index, slab);
      this.#trimLater();
    }
    this.#budget.give(capacity);
  }

  #trimLater(): void {
    const { clock, idleTimeoutMs } = this.#settings;
    if (this.#trimming !== undefined || idleTimeoutMs === Infinity) return;
    this.#trimming = clock.setTimeout(() => {
      this.#trimming = undefined;
      this.#shelves.trim();
      if (this.#shelves.count > 0) this.#trimLater();
    }, idleTimeoutMs);
    this.#trimming.unref();
  }

  /** Nobody who gives a buffer back could do anything about it. */
  #freeFailed(error: unknown): void {
    this.#freeErrors += 1;
    if (this.#freeErrors === 1) process.emitWarning(`${this.name}: the allocator failed to free a buffer, which stats().freeErrorsTotal counts from now on: ${inspect(error, { depth: 0 })}`, { code: 'FOG_POOL_FREE_FAILED' });
  }

  #timedOut(bytes: number, timeoutMs: number): Error {
    this.#timeouts += 1;
    return budgetTimeout(this.name, bytes, timeoutMs, this.stats(), this.#settings.maxLeasedBytes);
  }
}

function allocate(allocator: BufferAllocator | undefined, bytes: number, index: number | undefined, freeFailed: (error: unknown) => void): Slab {
  if (allocator === undefined) return { index, bytes: Buffer.allocUnsafeSlow(bytes), isLive: undefined, free: undefined };
  const block = allocator.alloc(bytes);
  const given: Partial<typeof block> | null | undefined = block;
  if (!(given?.u8 instanceof Uint8Array) || given.u8.length < bytes) throw invalidOption('allocator', block, `one whose alloc() gives what it is asked for, as these ${bytes} bytes in u8`);
  const { endings } = allocator;
  const isThere = (): boolean => allocator.endings === endings;
  return {
    index,
    bytes: block.u8,
    isLive: isThere,
    free: () => {
      try {
        if (isThere()) block.free();
      } catch (error) {
        freeFailed(error);
      }
    },
  };
}

const isLive = (slab: Slab): boolean => slab.isLive === undefined || slab.isLive();

class SlabLease implements BufferLease {
  readonly #pool: string;
  #buffer: Buffer | undefined;
  readonly #giveBack: () => void;

  constructor(pool: string, buffer: Buffer, giveBack: () => void) {
    this.#pool = pool;
    this.#buffer = buffer;
    this.#giveBack = giveBack;
  }

  get buffer(): Buffer {
    if (this.#buffer === undefined) throw leaseEnded(this.#pool, 'use of the buffer');
    return this.#buffer;
  }

  release(): void {
    if (this.#buffer === undefined) throw leaseEnded(this.#pool, 'release');
    this.#buffer = undefined;
    this.#giveBack();
  }

  [Symbol.dispose](): void {
    if (this.#buffer !== undefined) this.release();
  }
}
