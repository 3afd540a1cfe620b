import type { Block } from './block.js';
import { invalidArgument } from './errors.js';
import { checkBytes, type AllocOptions, type WaitOptions } from './options.js';

/** What blocks come from: an arena, a part of one with a budget, or a scope. */
export interface BlockSource {
  /** How many times all its blocks have ended at once, by a reset or as it was closed: whoever keeps blocks for later has lost them when it has grown. */
  readonly endings: number;
  /**
   * A block of `bytes` bytes, 1 to `maxBytes`, from free memory or by growing. Its contents are undefined.
   * @throws {ArenaError} `ERR_ARENA_EXHAUSTED` if no free block is large enough and the arena cannot grow enough;
   * `ERR_ARENA_BUDGET_EXCEEDED`, `ERR_ARENA_INVALID_ARGUMENT`, `ERR_ARENA_INVALID_OPTION`, `ERR_ARENA_CLOSED`.
   */
  alloc(bytes: number, options?: AllocOptions): Block;
  /** As {@link BlockSource.alloc}, but `undefined` when exhausted. */
  tryAlloc(bytes: number, options?: AllocOptions): Block | undefined;
  /**
   * As {@link BlockSource.alloc}, but waits for memory, first come, first served; a part with a budget also for that, before.
   * @throws {ArenaError} rejects with `ERR_ARENA_WAIT_TIMEOUT`, with the signal's reason, or as `alloc`.
   */
  allocAsync(bytes: number, options?: WaitOptions): Promise<Block>;
  /** `count` blocks of `bytes` bytes each: all of them, or none and an error as of {@link BlockSource.alloc}. */
  allocBatch(bytes: number, count: number, options?: AllocOptions): Block[];
  /**
   * A block of `bytes` bytes that begins with what `block` has, in the same place if it fits there; `block` is dead. If it
   * throws, `block` is as it was, or freed with `ERR_ARENA_OVERFLOW`.
   * @throws {ArenaError} `ERR_ARENA_FREED`; `ERR_ARENA_FOREIGN_BLOCK` of another arena's; `ERR_ARENA_OVERFLOW`; and as {@link BlockSource.alloc}.
   */
  realloc(block: Block, bytes: number): Block;
}

/** @throws {ArenaError} `ERR_ARENA_INVALID_ARGUMENT` */
export function checkSource(source: unknown): void {
  const { alloc, realloc } = (source ?? {}) as Partial<BlockSource>;
  if (typeof alloc !== 'function' || typeof realloc !== 'function') throw invalidArgument('source', source, 'an arena or a part of one');
}

export function allocBatch(source: BlockSource, bytes: number, count: number, options: AllocOptions | undefined): Block[] {
  checkBytes(bytes);
  if (!Number.isSafeInteger(count) || count < 0) throw invalidArgument('count', count, 'an integer ≥ 0');
  const blocks: Block[] = [];
  try {
    while (blocks.length < count) blocks.push(source.alloc(bytes, options));
    return blocks;
  } catch (error) {
    for (const block of blocks) block.free();
    throw error;
  }
}

/** Frees what is live of these; all of them, also where one was written behind. @throws {ArenaError} then, of the first: `ERR_ARENA_OVERFLOW` */
export function freeAll(blocks: Iterable<Disposable>): void {
  let first: { readonly error: unknown } | undefined;
  for (const block of blocks)
    try {
      block[Symbol.dispose]();
    } catch (error) {
      first ??= { error };
    }
  if (first !== undefined) throw first.error;
}

/** A block elsewhere with the same beginning; the old one is freed. */
export function move(source: BlockSource, block: Block, bytes: number): Block {
  const old = block.u8;
  const moved = source.alloc(bytes);
  moved.u8.set(bytes < old.length ? old.subarray(0, bytes) : old);
  try {
    block.free();
  } catch (error) {
    moved.free(); // It was written behind the old one: nobody will hear of the new one.
    throw error;
  }
  return moved;
}
