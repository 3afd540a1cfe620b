import { foreignBlock, invalidToken } from './errors.js';

/**
 * Names a block in any thread that has its arena: plain numbers, for `postMessage` or a ring of integers. It dies with the
 * block; what was put in the block's place later has another generation.
 */
export interface BlockToken {
  /** The arena's number, random, so that tokens of another arena or process are told apart. */
  readonly arena: number;
  /** Which entry of the arena's block table. */
  readonly slot: number;
  /** How often that entry has been given out or taken back; odd while its block is live. */
  readonly generation: number;
}

/** @throws {ArenaError} `ERR_ARENA_INVALID_TOKEN`, `ERR_ARENA_FOREIGN_BLOCK`. */
export function checkToken(token: BlockToken, arena: { readonly id: number; readonly name: string }): void {
  const { arena: id, slot, generation } = typeof token === 'object' && token !== null ? token : ({} as Partial<BlockToken>);
  if (!Number.isSafeInteger(id) || !Number.isSafeInteger(slot) || !Number.isSafeInteger(generation)) throw invalidToken(token);
  if (id !== arena.id) throw foreignBlock(arena.name);
}
