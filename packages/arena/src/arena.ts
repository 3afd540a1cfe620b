import type { BlockSource } from './block-source.js';
import type { Block } from './block.js';
import type { Backend } from './central/central.js';
import type { Channel, ChannelHandle, ChannelOptions } from './channel.js';
import { systemClock } from './clock.js';
import { closed, outOfMemory } from './errors.js';
import { recordsOf, type ArenaHandle } from './handle.js';
import type { Lazy, LazyOptions, LazySource } from './lazy.js';
import type { RegionMap, SizeClass } from './map.js';
import { chooseNative } from './central/open-central.js';
import { resolveOptions, type ArenaOptions, type DebugLevel } from './options.js';
import type { PressureListener, PressureOptions, PressureWatch } from './pressure/pressure-watch.js';
import { Records } from './records/records.js';
import type { Scope } from './scope.js';
import { GRANULE_BYTES } from './central/size-class.js';
import type { ArenaStats } from './stats.js';
import type { SubArena, SubArenaOptions } from './sub-arena.js';
import { ThreadArena } from './thread-arena.js';
import type { BlockHandle, BlockToken } from './token.js';
import type { Leak } from './debug/watch.js';
import { randomInt } from 'node:crypto';

/**
 * A growable region of shared memory outside the JavaScript heap, divided into blocks. Every thread that has it, by
 * `createArena` or `attachArena`, allocates from it and frees what any thread allocated.
 */
export interface Arena extends BlockSource, AsyncDisposable {
  readonly name: string;
  readonly backend: Backend;
  readonly debug: DebugLevel;
  /**
   * As {@link BlockSource.alloc}, without an object: for where one costs too much. Only `freeHandle` and `openHandle` take it, in any
   * thread; so nothing tells that it leaks, and `reclaim` leaves it alone.
   */
  allocHandle(bytes: number): BlockHandle;
  /** @throws {ArenaError} `ERR_ARENA_FREED`, `ERR_ARENA_INVALID_ARGUMENT`, `ERR_ARENA_CLOSED`. */
  freeHandle(handle: BlockHandle): void;
  /**
   * The block of a token that another thread sent. It belongs to no thread more than to another.
   * @throws {ArenaError} `ERR_ARENA_FREED`, `ERR_ARENA_TRANSFERRED`, `ERR_ARENA_FOREIGN_BLOCK`, `ERR_ARENA_INVALID_TOKEN`, `ERR_ARENA_CLOSED`.
   */
  open(token: BlockToken): Block;
  /** The block of a handle. @throws {ArenaError} `ERR_ARENA_FREED`, `ERR_ARENA_INVALID_ARGUMENT`, `ERR_ARENA_TRANSFERRED`, `ERR_ARENA_CLOSED`. */
  openHandle(handle: BlockHandle): Block;
  /**
   * The block of a token that `transfer` gave: this thread's from here on, and no other's.
   * @throws {ArenaError} `ERR_ARENA_TRANSFERRED` if it was received before, freed or never given away; as {@link Arena.open}.
   */
  receive(token: BlockToken): Block;
  /** Runs `work`, and frees all that `alloc` and `realloc` of the arena or of the scope gave within, also after an `await`. @returns what `work` gives */
  scope<T>(work: (scope: Scope) => T): T;
  /** A part with a budget of its own. @throws {ArenaError} `ERR_ARENA_INVALID_OPTION`, `ERR_ARENA_CLOSED`. */
  subArena(options: SubArenaOptions): SubArena;
  /** Frees all blocks at once; those still held are dead, and their tokens. No other thread may be using the arena just then. @throws {ArenaError} `ERR_ARENA_CLOSED`. */
  reset(): void;
  /**
   * Gives the pages of free blocks back to the system, at once; they come back, zeroed, when they are next written to.
   * Takes time in proportion to what is given back. The native backend on Linux alone can; elsewhere nothing is given back.
   * @returns the bytes given back
   * @throws {ArenaError} `ERR_ARENA_CLOSED`.
   */
  purge(): number;
  /** What `attachArena` takes in another thread; send it by `postMessage` or `workerData`. @throws {ArenaError} `ERR_ARENA_CLOSED`. */
  share(): ArenaHandle;
  /** A ring through which blocks go to other threads, for a fraction of what `postMessage` costs; or the one of a handle. @throws {ArenaError} `ERR_ARENA_INVALID_OPTION`, `ERR_ARENA_INVALID_HANDLE`, `ERR_ARENA_CLOSED`. */
  channel(options?: ChannelOptions | ChannelHandle): Channel;
  /** A large object that is loaded when it is first touched, and again after it was evicted. @throws {ArenaError} `ERR_ARENA_INVALID_OPTION`, `ERR_ARENA_CLOSED`. */
  lazy(source: LazySource, options?: LazyOptions): Lazy;
  /** Evicts lazily loaded objects that nobody is using, the least recently used first, until `bytes` ≥ 0 are free of them. @returns bytes evicted @throws {ArenaError} `ERR_ARENA_INVALID_ARGUMENT`, `ERR_ARENA_CLOSED`. */
  evict(bytes?: number): number;
  /** Watches how much memory process, container and system have left, and relieves it. @throws {ArenaError} `ERR_ARENA_INVALID_OPTION`, `ERR_ARENA_CLOSED`. */
  onPressure(options?: PressureOptions, listener?: PressureListener): PressureWatch;
  /** Takes back what threads that ended had cached, and blocks of theirs that no other thread can know of. @returns bytes that were live */
  reclaim(): number;
  /** One consistent reading; after `close()`, the last one. */
  stats(): ArenaStats;
  /** Live and cached blocks by size, the smallest first. Takes time in proportion to all blocks. @throws {ArenaError} `ERR_ARENA_CLOSED`. */
  sizeClasses(): SizeClass[];
  /** What lies where. Takes time in proportion to all blocks. @throws {ArenaError} `ERR_ARENA_CLOSED`. */
  map(): RegionMap;
  /** Watched blocks of this thread that are live and that no other can know of: all of them where `debug` is 'paranoid', one in 128 where it is 'sample'. */
  leaks(): Leak[];
  /**
   * In the thread that created the arena: ends all blocks, in every thread, reports those that `debug` watched, and lets go of
   * the memory. In one that attached it: ends its blocks that nobody else can know of, and leaves the rest to the others. Idempotent.
   */
  close(): Promise<void>;
}

/**
 * Creates an arena; memory is taken as blocks are written to, not before.
 * @throws {ArenaError} `ERR_ARENA_INVALID_OPTION`, `ERR_ARENA_NATIVE_UNAVAILABLE`, `ERR_ARENA_OUT_OF_MEMORY`.
 */
export function createArena(options?: ArenaOptions): Arena {
  const resolved = resolveOptions(options);
  const { initialBytes, maxBytes, backend, name } = resolved;
  const native = chooseNative(backend);
  let memory: SharedArrayBuffer;
  let records: Records;
  try {
    records = Records.create(maxBytes / GRANULE_BYTES);
    memory = new SharedArrayBuffer(initialBytes, { maxByteLength: maxBytes });
  } catch (error) {
    throw outOfMemory(initialBytes, maxBytes, error);
  }
  // Below 2^48, what `randomInt` can draw from.
  return new ThreadArena({ ...resolved, id: randomInt(2 ** 48 - 1), name, memory }, records, native, true);
}

/**
 * Makes another thread's arena usable in this one, for all that it can do.
 * @throws {ArenaError} `ERR_ARENA_INVALID_HANDLE`, `ERR_ARENA_CLOSED`, `ERR_ARENA_TOO_MANY_THREADS`.
 */
export function attachArena(handle: ArenaHandle): Arena {
  const records = recordsOf(handle);
  if (records.closed) throw closed(handle.name);
  return new ThreadArena({ ...handle, clock: systemClock }, records, chooseNative(handle.backend), false);
}
