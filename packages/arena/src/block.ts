import { Buffer } from 'node:buffer';
import type { BlockTable } from './block-table.js';
import { closed, doubleFree, freed, freedToken, invalidArgument } from './errors.js';
import { checkToken, type BlockToken } from './token.js';

/** A typed array's constructor, as {@link BlockView.view} takes it. */
export interface ViewConstructor<View> {
  readonly BYTES_PER_ELEMENT: number;
  new (buffer: SharedArrayBuffer, byteOffset: number, length: number): View;
}

/**
 * A block of an arena's memory. Its contents are what was there before, as with `Buffer.allocUnsafe`.
 *
 * `u8`, `buffer`, `view` and `token` throw once the block is freed. A view taken before that stays usable, as nothing can
 * revoke it, and then sees and overwrites whatever block comes next in its place: do not keep views longer than blocks.
 */
export interface BlockView {
  /** Where the block begins in the arena, in bytes. */
  readonly offset: number;
  /** What was asked for. */
  readonly byteLength: number;
  /** @throws {ArenaError} `ERR_ARENA_FREED`, `ERR_ARENA_CLOSED`. */
  readonly token: BlockToken;
  /** The same array each time. @throws {ArenaError} `ERR_ARENA_FREED`, `ERR_ARENA_CLOSED`. */
  readonly u8: Uint8Array<SharedArrayBuffer>;
  /** A new Buffer over the block. @throws {ArenaError} `ERR_ARENA_FREED`, `ERR_ARENA_CLOSED`. */
  readonly buffer: Buffer<SharedArrayBuffer>;
  /**
   * A new typed array over the whole block, as in `view(Float64Array)`.
   * @throws {ArenaError} `ERR_ARENA_INVALID_ARGUMENT` if the block is no whole number of elements; `ERR_ARENA_FREED`, `ERR_ARENA_CLOSED`.
   */
  view<View>(type: ViewConstructor<View>): View;
}

/** A block in the hands of the thread that may free it. */
export interface Block extends BlockView, Disposable {
  /** Frees the block unless that was done before: `using block = arena.alloc(64)`. */
  [Symbol.dispose](): void;
  /**
   * Gives the memory back to the arena; the block and all its tokens, in every thread, are dead from here on.
   * @throws {ArenaError} `ERR_ARENA_DOUBLE_FREE`, `ERR_ARENA_CLOSED`.
   */
  free(): void;
}

/** What a block knows of its arena. */
export interface Home {
  readonly id: number;
  readonly name: string;
  readonly memory: SharedArrayBuffer;
  readonly table: BlockTable;
  /** Takes back a live block. */
  release(slot: number, byteLength: number): void;
}

export class ArenaBlock implements Block {
  readonly offset: number;
  readonly byteLength: number;
  readonly #home: Home;
  readonly #slot: number;
  readonly #generation: number;
  #u8: Uint8Array<SharedArrayBuffer> | undefined = undefined;

  /** The block of a live slot. */
  constructor(home: Home, slot: number, generation: number) {
    this.offset = home.table.offsetBytesOf(slot);
    this.byteLength = home.table.byteLengthOf(slot);
    this.#home = home;
    this.#slot = slot;
    this.#generation = generation;
  }

  get token(): BlockToken {
    this.#checkLive();
    return { arena: this.#home.id, slot: this.#slot, generation: this.#generation };
  }

  get u8(): Uint8Array<SharedArrayBuffer> {
    this.#checkLive();
    return (this.#u8 ??= new Uint8Array(this.#home.memory, this.offset, this.byteLength));
  }

  get buffer(): Buffer<SharedArrayBuffer> {
    this.#checkLive();
    return Buffer.from(this.#home.memory, this.offset, this.byteLength);
  }

  view<View>(type: ViewConstructor<View>): View {
    this.#checkLive();
    const elementBytes = typeof type === 'function' ? type.BYTES_PER_ELEMENT : undefined;
    if (elementBytes === undefined) throw invalidArgument('type', type, 'the constructor of a typed array');
    if (this.byteLength % elementBytes !== 0) throw invalidArgument('type', type, `elements whose ${elementBytes} bytes divide the block's ${this.byteLength}`);
    return new type(this.#home.memory, this.offset, this.byteLength / elementBytes);
  }

  free(): void {
    const { table, name } = this.#home;
    if (!table.isLive(this.#slot, this.#generation)) throw table.closed ? closed(name) : doubleFree(name, this.offset, this.byteLength);
    this.#home.release(this.#slot, this.byteLength);
  }

  [Symbol.dispose](): void {
    const { table } = this.#home;
    if (table.isLive(this.#slot, this.#generation)) this.free();
  }

  #checkLive(): void {
    const { table, name } = this.#home;
    if (!table.isLive(this.#slot, this.#generation)) throw table.closed ? closed(name) : freed(name, this.offset, this.byteLength);
  }
}

/**
 * The block of a token.
 * @throws {ArenaError} `ERR_ARENA_FREED`, `ERR_ARENA_FOREIGN_BLOCK`, `ERR_ARENA_INVALID_TOKEN`, `ERR_ARENA_CLOSED`.
 */
export function openBlock(home: Home, token: BlockToken): ArenaBlock {
  checkToken(token, home);
  const { slot, generation } = token;
  if (home.table.closed) throw closed(home.name);
  if (!home.table.isLiveToken(slot, generation)) throw freedToken(home.name, slot, generation);
  return new ArenaBlock(home, slot, generation);
}
