import { types } from 'node:util';
import type { Block } from './block.js';
import type { Clock } from './clock.js';
import { closed, invalidArgument, invalidHandle, invalidOption } from './errors.js';
import { checkDelay, refuseUnknown, resolveWait, type WaitOptions } from './options.js';
import type { BlockToken } from './token.js';

export interface ChannelOptions {
  /** Blocks that can be on their way at once: a power of two, 2 to 2^20. @default 1_024 */
  readonly slots?: number;
}

/** What `arena.channel(handle)` takes in another thread; send it by `postMessage` or `workerData`. */
export interface ChannelHandle {
  readonly arena: number;
  readonly ring: SharedArrayBuffer;
}

/**
 * A ring of tokens in shared memory: blocks go from any thread to any other, first in, first out, each to one receiver, with
 * their ownership. No message is posted, so nobody is woken who does not wait here.
 */
export interface Channel extends AsyncIterable<Block> {
  /**
   * Gives a block away, and never waits. @returns false if the ring is full; then the block is the sender's still
   * @throws {ArenaError} `ERR_ARENA_CLOSED`, and as `block.transfer()`.
   */
  send(block: Block): boolean;
  /** The next block, now this thread's; `undefined` if there is none. @throws {ArenaError} `ERR_ARENA_CLOSED` once the arena is closed, as whoever waits then gets too. */
  receive(): Block | undefined;
  /** Blocks this thread until there is a block, at most `timeoutMs`, in ms above 0. For workers: it stops the event loop. @returns `undefined` after that, or once the channel is closed and empty */
  receiveSync(timeoutMs: number): Block | undefined;
  /** @throws {ArenaError} rejects with the signal's reason, or `ERR_ARENA_CLOSED`; gives `undefined` after `timeoutMs`, or once the channel is closed and empty. */
  receiveAsync(options?: Omit<WaitOptions, 'align'>): Promise<Block | undefined>;
  /** Blocks on their way. */
  readonly size: number;
  share(): ChannelHandle;
  /** Takes no more blocks, in any thread; those on their way can be received. Idempotent. */
  close(): void;
}

interface Ends {
  readonly id: number;
  readonly name: string;
  readonly isClosed: boolean;
  owns(block: Block): boolean;
  /** Makes a block that was given away and did not get into the ring its sender's again. */
  takeBack(token: BlockToken): void;
  /** `undefined` if the block ended on its way. @throws {ArenaError} `ERR_ARENA_CLOSED` */
  receiveLive(token: BlockToken): Block | undefined;
}

/** Words of the ring: a header with each end on a cache line of its own, then cells of sequence, slot and generation. */
const LAYOUT = 0;
export const HEAD = 16;
/** Twice the next place, and 1 more once the channel is closed: in one word, so that nothing is sent past the end. */
export const TAIL = 32;
/** What sleeping receivers look at, and how many of them there are: nobody is woken who does not sleep. */
const WAKES = 48;
const SLEEPING = 49;
export const CELLS = 64;
export const CELL_WORDS = 4;
const LAYOUT_VERSION = 0x66_6f_67_72;
const MOST_SLOTS = 2 ** 20;
/** Looks so often before it sleeps, as waking costs both sides more than the looking. */
const SPINS = 500;
/** How often a waiting receiver looks, in ms, where the system cannot wake it. */
const LOOK_EVERY_MS = 1;
/** How often a sleeping receiver looks, in ms, whether its arena was closed: that wakes nobody. */
const LOOK_FOR_END_MS = 500;

export function createChannel(arena: Ends, { slots = 1_024, ...unknown }: ChannelOptions, clock: Clock): Channel {
  refuseUnknown(unknown);
  if (!Number.isInteger(slots) || slots < 2 || slots > MOST_SLOTS || (slots & (slots - 1)) !== 0) throw invalidOption('slots', slots, `a power of two, 2 to ${MOST_SLOTS}`);
  const words = new Int32Array(new SharedArrayBuffer(4 * (CELLS + slots * CELL_WORDS)));
  for (let index = 0; index < slots; index += 1) words[CELLS + index * CELL_WORDS] = index;
  Atomics.store(words, LAYOUT, LAYOUT_VERSION);
  return new Ring(arena, words, clock);
}

/** @throws {ArenaError} `ERR_ARENA_INVALID_HANDLE`. */
export function openChannel(arena: Ends, handle: ChannelHandle, clock: Clock): Channel {
  const { arena: id, ring } = handle;
  if (id !== arena.id || !types.isSharedArrayBuffer(ring) || ring.byteLength < 4 * CELLS) throw invalidHandle(handle);
  const words = new Int32Array(ring);
  if (Atomics.load(words, LAYOUT) !== LAYOUT_VERSION) throw invalidHandle(handle);
  return new Ring(arena, words, clock);
}

/**
 * D. Vyukov's bounded queue for many producers and consumers: a cell's sequence tells whose turn it is, so ends only contend
 * for a place in the order. Places count modulo 2^31. A thread that is terminated leaves no cell half done, as V8 ends threads at calls and loops, of
 * which there are none between taking a place and filling it.
 */
class Ring implements Channel {
  readonly #arena: Ends;
  readonly #words: Int32Array<SharedArrayBuffer>;
  readonly #mask: number;
  readonly #clock: Clock;

  constructor(arena: Ends, words: Int32Array<SharedArrayBuffer>, clock: Clock) {
    this.#arena = arena;
    this.#words = words;
    this.#mask = (words.length - CELLS) / CELL_WORDS - 1;
    this.#clock = clock;
  }

  get size(): number {
    const end = Atomics.load(this.#words, TAIL) >> 1;
    // Others may have received beyond that end by now.
    return Math.max(0, ((end - Atomics.load(this.#words, HEAD)) << 1) >> 1);
  }

  send(block: Block): boolean {
    const words = this.#words;
    if (this.#isClosed) throw this.#whenClosed();
    if (!this.#arena.owns(block)) throw invalidArgument('block', block, 'a block of the arena of this channel');
    if (block.isLive && this.size > this.#mask) return false;
    const token = block.transfer();
    const { slot, generation } = token;
    for (;;) {
      const tail = Atomics.load(words, TAIL);
      const place = tail >> 1;
      const cell = CELLS + (place & this.#mask) * CELL_WORDS;
      const turn = (Atomics.load(words, cell) - place) << 1;
      // Others may have closed or filled the ring meanwhile.
      if ((tail & 1) === 1 || turn < 0) {
        this.#arena.takeBack(token);
        if ((tail & 1) === 1) throw this.#whenClosed();
        return false;
      }
      if (turn === 0 && Atomics.compareExchange(words, TAIL, tail, (tail + 2) | 0) === tail) {
        words[cell + 1] = slot;
        words[cell + 2] = generation;
        Atomics.store(words, cell, (place + 1) | 0);
        if (Atomics.load(words, SLEEPING) > 0) this.#wake();
        return true;
      }
    }
  }

  receive(): Block | undefined {
    const words = this.#words;
    for (;;) {
      const place = Atomics.load(words, HEAD);
      const cell = CELLS + (place & this.#mask) * CELL_WORDS;
      const turn = (Atomics.load(words, cell) - place - 1) << 1;
      if (turn < 0) {
        // Nothing comes any more, and whoever waits for it must get to know.
        if (this.#arena.isClosed) throw closed(this.#arena.name);
        return undefined;
      }
      if (turn === 0 && Atomics.compareExchange(words, HEAD, place, (place + 1) | 0) === place) {
        const slot = words[cell + 1] as number;
        const generation = words[cell + 2] as number;
        Atomics.store(words, cell, (place + this.#mask + 1) | 0);
        const block = this.#arena.receiveLive({ arena: this.#arena.id, slot, generation });
        if (block !== undefined) return block; // Else a reset ended it on its way.
      }
    }
  }

  receiveSync(timeoutMs: number): Block | undefined {
    checkDelay('timeoutMs', timeoutMs);
    const first = this.receive();
    if (first !== undefined) return first;
    // Reading the clock takes as long as receiving, so that comes only now.
    const endMs = this.#clock.now() + timeoutMs;
    for (let leftMs = timeoutMs; leftMs > 0 && !this.#isDone; leftMs = endMs - this.#clock.now()) {
      this.#sleep(leftMs);
      const block = this.receive();
      if (block !== undefined) return block;
    }
    return undefined;
  }

  receiveAsync(options: Omit<WaitOptions, 'align'> = {}): Promise<Block | undefined> {
    const { timeoutMs, signal } = resolveWait(options);
    return new Promise((resolve, reject) => {
      signal?.throwIfAborted();
      const first = this.receive();
      if (first !== undefined || this.#isDone) {
        resolve(first);
        return;
      }
      const leave = (): void => {
        look.close();
        timer.close();
        signal?.removeEventListener('abort', abort);
      };
      const abort = (): void => {
        leave();
        reject(signal?.reason as Error);
      };
      const look = this.#clock.setInterval(() => {
        try {
          const block = this.receive();
          if (block === undefined && !this.#isDone) return;
          leave();
          resolve(block);
        } catch (error) {
          leave();
          reject(error);
        }
      }, LOOK_EVERY_MS);
      const timer = this.#clock.setTimeout(() => {
        leave();
        resolve(undefined);
      }, timeoutMs);
      signal?.addEventListener('abort', abort);
    });
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<Block> {
    while (!this.#isDone) {
      const block = await this.receiveAsync({ timeoutMs: 2 ** 31 - 1 });
      if (block !== undefined) yield block;
    }
  }

  share(): ChannelHandle {
    return { arena: this.#arena.id, ring: this.#words.buffer };
  }

  close(): void {
    Atomics.or(this.#words, TAIL, 1);
    this.#wake();
  }

  #wake(): void {
    Atomics.add(this.#words, WAKES, 1);
    Atomics.notify(this.#words, WAKES);
  }

  /** Sleeps until something may have come. A sender sees the sleeper, or the sleeper sees what was sent. */
  #sleep(mostMs: number): void {
    const words = this.#words;
    for (let spin = 0; spin < SPINS; spin += 1) if (this.size > 0) return;
    const wakes = Atomics.load(words, WAKES);
    Atomics.add(words, SLEEPING, 1);
    if (this.size === 0 && !this.#isClosed) Atomics.wait(words, WAKES, wakes, Math.min(mostMs, LOOK_FOR_END_MS));
    Atomics.sub(words, SLEEPING, 1);
  }

  get #isClosed(): boolean {
    return (Atomics.load(this.#words, TAIL) & 1) === 1;
  }

  get #isDone(): boolean {
    return this.#isClosed && this.size === 0;
  }

  #whenClosed(): Error {
    return closed(`channel of ${this.#arena.name}`);
  }
}
