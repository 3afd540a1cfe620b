import { constants } from 'node:fs';
import { open } from 'node:fs/promises';
import type { Readable } from 'node:stream';
import { types } from 'node:util';
import { checkSource, type BlockSource } from './block-source.js';
import type { Block } from './block.js';
import type { BufferPool, PooledBuffer } from './buffer-pool.js';
import { invalidArgument, invalidOption, tooLong, type ArenaError } from './errors.js';
import { checkOptions, checkSignal, refuseUnknown } from './options.js';

/** Of a stream whose length is not known, at first. */
const FIRST_BYTES = 65_536;
/** What one call of the system reads. */
export const MOST_READ_BYTES: number = 2 ** 30;

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
 * A whole file in a block, read where it will lie. An empty file has no block. One that does not tell its size, as those of
 * `/proc`, is taken as a stream, up to 64 MiB.
 * @throws {ArenaError} rejects with `ERR_ARENA_INVALID_ARGUMENT`, `ERR_ARENA_INVALID_OPTION`; as `alloc` throws; with what the file system says; with the signal's reason.
 */
export async function readFileInto(source: BlockSource, path: string | URL, options: ReadOptions = {}): Promise<Block | undefined> {
  checkSource(source);
  if (typeof path !== 'string' && !(path instanceof URL)) throw invalidArgument('path', path, "a file's path or URL");
  checkOptions(options);
  const { signal, ...unknown } = options;
  refuseUnknown(unknown);
  checkSignal(signal);
  signal?.throwIfAborted();
  // A pipe would hold a thread of the process for as long as nobody writes to it.
  await using file = await open(path, constants.O_RDONLY | (constants.O_NONBLOCK ?? 0));
  const stats = await file.stat();
  const { size } = stats;
  if (!stats.isFile()) throw invalidArgument('path', String(path), 'a regular file');
  if (size === 0) return await readStreamInto(source, file.createReadStream({ autoClose: false }), signal === undefined ? {} : { signal });
  const block = source.alloc(size);
  try {
    const { u8 } = block;
    let at = 0;
    while (at < size) {
      signal?.throwIfAborted();
      const { bytesRead } = await file.read(u8, at, Math.min(size - at, MOST_READ_BYTES), at);
      if (bytesRead === 0) break;
      at += bytesRead;
    }
    if (at === size) return block;
    if (at > 0) return source.realloc(block, at); // It has less than it tells, or got shorter meanwhile.
    block.free();
    return undefined;
  } catch (error) {
    block[Symbol.dispose]();
    throw error;
  }
}

/**
 * All that a stream, a socket or a request brings, in one block; `undefined` if that is nothing. The block is the caller's to
 * free; none is left when this rejects.
 * @throws {ArenaError} rejects with `ERR_ARENA_TOO_LONG`, `ERR_ARENA_INVALID_ARGUMENT`, `ERR_ARENA_INVALID_OPTION`; as `alloc` throws; with what the stream failed of; with the signal's reason.
 */
export async function readStreamInto(source: BlockSource, stream: Readable | AsyncIterable<Uint8Array>, options: ReadStreamOptions = {}): Promise<Block | undefined> {
  checkSource(source);
  checkOptions(options);
  const { bytes, maxBytes = 64 * 2 ** 20, signal, ...unknown } = options;
  refuseUnknown(unknown);
  checkSignal(signal);
  if (typeof (stream as AsyncIterable<Uint8Array> | null)?.[Symbol.asyncIterator] !== 'function') throw invalidArgument('stream', stream, 'a stream, or what else can be iterated asynchronously');
  if (!Number.isSafeInteger(maxBytes) || maxBytes < 1) throw invalidOption('maxBytes', maxBytes, 'an integer ≥ 1');
  if (bytes !== undefined && (!Number.isSafeInteger(bytes) || bytes < 1)) throw invalidOption('bytes', bytes, 'an integer ≥ 1');
  if (bytes !== undefined && bytes > maxBytes) throw tooLong('the stream', maxBytes);
  let block: Block | undefined = bytes === undefined ? undefined : source.alloc(bytes);
  let length = 0;
  try {
    for await (const given of signal === undefined ? stream : abortable(stream, signal)) {
      const chunk = bytesOf(given);
      const needed = length + chunk.byteLength;
      if (needed > (bytes ?? maxBytes)) throw tooLong('the stream', bytes ?? maxBytes);
      if (block === undefined || needed > block.byteLength) block = makeRoom(source, block, needed, maxBytes);
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

/** A block for more than is needed, so that not each chunk moves what came before; for no more where there is no room for that. */
function makeRoom(source: BlockSource, block: Block | undefined, needed: number, maxBytes: number): Block {
  const wanted = Math.min(maxBytes, Math.max(needed, block === undefined ? FIRST_BYTES : 2 * block.byteLength));
  const sized = (bytes: number): Block => (block === undefined ? source.alloc(bytes) : source.realloc(block, bytes));
  try {
    return sized(wanted);
  } catch (error) {
    const { code } = error as Partial<ArenaError>;
    if (wanted === needed || (code !== 'ERR_ARENA_EXHAUSTED' && code !== 'ERR_ARENA_BUDGET_EXCEEDED')) throw error;
    return sized(needed);
  }
}

/** What a stream brings, until it is aborted; that, too, while nothing comes, when an iteration by itself would wait on. */
async function* abortable(stream: Readable | AsyncIterable<unknown>, signal: AbortSignal): AsyncGenerator {
  // A stream of the web can be cancelled while a read is pending by who reads it alone.
  const reader = 'getReader' in stream ? (stream as ReadableStream).getReader() : undefined;
  const iterator = reader === undefined ? stream[Symbol.asyncIterator]() : undefined;
  let abort = (): void => undefined;
  const aborted = new Promise<never>((_, reject) => {
    abort = () => reject(signal.reason as Error);
    signal.addEventListener('abort', abort);
  });
  aborted.catch(() => undefined); // Nobody may be waiting just then.
  let ended = false;
  try {
    signal.throwIfAborted();
    for (;;) {
      const next: Promise<{ done?: boolean | undefined; value?: unknown }> = reader?.read() ?? (iterator as AsyncIterator<unknown>).next();
      const { done, value } = await Promise.race([next, aborted]);
      if (done === true) {
        ended = true;
        return;
      }
      yield value;
    }
  } finally {
    signal.removeEventListener('abort', abort);
    // The iterator itself can be ended only once it gets something; without waiting for that, and whatever comes of it.
    if (!ended) {
      if ('destroy' in stream) stream.destroy();
      Promise.resolve(reader?.cancel(signal.reason) ?? iterator?.return?.()).catch(() => undefined);
    }
  }
}

function bytesOf(chunk: unknown): Uint8Array {
  if (chunk instanceof Uint8Array) return chunk;
  if (ArrayBuffer.isView(chunk)) return new Uint8Array(chunk.buffer, chunk.byteOffset, chunk.byteLength);
  if (types.isAnyArrayBuffer(chunk)) return new Uint8Array(chunk);
  throw invalidArgument('chunk', chunk, 'bytes: a stream of text or objects has none');
}

/** What `net.connect({ onread })` takes: a socket's bytes go into one pooled buffer, over and over, without a Buffer for each read. */
export interface SocketReader extends Disposable {
  readonly buffer: Uint8Array;
  readonly callback: (bytesRead: number, buffer: Uint8Array) => boolean;
}

/**
 * @param onBytes is called with what came; the bytes are overwritten by the next read. Returning false pauses the socket.
 * @throws {ArenaError} `ERR_ARENA_INVALID_ARGUMENT`; as `acquire` of the pool.
 */
export function socketReader(pool: BufferPool, bytes: number, onBytes: (bytes: Uint8Array) => boolean | void): SocketReader {
  if (typeof (pool as Partial<BufferPool> | null | undefined)?.acquire !== 'function') throw invalidArgument('pool', pool, 'what createBufferPool gave');
  if (typeof onBytes !== 'function') throw invalidArgument('onBytes', onBytes, 'a function');
  const pooled: PooledBuffer = pool.acquire(bytes);
  return {
    buffer: pooled.u8,
    callback: (bytesRead) => onBytes(pooled.u8.subarray(0, bytesRead)) !== false,
    [Symbol.dispose]: () => pooled[Symbol.dispose](),
  };
}
