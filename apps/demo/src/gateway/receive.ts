import type { Readable } from 'node:stream';
import type { Arena, Block } from '@fog/arena';
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

/** A body sent in chunks tells its length only at the end. */
async function collect(body: Readable, arena: Arena, maxBytes: number): Promise<Block> {
  const chunks: Uint8Array[] = [];
  let length = 0;
  for await (const chunk of chunksOf(body)) {
    length += chunk.byteLength;
    if (length > maxBytes) throw bodyTooLarge(undefined, maxBytes);
    chunks.push(chunk);
  }
  if (length === 0) throw bodyEmpty();
  const block = arena.alloc(length);
  let at = 0;
  for (const chunk of chunks) {
    block.u8.set(chunk, at);
    at += chunk.byteLength;
  }
  return block;
}

/** A body ends early where its client does: nothing else is wrong then. */
async function* chunksOf(body: Readable): AsyncGenerator<Uint8Array> {
  try {
    yield* body as AsyncIterable<Uint8Array>;
  } catch (error) {
    throw clientGone(error);
  }
}
