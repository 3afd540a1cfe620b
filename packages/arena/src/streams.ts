import { open } from 'node:fs/promises';
import type { Readable } from 'node:stream';
import type { BlockSource } from './block-source.js';
import type { Block } from './block.js';
import type { BufferPool, PooledBuffer } from './buffer-pool.js';
import { tooLong } from './errors.js';
import { invalidOption } from './errors.js';
import { refuseUnknown } from './options.js';

export interface ReadOptions {
  readonly signal?: AbortSignal;
}

export interface ReadStreamOptions extends ReadOptions {
  /** The length, if it is known: then nothing is copied twice. */
  readonly bytes?: number;
  /** Most that is taken in, an integer ≥ 1; what is longer rejects. @default 64 MiB */
  readonly maxBytes?: number;
}

/**
 * A whole file in a block, read where it will lie. An empty file has no block.
 * @throws {ArenaError} rejects as `alloc` throws; with what the file system says; with the signal's reason.
 */
export async function readFileInto(source: BlockSource, path: string | URL, { signal, ...unknown }: ReadOptions = {}): Promise<Block | undefined> {
  refuseUnknown(unknown);
  await using file = await open(path);
  const { size } = await file.stat();
  if (size === 0) return undefined;
  const block = source.alloc(size);
  try {
    const { u8 } = block;
    let at = 0;
    while (at < size) {
      signal?.throwIfAborted();
      const { bytesRead } = await file.read(u8, at, Math.min(size - at, 2 ** 30), at);
      if (bytesRead === 0) break;
      at += bytesRead;
    }
    return at < size ? source.realloc(block, Math.max(1, at)) : block; // It got shorter meanwhile.
  } catch (error) {
    block[Symbol.dispose]();
    throw error;
  }
}

/**
 * All that a stream, a socket or a request brings, in one block; `undefined` if that is nothing. The block is the caller's to
 * free; none is left when this rejects.
 * @throws {ArenaError} rejects with `ERR_ARENA_TOO_LONG`; as `alloc` throws; with what the stream failed of; with the signal's reason.
 */
export async function readStreamInto(source: BlockSource, stream: Readable | AsyncIterable<Uint8Array>, { bytes, maxBytes = 64 * 2 ** 20, signal, ...unknown }: ReadStreamOptions = {}): Promise<Block | undefined> {
  refuseUnknown(unknown);
  if (!Number.isSafeInteger(maxBytes) || maxBytes < 1) throw invalidOption('maxBytes', maxBytes, 'an integer ≥ 1');
  if (bytes !== undefined && (!Number.isSafeInteger(bytes) || bytes < 1)) throw invalidOption('bytes', bytes, 'an integer ≥ 1');
  if (bytes !== undefined && bytes > maxBytes) throw tooLong('the stream', maxBytes);
  let block: Block | undefined = bytes === undefined ? undefined : source.alloc(bytes);
  let length = 0;
  try {
    for await (const chunk of stream as AsyncIterable<Uint8Array>) {
      signal?.throwIfAborted();
      const needed = length + chunk.byteLength;
      if (needed > (bytes ?? maxBytes)) throw tooLong('the stream', bytes ?? maxBytes);
      if (block === undefined) block = source.alloc(Math.max(needed, Math.min(maxBytes, 65_536)));
      else if (needed > block.byteLength) block = source.realloc(block, Math.min(maxBytes, Math.max(needed, 2 * block.byteLength)));
      block.u8.set(chunk, length);
      length = needed;
    }
    signal?.throwIfAborted();
    if (block === undefined || length === block.byteLength) return block;
    if (length > 0) return source.realloc(block, length);
    block.free();
    return undefined;
  } catch (error) {
    block?.[Symbol.dispose]();
    throw error;
  }
}

/** What `net.connect({ onread })` takes: a socket's bytes go into one pooled buffer, over and over, without a Buffer for each read. */
export interface SocketReader extends Disposable {
  readonly buffer: Uint8Array;
  readonly callback: (bytesRead: number, buffer: Uint8Array) => boolean;
}

/** @param onBytes is called with what came; the bytes are overwritten by the next read. Returning false pauses the socket. */
export function socketReader(pool: BufferPool, bytes: number, onBytes: (bytes: Uint8Array) => boolean | void): SocketReader {
  const pooled: PooledBuffer = pool.acquire(bytes);
  return {
    buffer: pooled.u8,
    callback: (bytesRead) => onBytes(pooled.u8.subarray(0, bytesRead)) !== false,
    [Symbol.dispose]: () => pooled[Symbol.dispose](),
  };
}
