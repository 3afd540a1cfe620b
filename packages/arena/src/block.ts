import { Buffer } from 'node:buffer';
import { closed, doubleFree, freed, freedToken, invalidArgument, transferred } from './errors.js';
import type { Heap } from './heap.js';
import { isInTransit, markEscaped, send } from './records/ownership.js';
import { liveState } from './records/records.js';
import { POST_ITS_TOKEN } from './not-cloneable.js';
import { handleOf, type BlockHandle, type BlockToken } from './token.js';

/** The constructor of a typed array, Buffer or DataView, as {@link Block.view} takes it. */
export interface ViewConstructor<View> {
  /** None of DataView, whose elements are bytes. */
  readonly BYTES_PER_ELEMENT?: number;
  new (buffer: SharedArrayBuffer, byteOffset: number, length: number): View;
}

/**
 * A block of an arena's memory. Its contents are what was there before, as with `Buffer.allocUnsafe`.
 *
 * `u8`, `buffer`, `view` and `token` throw once the block is freed. A view taken before that stays usable, as nothing can
 * revoke it, and then sees and overwrites whatever block comes next in its place: do not keep views longer than blocks.
 */
export interface Block extends Disposable {
  /** Where the block begins in the arena, in bytes. */
  readonly offset: number;
  /** What was asked for. */
  readonly byteLength: number;
  /**
   * Names the block in other threads, which may read, write and free it as this one may.
   * @throws {ArenaError} `ERR_ARENA_FREED`, `ERR_ARENA_TRANSFERRED`, `ERR_ARENA_CLOSED`; `ERR_ARENA_HEAP_BLOCK`.
   */
  readonly token: BlockToken;
  /** The block as one number. @throws {ArenaError} as {@link Block.token}. */
  readonly handle: BlockHandle;
  /** The same array each time. @throws {ArenaError} `ERR_ARENA_FREED`, `ERR_ARENA_TRANSFERRED`, `ERR_ARENA_CLOSED`. */
  readonly u8: Uint8Array<SharedArrayBuffer>;
  /** A new Buffer over the block. @throws {ArenaError} as {@link Block.u8}. */
  readonly buffer: Buffer<SharedArrayBuffer>;
  /** Whether the block may be used still. */
  readonly isLive: boolean;
  /**
   * A new typed array over the whole block, as in `view(Float64Array)`.
   * @throws {ArenaError} `ERR_ARENA_INVALID_ARGUMENT` if the block is no whole number of elements; as {@link Block.u8}.
   */
  view<View>(type: ViewConstructor<View>): View;
  /**
   * Gives the block away: from here on it is nobody's, until a thread calls `receive` with the token, once. What this thread
   * still holds of it is dead.
   * @throws {ArenaError} as {@link Block.token}.
   */
  transfer(): BlockToken;
  /**
   * Gives the memory back to the arena; the block and all its tokens, in every thread, are dead from here on.
   * @throws {ArenaError} `ERR_ARENA_DOUBLE_FREE`, `ERR_ARENA_TRANSFERRED`, `ERR_ARENA_CLOSED`; `ERR_ARENA_OVERFLOW` where
   * `debug` is 'paranoid' and something was written behind the block, which is freed nevertheless.
   */
  free(): void;
  /** Frees the block unless that was done before: `using block = arena.alloc(64)`. */
  [Symbol.dispose](): void;
}

/** What a block knows of where it came from. */
export interface Home {
  readonly id: number;
  readonly name: string;
  readonly heap: Heap;
  /** Whether blocks check that they are live. */
  readonly checked: boolean;
  /** Bytes behind each block that are not its user's. */
  readonly canaryBytes: number;
  /** Takes back a live block. @returns whether there was one */
  release(slot: number, generation: number, byteLength: number): boolean;
}

export class ArenaBlock implements Block {
  readonly offset: number;
  readonly byteLength: number;
  readonly inMessages: symbol = POST_ITS_TOKEN;
  readonly #home: Home;
  readonly #slot: number;
  readonly #generation: number;
  #u8: Uint8Array<SharedArrayBuffer> | undefined = undefined;

  /** The block of a live slot. */
  constructor(home: Home, slot: number, generation: number) {
    const { records } = home.heap;
    this.offset = records.offsetBytesOf(slot);
    this.byteLength = records.byteLengthOf(slot) - home.canaryBytes;
    this.#home = home;
    this.#slot = slot;
    this.#generation = generation;
  }

  get token(): BlockToken {
    this.#checkLive();
    markEscaped(this.#home.heap.records, this.#slot);
    return { arena: this.#home.id, slot: this.#slot, generation: this.#generation };
  }

  get handle(): BlockHandle {
    this.#checkLive();
    markEscaped(this.#home.heap.records, this.#slot);
    return handleOf(this.#slot, this.#generation);
  }

  get arenaId(): number {
    return this.#home.id;
  }

  isOf(home: Home): boolean {
    return this.#home === home;
  }

  /** As {@link handle}, for who does not pass it on. */
  get key(): BlockHandle {
    return handleOf(this.#slot, this.#generation);
  }

  get u8(): Uint8Array<SharedArrayBuffer> {
    this.#checkLive();
    return (this.#u8 ??= new Uint8Array(this.#home.heap.memory, this.offset, this.byteLength));
  }

  get buffer(): Buffer<SharedArrayBuffer> {
    this.#checkLive();
    return Buffer.from(this.#home.heap.memory, this.offset, this.byteLength);
  }

  get isLive(): boolean {
    return this.#home.heap.records.stateOf(this.#slot) === liveState(this.#generation);
  }

  view<View>(type: ViewConstructor<View>): View {
    this.#checkLive();
    return viewOf(type, this.#home.heap.memory, this.offset, this.byteLength);
  }

  transfer(): BlockToken {
    this.#checkLive();
    if (!send(this.#home.heap.records, this.#slot, this.#generation)) throw this.#whyDead(false);
    return { arena: this.#home.id, slot: this.#slot, generation: this.#generation };
  }

  free(): void {
    if (!this.#home.release(this.#slot, this.#generation, this.byteLength)) throw this.#whyDead(true);
  }

  [Symbol.dispose](): void {
    if (this.isLive) this.free();
  }

  #checkLive(): void {
    if (this.#home.checked && !this.isLive) throw this.#whyDead(false);
  }

  #whyDead(freeing: boolean): Error {
    const { heap, name } = this.#home;
    if (heap.records.closed) return closed(name);
    if (isInTransit(heap.records, this.#slot, this.#generation)) return transferred(name, this.#slot);
    return freeing ? doubleFree(name, this.offset, this.byteLength) : freed(name, this.offset, this.byteLength);
  }
}

/** Why `slot` and `generation`, which name no live block, do not. */
export function whyNoBlock({ heap, name }: Home, slot: number, generation: number): Error {
  if (heap.records.closed) return closed(name);
  return isInTransit(heap.records, slot, generation) ? transferred(name, slot) : freedToken(name, slot, generation);
}

export function viewOf<View>(type: ViewConstructor<View>, memory: SharedArrayBuffer, offset: number, byteLength: number): View {
  const elementBytes = typeof type === 'function' ? (type.BYTES_PER_ELEMENT ?? (type.prototype instanceof DataView || (type as unknown) === DataView ? 1 : undefined)) : undefined;
  if (elementBytes === undefined) throw invalidArgument('type', type, 'the constructor of a typed array or DataView');
  if (byteLength % elementBytes !== 0) throw invalidArgument('type', type, `elements whose ${elementBytes} bytes divide the block's ${byteLength}`);
  return new type(memory, offset, byteLength / elementBytes);
}
