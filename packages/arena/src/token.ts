import { foreignToken, invalidArgument, invalidToken } from './errors.js';
import { GENERATION_MASK, MOST_RECORDS } from './records/layout.js';

/**
 * Names a block in any thread that has its arena: plain numbers, for `postMessage`. It dies with the block; what was put in
 * the block's place later has another generation, until that has been used 67 million times.
 */
export interface BlockToken {
  /** The arena's number, random, so that tokens of another arena or process are told apart. */
  readonly arena: number;
  /** Which record of the arena. */
  readonly slot: number;
  /** How often that record has been used before. */
  readonly generation: number;
}

/**
 * A block as one number, for where objects cost too much: slot and generation, below 2^53. Of its arena alone, which it does
 * not name.
 */
export type BlockHandle = number;

/** @throws {ArenaError} `ERR_ARENA_INVALID_TOKEN`, `ERR_ARENA_FOREIGN_BLOCK`. */
export function checkToken(token: BlockToken, arena: { readonly id: number; readonly name: string }): void {
  const { arena: id, slot, generation } = typeof token === 'object' && token !== null ? token : ({} as Partial<BlockToken>);
  if (!Number.isSafeInteger(id) || !Number.isSafeInteger(slot) || !Number.isSafeInteger(generation)) throw invalidToken(token);
  if (id !== arena.id) throw foreignToken(arena.name);
}

/** @throws {ArenaError} `ERR_ARENA_INVALID_ARGUMENT`. */
export function checkHandle(handle: unknown): void {
  if (typeof handle !== 'number') throw invalidArgument('handle', handle, 'what allocHandle() or block.handle gave, a number');
}

export const handleOf = (slot: number, generation: number): BlockHandle => generation * MOST_RECORDS + slot;
/** The slot is what is left of a handle without its generation; written so, as `%` of such numbers takes longer than `alloc`. */
export const slotOf = (handle: BlockHandle): number => handle - Math.floor(handle / MOST_RECORDS) * MOST_RECORDS;
export const generationOfHandle = (handle: BlockHandle): number => Math.floor(handle / MOST_RECORDS) & GENERATION_MASK;
