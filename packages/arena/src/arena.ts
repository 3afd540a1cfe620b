import { randomInt } from 'node:crypto';
import type { Backend } from './allocator.js';
import { createAllocator } from './backend.js';
import { BlockTable } from './block-table.js';
import { ArenaBlock, openBlock, type Block, type Home } from './block.js';
import { closed, exhausted, invalidArgument, outOfMemory, type Exhaustion } from './errors.js';
import { regionExhausted, regionGrown, regionPurged } from './events.js';
import type { ArenaHandle } from './handle.js';
import { Heap } from './heap.js';
import { NONE } from './magazines.js';
import { resolveAlignment, resolveOptions, type AllocOptions, type ArenaOptions } from './options.js';
import { GRANULE_BYTES } from './size-class.js';
import type { ArenaStats } from './stats.js';
import type { BlockToken } from './token.js';

/**
 * A growable region of shared memory outside the JavaScript heap, divided into blocks. It belongs to the thread that
 * created it: only there are blocks allocated and freed. Any thread reads and writes them: {@link Arena.share}.
 */
export interface Arena extends AsyncDisposable {
  readonly name: string;
  readonly backend: Backend;
  /**
   * A block of `bytes` bytes, 1 to `maxBytes`, from free memory or by growing. Its contents are undefined.
   * @throws {ArenaError} `ERR_ARENA_EXHAUSTED` if no free block is large enough and the arena cannot grow enough;
   * `ERR_ARENA_INVALID_ARGUMENT`, `ERR_ARENA_INVALID_OPTION`, `ERR_ARENA_CLOSED`.
   */
  alloc(bytes: number, options?: AllocOptions): Block;
  /** As {@link Arena.alloc}, but `undefined` when exhausted. */
  tryAlloc(bytes: number, options?: AllocOptions): Block | undefined;
  /** `count` blocks of `bytes` bytes each: all of them, or none and an error as of {@link Arena.alloc}. */
  allocBatch(bytes: number, count: number, options?: AllocOptions): Block[];
  /**
   * The block of a token that came back from another thread.
   * @throws {ArenaError} `ERR_ARENA_FREED`, `ERR_ARENA_FOREIGN_BLOCK`, `ERR_ARENA_INVALID_TOKEN`, `ERR_ARENA_CLOSED`.
   */
  open(token: BlockToken): Block;
  /** Frees all blocks at once; those still held are dead, and their tokens. @throws {ArenaError} `ERR_ARENA_CLOSED`. */
  reset(): void;
  /**
   * Gives the pages of free blocks back to the system, at once; they come back, zeroed, when they are next written to.
   * Takes time in proportion to what is given back, so it is for after a burst. The native backend on Linux alone can;
   * elsewhere nothing is given back.
   * @returns the bytes given back
   * @throws {ArenaError} `ERR_ARENA_CLOSED`.
   */
  purge(): number;
  /** What `attachArena` takes in another thread; send it by `postMessage` or `workerData`. @throws {ArenaError} `ERR_ARENA_CLOSED`. */
  share(): ArenaHandle;
  /** One consistent reading; after `close()`, the last one. */
  stats(): ArenaStats;
  /** Ends all blocks, in every thread, and lets go of the memory. Idempotent. */
  close(): Promise<void>;
}

/**
 * Creates an arena; memory is taken as blocks are written to, not before.
 * @throws {ArenaError} `ERR_ARENA_INVALID_OPTION`, `ERR_ARENA_NATIVE_UNAVAILABLE`, `ERR_ARENA_OUT_OF_MEMORY`.
 */
export function createArena(options?: ArenaOptions): Arena {
  return new OwnedArena(resolveOptions(options));
}

class OwnedArena implements Arena, Home {
  /** Below 2^48, what `randomInt` can draw from. */
  readonly id: number = randomInt(2 ** 48 - 1);
  readonly name: string;
  readonly backend: Backend;
  readonly table: BlockTable;
  readonly #heap: Heap;
  #finalStats: ArenaStats | undefined = undefined;

  #liveBlocks = 0;
  #liveBytes = 0;
  #peakLiveBytes = 0;
  #allocations = 0;
  #resets = 0;
  #grows = 0;
  #exhaustions = 0;
  #purgedBytes = 0;

  constructor({ initialBytes, maxBytes, backend, name }: Required<ArenaOptions>) {
    const allocator = createAllocator(backend, initialBytes / GRANULE_BYTES);
    this.name = name;
    this.backend = allocator.backend;
    try {
      this.table = BlockTable.create(maxBytes / GRANULE_BYTES);
      const memory = new SharedArrayBuffer(initialBytes, { maxByteLength: maxBytes });
      this.#heap = new Heap(memory, allocator, this.table, (fromBytes, toBytes) => {
        this.#grows += 1;
        regionGrown(name, fromBytes, toBytes);
      });
    } catch (error) {
      throw outOfMemory(initialBytes, maxBytes, error);
    }
  }

  get memory(): SharedArrayBuffer {
    return this.#heap.memory;
  }

  alloc(bytes: number, options?: AllocOptions): Block {
    const align = this.#checkRequest(bytes, options);
    const slot = this.#take(bytes, align);
    if (slot === NONE) throw exhausted(this.name, this.#exhaustion(bytes, align), this.#heap.growFailure);
    return this.#hold(slot, bytes);
  }

  tryAlloc(bytes: number, options?: AllocOptions): Block | undefined {
    const align = this.#checkRequest(bytes, options);
    const slot = this.#take(bytes, align);
    if (slot !== NONE) return this.#hold(slot, bytes);
    this.#exhaustion(bytes, align);
    return undefined;
  }

  allocBatch(bytes: number, count: number, options?: AllocOptions): Block[] {
    const align = this.#checkRequest(bytes, options);
    if (!Number.isSafeInteger(count) || count < 0) throw invalidArgument('count', count, 'an integer ≥ 0');
    const slots: number[] = [];
    while (slots.length < count) {
      const slot = this.#take(bytes, align);
      if (slot === NONE) {
        const figures = this.#exhaustion(bytes, align);
        for (const taken of slots) this.#heap.give(taken);
        throw exhausted(this.name, figures, this.#heap.growFailure);
      }
      slots.push(slot);
    }
    return slots.map((slot) => this.#hold(slot, bytes));
  }

  open(token: BlockToken): Block {
    return openBlock(this, token);
  }

  release(slot: number, byteLength: number): void {
    this.table.retire(slot);
    this.#heap.give(slot);
    this.#liveBlocks -= 1;
    this.#liveBytes -= byteLength;
  }

  reset(): void {
    this.#checkOpen();
    this.table.retireAll();
    this.#freeAll();
    this.#resets += 1;
  }

  purge(): number {
    this.#checkOpen();
    const purgedBytes = this.#heap.purge();
    this.#purgedBytes += purgedBytes;
    if (purgedBytes > 0) regionPurged(this.name, purgedBytes);
    return purgedBytes;
  }

  share(): ArenaHandle {
    this.#checkOpen();
    return { id: this.id, name: this.name, memory: this.memory, blocks: this.table.buffer };
  }

  stats(): ArenaStats {
    if (this.#finalStats !== undefined) return this.#finalStats;
    const { cachedBytes, freeBytes, freeBlocks, largestFreeBytes } = this.#heap.survey();
    const committedBytes = this.memory.byteLength;
    const reservedBytes = committedBytes - cachedBytes - freeBytes;
    return {
      liveBlocks: this.#liveBlocks,
      liveBytes: this.#liveBytes,
      peakLiveBytes: this.#peakLiveBytes,
      reservedBytes,
      cachedBytes,
      freeBytes,
      freeBlocks,
      largestFreeBytes,
      committedBytes,
      maxBytes: this.memory.maxByteLength,
      utilisationRatio: this.#liveBytes / committedBytes,
      internalFragmentationRatio: reservedBytes === 0 ? 0 : 1 - this.#liveBytes / reservedBytes,
      externalFragmentationRatio: freeBytes === 0 ? 0 : 1 - largestFreeBytes / freeBytes,
      allocationsTotal: this.#allocations,
      freesTotal: this.#allocations - this.#liveBlocks,
      resetsTotal: this.#resets,
      growsTotal: this.#grows,
      exhaustionsTotal: this.#exhaustions,
      purgedBytesTotal: this.#purgedBytes,
    };
  }

  close(): Promise<void> {
    if (this.#finalStats === undefined) {
      this.table.close();
      this.#freeAll();
      this.#purgedBytes += this.#heap.purge();
      this.#finalStats = this.stats();
      this.#heap.close();
    }
    return Promise.resolve();
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  /** @returns the alignment in granules */
  #checkRequest(bytes: number, options: AllocOptions | undefined): number {
    this.#checkOpen();
    if (!Number.isSafeInteger(bytes) || bytes < 1) throw invalidArgument('bytes', bytes, 'an integer ≥ 1');
    return options === undefined ? 1 : resolveAlignment(options);
  }

  #checkOpen(): void {
    if (this.#finalStats !== undefined) throw closed(this.name);
  }

  #take(bytes: number, align: number): number {
    return bytes <= this.memory.maxByteLength ? this.#heap.take(Math.ceil(bytes / GRANULE_BYTES), align) : NONE;
  }

  #hold(slot: number, bytes: number): Block {
    this.#allocations += 1;
    this.#liveBlocks += 1;
    this.#liveBytes += bytes;
    if (this.#liveBytes > this.#peakLiveBytes) this.#peakLiveBytes = this.#liveBytes;
    return new ArenaBlock(this, slot, this.table.enliven(slot, bytes));
  }

  #freeAll(): void {
    this.#heap.reset();
    this.#liveBlocks = this.#liveBytes = 0;
  }

  /** Counts an allocation there was no room for, and tells why. */
  #exhaustion(bytes: number, align: number): Exhaustion {
    this.#exhaustions += 1;
    const { freeBytes, largestFreeBytes, externalFragmentationRatio, committedBytes, maxBytes } = this.stats();
    const figures: Exhaustion = { askedBytes: bytes, alignBytes: align * GRANULE_BYTES, freeBytes, largestFreeBytes, externalFragmentationRatio, committedBytes, maxBytes };
    regionExhausted(this.name, figures);
    return figures;
  }
}
