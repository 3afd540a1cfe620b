import { types } from 'node:util';
import type { Block } from './block.js';
import type { Clock } from './clock.js';
import { closed, invalidArgument, invalidHandle, invalidOption } from './errors.js';
import { POST_ITS_HANDLE } from './not-cloneable.js';
import { checkDelay, checkOptions, MAX_DELAY_MS, refuseUnknown, resolveWait, type WaitOptions } from './options.js';
import type { Records } from './records/records.js';
import { CLAIMS_WORDS, claimOf, GENERATION, RECEIVING, RingClaims, SENDING, SLOT } from './ring-claims.js';
import type { BlockToken } from './token.js';
import { WaitQueue } from './wait-queue.js';

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
  /**
   * Awaits a block without looking for it again and again; who came first is served first. While somebody waits, the process
   * stays alive. @returns `undefined` after `timeoutMs`, or once the channel is closed and empty
   * @throws {ArenaError} rejects with the signal's reason; with `ERR_ARENA_CLOSED`, half a second after the arena was closed at most.
   */
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
  readonly heap: { readonly row: number; readonly records: Records };
  owns(block: Block): boolean;
  /** Makes a block that was given away and did not get into the ring its sender's again. */
  takeBack(token: BlockToken): void;
  /** `undefined` if the block ended on its way. @throws {ArenaError} `ERR_ARENA_CLOSED` */
  receiveLive(slot: number, generation: number): Block | undefined;
}

/** Words of the ring: a header with each end on a pair of cache lines of its own, claims of all threads, then cells of sequence, slot and generation. */
const LAYOUT = 0;
export const HEAD = 32;
/** The next place, and two bits below it: in one word, so that nothing is sent past the end and no sender misses a sleeper. */
export const TAIL = 64;
const CLOSED = 1;
/** Somebody sleeps until something is sent; who sends next takes the bit away and wakes all. */
const SLEEPING = 2;
export const PLACE_SHIFT = 2;
/** What sleepers look at. */
export const WAKES = 96;
export const CLAIMS = 128;
export const CELLS: number = CLAIMS + CLAIMS_WORDS;
export const CELL_WORDS = 4;
const LAYOUT_VERSION = 0x66_6f_67_75;
const MOST_SLOTS = 2 ** 20;
/** Looks so often before it sleeps, which takes 1 us: sleeping and waking take ten times that, but where cores are busy nothing comes of looking. */
const SPINS = 50;
/** How often a sleeping receiver looks, in ms, whether its arena was closed: that wakes nobody. */
const LOOK_FOR_END_MS = 500;
/** How long to wait, in ms, for a sender that has a place and did not fill it yet. */
const LOOK_FOR_FILLING_MS = 1;

export function createChannel(arena: Ends, options: ChannelOptions, clock: Clock): Channel {
  checkOptions(options);
  const { slots = 1_024, ...unknown } = options;
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
  if (id !== arena.id || !types.isSharedArrayBuffer(ring) || !isLength(ring.byteLength / 4)) throw invalidHandle(handle);
  const words = new Int32Array(ring);
  if (Atomics.load(words, LAYOUT) !== LAYOUT_VERSION) throw invalidHandle(handle);
  return new Ring(arena, words, clock);
}

/**
 * D. Vyukov's bounded queue for many producers and consumers: a cell's sequence tells whose turn it is, so ends only contend
 * for a place in the order. Places count modulo 2^30. A thread may be terminated with a place that it has not filled, or emptied, yet: others
 * find out by its claim, and finish in its stead.
 *
 * Shaped for messages that cost little else: an operation of `Atomics` is a call of 8 ns, so an end is first read plainly, as
 * a guess that the exchange confirms, and each side has four of them: `nx bench arena --only=handover`.
 */
class Ring implements Channel {
  readonly inMessages: symbol = POST_ITS_HANDLE;
  readonly #arena: Ends;
  readonly #words: Int32Array<SharedArrayBuffer>;
  readonly #mask: number;
  readonly #clock: Clock;
  readonly #claims: RingClaims;
  /** Who awaits a block in this thread; `null` is told of the end. */
  readonly #waiting: WaitQueue<Block | null>;
  #listens = false;
  #sleeps = false;

  constructor(arena: Ends, words: Int32Array<SharedArrayBuffer>, clock: Clock) {
    this.#arena = arena;
    this.#words = words;
    this.#mask = (words.length - CELLS) / CELL_WORDS - 1;
    this.#clock = clock;
    this.#claims = new RingClaims(words, CLAIMS, arena.heap.records, arena.heap.row, clock, LOOK_FOR_FILLING_MS);
    this.#waiting = new WaitQueue(
      clock,
      LOOK_FOR_END_MS,
      () => void this.#listen(),
      () => {
        if (this.#sleeps) this.#wake(); // Nothing else could end it.
      },
    );
  }

  get size(): number {
    const end = Atomics.load(this.#words, TAIL) >> PLACE_SHIFT;
    // Others may have received beyond that end by now.
    return Math.max(0, difference(end, Atomics.load(this.#words, HEAD)));
  }

  send(block: Block): boolean {
    const words = this.#words;
    const claim = this.#claims.own;
    if (!this.#arena.owns(block)) throw invalidArgument('block', block, 'a block of the arena of this channel');
    let token: BlockToken | undefined;
    for (let tail = words[TAIL] as number; ; tail = Atomics.load(words, TAIL)) {
      const place = tail >> PLACE_SHIFT;
      const cell = CELLS + (place & this.#mask) * CELL_WORDS;
      const turn = difference(Atomics.load(words, cell), place);
      if ((tail & CLOSED) !== 0 || turn < 0) {
        if ((tail & CLOSED) === 0 && this.#emptyForEnded(place, cell)) continue;
        // Others may have closed or filled the ring meanwhile.
        if (token !== undefined) {
          words[claim + SENDING] = 0;
          this.#arena.takeBack(token);
        }
        token = undefined;
        if ((tail & CLOSED) !== 0) throw this.#whenClosed();
        if (block.isLive) return false;
      }
      // Given away only once a place is free; throws for what is not live.
      token ??= block.transfer();
      words[claim + SLOT] = token.slot;
      words[claim + GENERATION] = token.generation;
      words[claim + SENDING] = claimOf(place);
      if (turn === 0 && Atomics.compareExchange(words, TAIL, tail, nextTail(tail)) === tail) {
        words[cell + 1] = token.slot;
        words[cell + 2] = token.generation;
        Atomics.store(words, cell, (place + 1) | 0);
        words[claim + SENDING] = 0;
        if ((tail & SLEEPING) !== 0) this.#wake();
        return true;
      }
    }
  }

  receive(): Block | undefined {
    const words = this.#words;
    const claim = this.#claims.own;
    // Before anything is taken out, which others could receive; and whoever waits for more must get to know.
    if (this.#arena.isClosed) throw closed(this.#arena.name);
    for (let place = words[HEAD] as number; ; place = Atomics.load(words, HEAD)) {
      const cell = CELLS + (place & this.#mask) * CELL_WORDS;
      const turn = difference(Atomics.load(words, cell), place + 1);
      if (turn < 0) {
        words[claim + RECEIVING] = 0;
        if (this.#fillForEnded(place, cell)) continue;
        return undefined;
      }
      words[claim + RECEIVING] = claimOf(place);
      if (turn === 0 && Atomics.compareExchange(words, HEAD, place, (place + 1) | 0) === place) {
        const slot = words[cell + 1] as number;
        const generation = words[cell + 2] as number;
        // First, so that whoever ends here leaves it to its place, or has it.
        const block = this.#arena.receiveLive(slot, generation);
        Atomics.store(words, cell, (place + this.#mask + 1) | 0);
        words[claim + RECEIVING] = 0;
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

  async receiveAsync(options: Omit<WaitOptions, 'align'> = {}): Promise<Block | undefined> {
    const wait = resolveWait(options);
    wait.signal?.throwIfAborted();
    const tryNow = (): Block | null | undefined => this.receive() ?? (this.#isDone ? null : undefined);
    // Those who came before are served first.
    const first = this.#waiting.size === 0 ? tryNow() : undefined;
    return (first === undefined ? await this.#waiting.wait(tryNow, wait, () => null) : first) ?? undefined;
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<Block> {
    while (!this.#isDone) {
      const block = await this.receiveAsync({ timeoutMs: MAX_DELAY_MS });
      if (block !== undefined) yield block;
    }
  }

  share(): ChannelHandle {
    return { arena: this.#arena.id, ring: this.#words.buffer };
  }

  close(): void {
    Atomics.or(this.#words, TAIL, CLOSED);
    this.#wake();
  }

  /** Fills a place whose sender was terminated before it did, with what it was to send if that is known. @returns whether the place is filled */
  #fillForEnded(place: number, cell: number): boolean {
    const words = this.#words;
    const seen = Atomics.load(words, cell);
    if (difference(seen, place) !== 0) return difference(seen, place + 1) >= 0;
    if (difference(Atomics.load(words, TAIL) >> PLACE_SHIFT, place) <= 0) return false; // Nobody has taken it.
    const lost = this.#claims.lostBlockOf(SENDING, place);
    // Of several who find it one alone goes on.
    if (lost === undefined || Atomics.compareExchange(words, cell, seen, (seen - 1) | 0) !== seen) return false;
    words[cell + 1] = lost.slot;
    words[cell + 2] = lost.generation;
    Atomics.store(words, cell, (seen + 1) | 0);
    return true;
  }

  /** Empties the place before the last round's, whose receiver was terminated before it did; a block that it has not made its own is freed. @returns whether `place` can be had */
  #emptyForEnded(place: number, cell: number): boolean {
    const words = this.#words;
    const before = (place - this.#mask - 1) | 0;
    const seen = Atomics.load(words, cell);
    if (difference(seen, before + 1) !== 0) return difference(seen, place) >= 0;
    if (difference(Atomics.load(words, HEAD), before) <= 0) return false; // It is full.
    if (this.#claims.lostBlockOf(RECEIVING, before) === undefined || Atomics.compareExchange(words, cell, seen, (seen - 1) | 0) !== seen) return false;
    this.#arena.receiveLive(words[cell + 1] as number, words[cell + 2] as number)?.free();
    Atomics.store(words, cell, (seen + this.#mask) | 0);
    return true;
  }

  #wake(): void {
    Atomics.add(this.#words, WAKES, 1);
    Atomics.notify(this.#words, WAKES);
  }

  /** Blocks this thread until something may have come. */
  #sleep(mostMs: number): void {
    for (let spin = 0; spin < SPINS; spin += 1) if (this.#hasNext) return;
    const wakes = this.#announceSleep();
    if (!this.#isDone) Atomics.wait(this.#words, WAKES, wakes, Math.min(mostMs, this.#longestSleepMs));
  }

  /** Serves those who await a block here, for as long as there are any. */
  async #listen(): Promise<void> {
    if (this.#listens) return;
    this.#listens = true;
    while (this.#waiting.size > 0) {
      const wakes = this.#announceSleep();
      this.#sleeps = true;
      if (!this.#isDone) await Atomics.waitAsync(this.#words, WAKES, wakes, this.#longestSleepMs).value;
      this.#sleeps = false;
      this.#waiting.serve();
    }
    this.#listens = false;
  }

  /** A sender sees the sleeper, or the sleeper sees what was sent. @returns what WAKES is until there is news */
  #announceSleep(): number {
    const wakes = Atomics.load(this.#words, WAKES);
    Atomics.or(this.#words, TAIL, SLEEPING);
    return wakes;
  }

  /** What was sent before the sleep was announced wakes nobody. */
  get #longestSleepMs(): number {
    return this.size === 0 ? LOOK_FOR_END_MS : LOOK_FOR_FILLING_MS;
  }

  /** Whether there is a block to receive; or was, where others receive too. */
  get #hasNext(): boolean {
    const words = this.#words;
    const place = words[HEAD] as number;
    return difference(Atomics.load(words, CELLS + (place & this.#mask) * CELL_WORDS), place + 1) >= 0;
  }

  get #isClosed(): boolean {
    return (Atomics.load(this.#words, TAIL) & CLOSED) !== 0;
  }

  get #isDone(): boolean {
    return this.#isClosed && this.size === 0;
  }

  #whenClosed(): Error {
    return closed(`channel of ${this.#arena.name}`);
  }
}

/** Whether so many words are those of a ring. */
function isLength(words: number): boolean {
  const slots = (words - CELLS) / CELL_WORDS;
  return Number.isInteger(slots) && slots >= 2 && (slots & (slots - 1)) === 0;
}

/** Of places and sequences, which count modulo 2^30 and are never further apart than the ring is long. */
const difference = (place: number, other: number): number => ((place - other) << PLACE_SHIFT) >> PLACE_SHIFT;
/** One place on, with nobody asleep. */
const nextTail = (tail: number): number => ((tail & ~SLEEPING) + (1 << PLACE_SHIFT)) | 0;
