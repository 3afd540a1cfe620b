import type { Readable } from 'node:stream';
import { readStreamInto, type Arena, type Block } from '@fog/arena';
import { bodyEmpty, bodyTooLarge, clientGone } from './errors.js';

/**
 * A request's body, straight into an arena block where its length is known. The block is the caller's to free; none is
 * left when this rejects.
 */
export async function receiveBody(body: Readable, length: number | undefined, arena: Arena, maxBytes: number): Promise<Block> {
  if (length === 0) throw bodyEmpty();
  if (length !== undefined && length > maxBytes) throw bodyTooLarge(length, maxBytes);
  return length === undefined ? collect(body, arena, maxBytes) : fill(body, arena.alloc(length));
}

async function fill(body: Readable, block: Block): Promise<Block> {
  try {
    const bytes = block.u8;
    let at = 0;
    for await (const chunk of chunksOf(body)) {
      bytes.set(chunk, at);
      at += chunk.byteLength;
    }
    return block;
  } catch (error) {
    block.free();
    throw error;
  }
}

/** A body sent in chunks tells its length only at the end; until then, too, it takes the arena's memory and no other. */
async function collect(body: Readable, arena: Arena, maxBytes: number): Promise<Block> {
  try {
    const block = await readStreamInto(arena, chunksOf(body), { maxBytes });
    if (block === undefined) throw bodyEmpty();
    return block;
  } catch (error) {
    throw (error as { readonly code?: unknown }).code === 'ERR_ARENA_TOO_LONG' ? bodyTooLarge(undefined, maxBytes) : error;
  }
}

/** A body ends early where its client does: nothing else is wrong then. */
async function* chunksOf(body: Readable): AsyncGenerator<Uint8Array> {
  try {
    // Who stops early has an answer to give, for which the connection must live.
    yield* body.iterator({ destroyOnReturn: false }) as AsyncIterable<Uint8Array>;
  } catch (error) {
    throw clientGone(error);
  }
}
