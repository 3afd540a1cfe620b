import type { Buffer } from 'node:buffer';
import { checkSource, freeAll, type BlockSource } from './block-source.js';
import type { Block } from './block.js';
import { closed, doubleFree, invalidArgument, invalidOption } from './errors.js';
import { checkOptions, refuseUnknown } from './options.js';

export interface BufferPoolOptions {
  /** Sizes that the pool has, in bytes, each an integer ≥ 1; a request gets the smallest that holds it. @default powers of two, 64 B to 1 MiB */
  readonly sizes?: readonly number[];
  /** What idle buffers may occupy together, in bytes ≥ 0; beyond it they go back to the arena. @default 16 MiB */
  readonly maxIdleBytes?: number;
}

/** A buffer of a pool, with views that were made once. It is as long as its size class, at least as long as asked for. */
export interface PooledBuffer extends Disposable {
  readonly byteLength: number;
  readonly u8: Uint8Array<SharedArrayBuffer>;
  readonly buffer: Buffer<SharedArrayBuffer>;
  /** Puts the buffer back; use neither it nor its views afterwards: the next user gets the same. @throws {ArenaError} `ERR_ARENA_DOUBLE_FREE`, as long as nobody has it again. */
  release(): void;
  [Symbol.dispose](): void;
}

export interface BufferPoolStats {
  readonly leasedBuffers: number;
  readonly idleBuffers: number;
  readonly idleBytes: number;
  readonly acquiresTotal: number;
  /** Acquires that found an idle buffer. */
  readonly reusesTotal: number;
}

/**
 * Buffers by size class that are used again, views and all: what allocating costs most, making a view, is done once. Also an
 * allocator for those who want one by injection, as `createBufferPool` of `@fog/pool/buffer`: `alloc(bytes)`.
 */
export interface BufferPool extends Disposable {
  /** @throws {ArenaError} `ERR_ARENA_INVALID_ARGUMENT` if no size holds `bytes`; as `alloc` when a new one is needed; `ERR_ARENA_CLOSED`. */
  acquire(bytes: number): PooledBuffer;
  /** As {@link BufferPool.acquire}, but of `bytes` bytes, and released by `free()`, once. */
  alloc(bytes: number): { readonly u8: Uint8Array<SharedArrayBuffer>; free(): void };
  /** Gives idle buffers back to the arena. @returns their bytes */
  trim(): number;
  stats(): BufferPoolStats;
  /** Gives idle buffers back, and leased ones as they are released. Idempotent. */
  close(): void;
}

/** The shelves of so many bytes are found without a search. */
const INDEXED_BYTES = 65_536;
const DEFAULT_SIZES = Array.from({ length: 15 }, (_, power) => 64 * 2 ** power);

/** @throws {ArenaError} `ERR_ARENA_INVALID_ARGUMENT`, `ERR_ARENA_INVALID_OPTION`. */
export function createBufferPool(source: BlockSource & { readonly name: string }, options: BufferPoolOptions = {}): BufferPool {
  checkSource(source);
  checkOptions(options);
  const { sizes = DEFAULT_SIZES, maxIdleBytes = 16 * 2 ** 20, ...unknown } = options;
  refuseUnknown(unknown);
  if (!Array.isArray(sizes) || sizes.length === 0 || !sizes.every((size) => Number.isSafeInteger(size) && size >= 1)) throw invalidOption('sizes', sizes, 'integers ≥ 1, at least one');
  if (!(typeof maxIdleBytes === 'number' && maxIdleBytes >= 0)) throw invalidOption('maxIdleBytes', maxIdleBytes, 'bytes ≥ 0');
  return new SizedPool(source, [...new Set(sizes)].sort((a, b) => a - b), maxIdleBytes);
}

/** One size's buffers: those that wait for the next user, the last released first, as it is the likeliest to be cached. */
interface Shelf {
  readonly bytes: number;
  /** A list through the leases, which takes less time than an array that grows and shrinks. */
  top: Lease | undefined;
}

class SizedPool implements BufferPool {
  readonly #source: BlockSource & { readonly name: string };
  readonly #shelves: readonly Shelf[];
  readonly #mostBytes: number;
  /** By steps of 64 bytes, so that finding a shelf is one read. */
  readonly #shelfOf: readonly (Shelf | undefined)[];
  readonly #maxIdleBytes: number;
  #idleBytes = 0;
  /** Those that succeeded; what can be told from it and the two below is not counted at each `acquire` and `release`. */
  #acquires = 0;
  #made = 0;
  #gone = 0;
  #closed = false;

  constructor(source: BlockSource & { readonly name: string }, sizes: readonly number[], maxIdleBytes: number) {
    this.#source = source;
    this.#maxIdleBytes = maxIdleBytes;
    this.#shelves = sizes.map((bytes) => ({ bytes, top: undefined }));
    this.#mostBytes = sizes.at(-1) as number;
    this.#shelfOf = Array.from({ length: INDEXED_BYTES / 64 + 1 }, (_, step) => {
      // Only where all requests of a step end on one shelf.
      const [least, most] = [this.#find(step * 64 - 63), this.#find(step * 64)];
      return least === most ? most : undefined;
    });
  }

  acquire(bytes: number): PooledBuffer {
    if (!Number.isSafeInteger(bytes) || bytes < 1 || bytes > this.#mostBytes) throw invalidArgument('bytes', bytes, `an integer, 1 to ${this.#mostBytes}`);
    const shelf = (bytes <= INDEXED_BYTES ? this.#shelfOf[(bytes + 63) >> 6] : undefined) ?? this.#find(bytes);
    const lease = shelf.top;
    if (lease === undefined || lease.endings !== this.#source.endings) return this.#acquireOf(shelf);
    shelf.top = lease.next;
    this.#idleBytes -= shelf.bytes;
    this.#acquires += 1;
    lease.isLeased = true;
    return lease;
  }

  alloc(bytes: number): { readonly u8: Uint8Array<SharedArrayBuffer>; free(): void } {
    let lease: PooledBuffer | undefined = this.acquire(bytes);
    const free = (): void => {
      if (lease === undefined) throw doubleFree(this.#source.name, u8.byteOffset, bytes);
      lease.release();
      lease = undefined;
    };
    const u8 = lease.u8.subarray(0, bytes);
    return { u8, free };
  }

  takeBack(lease: Lease): void {
    if (!lease.isLeased) throw doubleFree(this.#source.name, lease.block.offset, lease.byteLength);
    lease.isLeased = false;
    const { shelf } = lease;
    const idleBytes = this.#idleBytes + shelf.bytes;
    if (this.#closed || idleBytes > this.#maxIdleBytes) {
      this.#drop(lease);
      return;
    }
    this.#idleBytes = idleBytes;
    lease.next = shelf.top;
    shelf.top = lease;
  }

  trim(): number {
    const trimmedBytes = this.#idleBytes;
    const idle: Lease[] = [];
    for (const shelf of this.#shelves) for (let lease = this.#pop(shelf); lease !== undefined; lease = this.#pop(shelf)) idle.push(lease);
    this.#gone += idle.length;
    freeAll(idle.map(({ block }) => block));
    return trimmedBytes;
  }

  stats(): BufferPoolStats {
    let idleBuffers = 0;
    for (const { top } of this.#shelves) for (let lease = top; lease !== undefined; lease = lease.next) idleBuffers += 1;
    return { leasedBuffers: this.#made - this.#gone - idleBuffers, idleBuffers, idleBytes: this.#idleBytes, acquiresTotal: this.#acquires, reusesTotal: this.#acquires - this.#made };
  }

  close(): void {
    this.#closed = true;
    this.trim();
  }

  [Symbol.dispose](): void {
    this.close();
  }

  /** Of bytes that one holds. */
  #find(bytes: number): Shelf {
    return this.#shelves.find((shelf) => shelf.bytes >= bytes) as Shelf;
  }

  #pop(shelf: Shelf): Lease | undefined {
    const lease = shelf.top;
    if (lease === undefined) return undefined;
    shelf.top = lease.next;
    this.#idleBytes -= shelf.bytes;
    return lease;
  }

  #drop(lease: Lease): void {
    this.#gone += 1;
    lease.block[Symbol.dispose]();
  }

  /** An idle buffer that no reset of the source ended, else a new one. */
  #acquireOf(shelf: Shelf): Lease {
    const { endings } = this.#source;
    let lease = this.#pop(shelf);
    for (; lease !== undefined && lease.endings !== endings; lease = this.#pop(shelf)) this.#drop(lease);
    if (lease === undefined) {
      if (this.#closed) throw closed(`pool of ${this.#source.name}`);
      lease = new Lease(this, shelf, this.#source.alloc(shelf.bytes), endings);
      this.#made += 1;
    }
    this.#acquires += 1;
    lease.isLeased = true;
    return lease;
  }
}

class Lease implements PooledBuffer {
  readonly byteLength: number;
  readonly u8: Uint8Array<SharedArrayBuffer>;
  readonly buffer: Buffer<SharedArrayBuffer>;
  readonly block: Block;
  readonly shelf: Shelf;
  /** Of the source when the block was new. */
  readonly endings: number;
  isLeased = true;
  /** The one below on the shelf, while idle. */
  next: Lease | undefined = undefined;
  readonly #pool: SizedPool;

  constructor(pool: SizedPool, shelf: Shelf, block: Block, endings: number) {
    this.#pool = pool;
    this.shelf = shelf;
    this.block = block;
    this.endings = endings;
    this.byteLength = block.byteLength;
    this.u8 = block.u8;
    this.buffer = block.buffer;
  }

  release(): void {
    this.#pool.takeBack(this);
  }

  [Symbol.dispose](): void {
    if (this.isLeased) this.release();
  }
}
