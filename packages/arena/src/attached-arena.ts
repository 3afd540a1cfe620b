import type { BlockTable } from './block-table.js';
import { openBlock, type BlockView, type Home } from './block.js';
import { closed, notOwner } from './errors.js';
import { tableOf, type ArenaHandle } from './handle.js';
import type { BlockToken } from './token.js';

/**
 * An arena of another thread: its blocks can be read and written here, without a copy. In this version only the thread that
 * created the arena allocates and frees.
 */
export interface AttachedArena {
  readonly name: string;
  /**
   * The block of a token that its owner sent; the owner must not free it while this thread uses it.
   * @throws {ArenaError} `ERR_ARENA_FREED`, `ERR_ARENA_FOREIGN_BLOCK`, `ERR_ARENA_INVALID_TOKEN`, `ERR_ARENA_CLOSED`.
   */
  open(token: BlockToken): BlockView;
}

/**
 * Makes another thread's arena usable in this one.
 * @throws {ArenaError} `ERR_ARENA_INVALID_HANDLE`, `ERR_ARENA_CLOSED`.
 */
export function attachArena(handle: ArenaHandle): AttachedArena {
  const table = tableOf(handle);
  if (table.closed) throw closed(handle.name);
  return new ForeignArena(handle, table);
}

class ForeignArena implements AttachedArena, Home {
  readonly id: number;
  readonly name: string;
  readonly memory: SharedArrayBuffer;
  readonly table: BlockTable;

  constructor({ id, name, memory }: ArenaHandle, table: BlockTable) {
    this.id = id;
    this.name = name;
    this.memory = memory;
    this.table = table;
  }

  open(token: BlockToken): BlockView {
    return openBlock(this, token);
  }

  /** What TypeScript hides and JavaScript may still call. */
  release(): never {
    throw notOwner(this.name, 'freeing a block');
  }

  alloc(): never {
    throw notOwner(this.name, 'allocating a block');
  }

  tryAlloc(): never {
    return this.alloc();
  }

  allocBatch(): never {
    return this.alloc();
  }
}
