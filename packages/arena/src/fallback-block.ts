import { Buffer } from 'node:buffer';
import { ArenaBlock, viewOf, type Block, type ViewConstructor } from './block.js';
import { doubleFree, foreignBlock, freed, heapBlock, invalidArgument } from './errors.js';
import { POST_ITS_TOKEN } from './not-cloneable.js';
import type { BlockHandle, BlockToken } from './token.js';

/** What `onExhausted: 'buffer'` gives: memory of its own, which the garbage collector frees, with the face of a block. */
export class FallbackBlock implements Block {
  readonly offset = 0;
  readonly byteLength: number;
  readonly inMessages: symbol = POST_ITS_TOKEN;
  readonly #arena: string;
  #memory: SharedArrayBuffer | undefined;
  #u8: Uint8Array<SharedArrayBuffer> | undefined = undefined;

  /** @throws {RangeError} if the system has no memory left */
  constructor(arena: string, bytes: number) {
    this.byteLength = bytes;
    this.#arena = arena;
    this.#memory = new SharedArrayBuffer(bytes);
  }

  get token(): BlockToken {
    throw heapBlock('token');
  }

  get handle(): BlockHandle {
    throw heapBlock('handle');
  }

  get u8(): Uint8Array<SharedArrayBuffer> {
    return (this.#u8 = this.#u8 ?? new Uint8Array(this.#live()));
  }

  get buffer(): Buffer<SharedArrayBuffer> {
    return Buffer.from(this.#live());
  }

  get isLive(): boolean {
    return this.#memory !== undefined;
  }

  view<View>(type: ViewConstructor<View>): View {
    return viewOf(type, this.#live(), 0, this.byteLength);
  }

  transfer(): BlockToken {
    throw heapBlock('transfer()');
  }

  free(): void {
    if (this.#memory === undefined) throw doubleFree(this.#arena, 0, this.byteLength);
    this.#memory = this.#u8 = undefined;
  }

  [Symbol.dispose](): void {
    this.#memory = this.#u8 = undefined;
  }

  #live(): SharedArrayBuffer {
    if (this.#memory === undefined) throw freed(this.#arena, 0, this.byteLength);
    return this.#memory;
  }
}

/** @throws {ArenaError} `ERR_ARENA_INVALID_ARGUMENT`, `ERR_ARENA_FOREIGN_BLOCK`. */
export function checkBlock(block: Block, arena: { readonly id: number; readonly name: string }): void {
  if (!(block instanceof ArenaBlock || block instanceof FallbackBlock)) throw invalidArgument('block', block, 'a block');
  if (block instanceof ArenaBlock && block.arenaId !== arena.id) throw foreignBlock(arena.name, block.offset, block.byteLength);
}
