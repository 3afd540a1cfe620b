import { closeSync, constants, fstatSync, openSync, readSync, statSync, type Stats } from 'node:fs';
import { types } from 'node:util';
import type { ArenaBlock, Block, Home } from './block.js';
import { closed, invalidArgument, invalidOption, lazyBudgetExceeded, notLoaded } from './errors.js';
import { checkOptions, checkSignal, oneOf, PAGE_BYTES, refuseUnknown } from './options.js';
import { MOST_READ_BYTES } from './streams.js';
import { markEscapedOwn, unmarkEscaped } from './records/ownership.js';
import { slotOf } from './token.js';

/**
 * Fills the bytes it is handed, at once or by a promise; or gives an ArrayBuffer or a view, at most as long, which is copied
 * there, zeros behind it. Anything else that it gives, as the count of bytes that `readSync` does, says nothing.
 */
export type LazyLoader = (bytes: Uint8Array<SharedArrayBuffer>) => unknown;

/** A file's path, or a loader. */
export type LazySource = string | URL | LazyLoader;

export interface LazyOptions {
  /** The object's size, an integer ≥ 1. Of a file not more than it has, and all of it by default. */
  readonly bytes?: number;
  /** How a file gets into memory: mapped, where the system can (native, Linux), page by page as they are touched; or read at once. @default 'map' */
  readonly mode?: 'map' | 'read';
}

export interface LoadOptions {
  /** Ends the caller's wait; what is being loaded goes on for others, and for the next touch. */
  readonly signal?: AbortSignal;
}

/**
 * A large object of the arena that is loaded when it is first touched. When lazily loaded objects outgrow their budget or the
 * arena, those touched least recently are evicted and loaded again at the next touch; what was written to them is lost. A view
 * does not keep an object from being evicted, only {@link Lazy.use} does.
 *
 * A mapped file must not get shorter while it is mapped: the system ends a program that touches what is not there any more.
 */
export interface Lazy extends Disposable {
  readonly byteLength: number;
  readonly isLoaded: boolean;
  /** How often it was loaded. */
  readonly loads: number;
  /** The bytes, loaded now if they are not yet. @throws {ArenaError} `ERR_ARENA_NOT_LOADED` if that takes a promise; `ERR_ARENA_BUDGET_EXCEEDED` if others that are in use or being loaded leave too little; `ERR_ARENA_EXHAUSTED`, `ERR_ARENA_CLOSED`; what the loader or the file system threw. */
  readonly u8: Uint8Array<SharedArrayBuffer>;
  /** As {@link Lazy.u8}, with any loader. Calls at the same time share one loading. @throws {ArenaError} rejects, too, when the object or its arena is closed, or the arena reset, whatever becomes of the loader; `ERR_ARENA_INVALID_OPTION`; with the signal's reason */
  load(options?: LoadOptions): Promise<Uint8Array<SharedArrayBuffer>>;
  /** Loads, and keeps from eviction until `work` has ended. The signal is for the loading. */
  use<T>(work: (bytes: Uint8Array<SharedArrayBuffer>) => T | Promise<T>, options?: LoadOptions): Promise<T>;
  /** Gives the memory back until the next touch. @returns whether there was something to evict and nobody was using it */
  evict(): boolean;
  /** Evicts for good, from under `use` once that has ended. Idempotent. */
  close(): void;
  [Symbol.dispose](): void;
}

/** What lazy objects take their memory from. */
interface Source extends Home {
  readonly isClosed: boolean;
  readonly canMapFiles: boolean;
  /** A block of the arena's own, which nobody is told of as leaked. @throws {ArenaError} `ERR_ARENA_EXHAUSTED` */
  allocOwn(bytes: number, alignBytes: number): ArenaBlock;
}

/** All lazy objects of a thread's arena, and their budget. */
export class LazyObjects {
  readonly #source: Source;
  readonly #budgetBytes: number;
  /** Of objects that are loaded or being loaded. */
  #takenBytes = 0;
  /** The least recently touched first. */
  readonly #loaded = new Set<LazyObject>();
  /** Whose loader has not settled. */
  readonly #loading = new Set<LazyObject>();
  /** Of the arena, when it was last looked at. */
  #endings: number;

  constructor(source: Source, budgetBytes: number) {
    this.#source = source;
    this.#endings = source.heap.endings;
    this.#budgetBytes = budgetBytes;
  }

  get source(): Source {
    return this.#source;
  }

  add(source: LazySource, options: LazyOptions): Lazy {
    checkOptions(options);
    const { bytes, mode = 'map', ...unknown } = options;
    refuseUnknown(unknown);
    oneOf('mode', mode, ['map', 'read']);
    if (typeof source !== 'string' && typeof source !== 'function' && !(source instanceof URL)) throw invalidOption('source', source, "a file's path or URL, or a function");
    const byteLength = bytes === undefined && typeof source !== 'function' ? sizeOf(source, statSync(source)) : bytes;
    if (byteLength === undefined || !Number.isSafeInteger(byteLength) || byteLength < 1 || byteLength > this.#budgetBytes) throw invalidOption('bytes', byteLength, `an integer, 1 to lazyBudgetBytes, ${this.#budgetBytes}`);
    return new LazyObject(this, source, byteLength, mode);
  }

  /** @returns a block for an object, whole pages if it is to be mapped */
  allocate(object: LazyObject, bytes: number): ArenaBlock {
    const { name } = this.#source;
    this.noticeEndings();
    this.evict(this.#takenBytes + object.byteLength - this.#budgetBytes);
    if (this.#takenBytes + object.byteLength > this.#budgetBytes) throw lazyBudgetExceeded(name, object.byteLength, this.#takenBytes, this.#budgetBytes);
    const block = this.#source.allocOwn(bytes, PAGE_BYTES);
    this.#takenBytes += object.byteLength;
    return block;
  }

  giveBack(object: LazyObject, block: Block): void {
    block[Symbol.dispose]();
    this.#takenBytes -= object.byteLength;
  }

  /** @returns whether the system put the file into the block */
  map(block: ArenaBlock, descriptor: number): boolean {
    return this.#source.heap.mapFile(slotOf(block.key), descriptor);
  }

  unmap(block: ArenaBlock): void {
    this.#source.heap.unmapFile(slotOf(block.key));
  }

  touched(object: LazyObject): void {
    this.#loaded.delete(object);
    this.#loaded.add(object);
  }

  forget(object: LazyObject): void {
    this.#loaded.delete(object);
  }

  /** Its loader has the block: if this thread leaves meanwhile, it must not become another's. */
  loading(object: LazyObject, block: ArenaBlock): void {
    this.#loading.add(object);
    markEscapedOwn(this.#source.heap.records, slotOf(block.key));
  }

  settled(object: LazyObject, block: ArenaBlock): void {
    this.#loading.delete(object);
    if (block.isLive) unmarkEscaped(this.#source.heap.records, slotOf(block.key));
  }

  /** Forgets what another thread's reset ended. */
  noticeEndings(): void {
    const { endings } = this.#source.heap;
    if (endings === this.#endings) return;
    this.#endings = endings;
    this.forgetAll();
  }

  /** Evicts until `bytes` are had. @returns how many were */
  evict(bytes: number): number {
    this.noticeEndings();
    let evicted = 0;
    for (const object of this.#loaded) {
      if (evicted >= bytes) break;
      if (object.evict()) evicted += object.byteLength;
    }
    return evicted;
  }

  /** Evicts all, in use or not, as their blocks are about to end. */
  forgetAll(): void {
    for (const object of this.#loaded) object.drop();
  }

  close(): void {
    this.forgetAll();
    for (const object of this.#loading) object.close();
  }
}

class LazyObject implements Lazy {
  readonly byteLength: number;
  loads = 0;
  readonly #objects: LazyObjects;
  readonly #source: LazySource;
  readonly #mode: 'map' | 'read';
  #block: ArenaBlock | undefined = undefined;
  #isMapped = false;
  #loading: Promise<Uint8Array<SharedArrayBuffer>> | undefined = undefined;
  #giveUp: (reason: Error) => void = () => undefined;
  /** Whether its loader is running just now, this side of any promise. */
  #filling = false;
  #users = 0;
  #closed = false;

  constructor(objects: LazyObjects, source: LazySource, byteLength: number, mode: 'map' | 'read') {
    this.#objects = objects;
    this.#source = source;
    this.byteLength = byteLength;
    this.#mode = mode;
  }

  get isLoaded(): boolean {
    return this.#block?.isLive === true && this.#loading === undefined;
  }

  get u8(): Uint8Array<SharedArrayBuffer> {
    this.#checkOpen();
    this.#objects.noticeEndings();
    if (this.isLoaded) return this.#touch();
    if (this.#loading !== undefined || this.#filling) throw notLoaded('a lazy object');
    if (typeof this.#source !== 'function') return this.#loadFile(this.#source);
    const block = this.#objects.allocate(this, this.byteLength);
    const filling = this.#fill(block, this.#source);
    if (filling === undefined) return this.#settle(block);
    // The promise is under way, so it is not wasted: load() gets what comes of it.
    this.#loading = new Promise((resolve, reject) => {
      this.#giveUp = reject;
      this.#finish(block, filling).then(resolve, reject);
    });
    this.#loading.catch(() => undefined);
    throw notLoaded('a lazy object');
  }

  async load(options: LoadOptions = {}): Promise<Uint8Array<SharedArrayBuffer>> {
    checkOptions(options);
    const { signal, ...unknown } = options;
    refuseUnknown(unknown);
    checkSignal(signal);
    if (signal === undefined) return this.#load();
    signal.throwIfAborted();
    return unlessAborted(this.#load(), signal);
  }

  async use<T>(work: (bytes: Uint8Array<SharedArrayBuffer>) => T | Promise<T>, options?: LoadOptions): Promise<T> {
    if (typeof work !== 'function') throw invalidArgument('work', work, 'a function');
    this.#users += 1;
    try {
      return await work(await this.load(options));
    } finally {
      this.#users -= 1;
      if (this.#closed && this.#users === 0) this.drop();
    }
  }

  evict(): boolean {
    if (!this.isLoaded || this.#users > 0) return false;
    this.drop();
    return true;
  }

  drop(): void {
    const block = this.#block;
    if (block === undefined) return;
    this.#block = undefined;
    this.#objects.forget(this);
    // Else it is another's by now.
    if (this.#isMapped && block.isLive) this.#objects.unmap(block);
    this.#isMapped = false;
    this.#objects.giveBack(this, block);
  }

  close(): void {
    this.#closed = true;
    this.#giveUp(closed(this.#objects.source.name)); // The block stays until the loader has settled, as it may write to it.
    if (this.#loading === undefined && this.#users === 0) this.drop();
  }

  [Symbol.dispose](): void {
    this.close();
  }

  #load(): Promise<Uint8Array<SharedArrayBuffer>> {
    if (this.#loading !== undefined) return this.#loading;
    try {
      return Promise.resolve(this.u8);
    } catch (error) {
      return this.#loading ?? Promise.reject(error);
    }
  }

  #checkOpen(): void {
    if (this.#closed || this.#objects.source.isClosed) throw closed(this.#objects.source.name);
  }

  #touch(): Uint8Array<SharedArrayBuffer> {
    this.#objects.touched(this);
    return (this.#block as Block).u8.subarray(0, this.byteLength);
  }

  #adopt(block: ArenaBlock): Uint8Array<SharedArrayBuffer> {
    this.#block = block;
    this.loads += 1;
    return this.#touch();
  }

  #fill(block: Block, source: LazyLoader): Promise<void> | undefined {
    this.#filling = true;
    try {
      const loaded: unknown = source(block.u8);
      if (isThenable(loaded)) return Promise.resolve(loaded).then((bytes) => put(bytes, block.u8));
      put(loaded, block.u8);
      return undefined;
    } catch (error) {
      this.#objects.giveBack(this, block);
      throw error;
    } finally {
      this.#filling = false;
    }
  }

  async #finish(block: ArenaBlock, filling: Promise<void>): Promise<Uint8Array<SharedArrayBuffer>> {
    this.#objects.loading(this, block);
    try {
      await filling;
    } catch (error) {
      this.#objects.giveBack(this, block);
      throw error;
    } finally {
      this.#loading = undefined;
      this.#objects.settled(this, block);
    }
    return this.#settle(block);
  }

  /** What was loaded; unless the object was closed meanwhile, or the block ended. */
  #settle(block: ArenaBlock): Uint8Array<SharedArrayBuffer> {
    if (!this.#closed && block.isLive) return this.#adopt(block);
    this.#objects.giveBack(this, block);
    throw closed(this.#objects.source.name);
  }

  #loadFile(path: string | URL): Uint8Array<SharedArrayBuffer> {
    // A pipe would have this thread wait for whoever writes to it.
    const descriptor = openSync(path, constants.O_RDONLY | (constants.O_NONBLOCK ?? 0));
    try {
      const has = sizeOf(path, fstatSync(descriptor));
      if (has < this.byteLength) throw invalidOption('bytes', this.byteLength, `at most the ${has} bytes that ${String(path)} has`);
      const mappedBytes = Math.ceil(this.byteLength / PAGE_BYTES) * PAGE_BYTES;
      const maps = this.#mode === 'map' && this.#objects.source.canMapFiles;
      const block = this.#objects.allocate(this, maps ? mappedBytes : this.byteLength);
      try {
        this.#isMapped = maps && this.#objects.map(block, descriptor);
        if (!this.#isMapped) readAll(descriptor, block.u8.subarray(0, this.byteLength));
      } catch (error) {
        this.#objects.giveBack(this, block);
        throw error;
      }
      return this.#adopt(block);
    } finally {
      closeSync(descriptor);
    }
  }
}

/** Copies what a loader gave, unless that is the bytes it was handed. */
function put(loaded: unknown, bytes: Uint8Array<SharedArrayBuffer>): void {
  if (loaded === bytes || !(types.isAnyArrayBuffer(loaded) || ArrayBuffer.isView(loaded))) return;
  const given = ArrayBuffer.isView(loaded) ? new Uint8Array(loaded.buffer, loaded.byteOffset, loaded.byteLength) : new Uint8Array(loaded);
  if (given.buffer === bytes.buffer) return; // A part of what it was handed.
  if (given.length > bytes.length) throw invalidArgument('loaded', given.length, `at most the object's ${bytes.length} bytes`);
  bytes.set(given);
  bytes.fill(0, given.length);
}

function sizeOf(path: string | URL, stats: Stats): number {
  if (!stats.isFile()) throw invalidOption('source', String(path), 'a regular file');
  return stats.size;
}

function unlessAborted<T>(loading: Promise<T>, signal: AbortSignal): Promise<T> {
  return new Promise((resolve, reject) => {
    const abort = (): void => reject(signal.reason as Error);
    signal.addEventListener('abort', abort, { once: true });
    loading.finally(() => signal.removeEventListener('abort', abort)).then(resolve, reject);
  });
}

const isThenable = (loaded: unknown): loaded is PromiseLike<unknown> => typeof (loaded as PromiseLike<unknown> | null | undefined)?.then === 'function';

function readAll(descriptor: number, bytes: Uint8Array): void {
  for (let at = 0; at < bytes.length; ) {
    const read = readSync(descriptor, bytes, at, Math.min(bytes.length - at, MOST_READ_BYTES), at);
    if (read === 0) throw new Error(`the file ended at ${at} of ${bytes.length} bytes`);
    at += read;
  }
}
