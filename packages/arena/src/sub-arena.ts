import { allocBatch, freeAll, move, type BlockSource } from './block-source.js';
import { ArenaBlock, type Block, type Home } from './block.js';
import { checkBlock } from './fallback-block.js';
import type { Clock } from './clock.js';
import { budgetExceeded, budgetTimeout, closed, invalidOption } from './errors.js';
import type { Heap } from './heap.js';
import { checkBytes, refuseUnknown, resolveWaitingRequest, type AllocOptions, type WaitingRequest, type WaitOptions } from './options.js';
import { liveState } from './records/records.js';
import { Scopes, type Scope } from './scope.js';
import { generationOfHandle, handleOf, slotOf } from './token.js';
import { LOOK_FOR_MEMORY_MS, WaitQueue } from './wait-queue.js';

export interface SubArenaOptions {
  /** Most bytes live at once, an integer ≥ 1. */
  readonly maxBytes: number;
  /** Used in errors. @default 'sub' */
  readonly name?: string;
}

export interface SubArenaStats {
  readonly liveBlocks: number;
  readonly liveBytes: number;
  readonly peakLiveBytes: number;
  readonly maxBytes: number;
}

/** A part of an arena with a budget of its own; it reserves nothing. Used by the thread that made it; its blocks as any others. */
export interface SubArena extends BlockSource, Disposable {
  readonly name: string;
  /** As of an arena. */
  scope<T>(work: (scope: Scope) => T): T;
  /** Frees all blocks of this part. */
  reset(): void;
  stats(): SubArenaStats;
  /** Frees all blocks of this part and takes no more. Idempotent. */
  close(): void;
}

/** How a sub-arena gets blocks that come back to it. */
export interface Parent {
  readonly home: Home;
  allocFor(home: Home, bytes: number, options: AllocOptions | undefined): Block;
  tryAllocFor(home: Home, bytes: number, options: AllocOptions | undefined): Block | undefined;
  allocAsyncFor(home: Home, bytes: number, request: WaitingRequest): Promise<Block>;
  readonly clock: Clock;
  readonly isClosed: boolean;
}

export class BudgetedArena implements SubArena, Home {
  readonly name: string;
  readonly #parent: Parent;
  readonly #maxBytes: number;
  /** Bytes by handle. */
  readonly #live = new Map<number, number>();
  #scopes: Scopes | undefined = undefined;
  #liveBytes = 0;
  /** Of those who have their part of the budget and wait for memory. */
  #promisedBytes = 0;
  readonly #waiting: WaitQueue<true>;
  /** For those who wait for memory of the arena. */
  readonly #ending = new AbortController();
  #peakLiveBytes = 0;
  #resets = 0;
  #closed = false;

  constructor(parent: Parent, { maxBytes, name = 'sub', ...unknown }: SubArenaOptions) {
    refuseUnknown(unknown);
    if (!Number.isSafeInteger(maxBytes) || maxBytes < 1) throw invalidOption('maxBytes', maxBytes, 'an integer ≥ 1');
    if (typeof name !== 'string' || name === '') throw invalidOption('name', name, 'a string that is not empty');
    this.#parent = parent;
    this.#maxBytes = maxBytes;
    this.name = name;
    this.#waiting = new WaitQueue(parent.clock, LOOK_FOR_MEMORY_MS, nothing, nothing);
  }

  get id(): number {
    return this.#parent.home.id;
  }

  get heap(): Heap {
    return this.#parent.home.heap;
  }

  get checked(): boolean {
    return this.#parent.home.checked;
  }

  get canaryBytes(): number {
    return this.#parent.home.canaryBytes;
  }

  alloc(bytes: number, options?: AllocOptions): Block {
    this.#admit(bytes);
    return this.#hold(this.#parent.allocFor(this, bytes, options));
  }

  tryAlloc(bytes: number, options?: AllocOptions): Block | undefined {
    if (!this.#hasRoom(bytes)) return undefined;
    const block = this.#parent.tryAllocFor(this, bytes, options);
    return block === undefined ? undefined : this.#hold(block);
  }

  /** Waits for a part of the budget first, and then with all others of the arena for memory. */
  async allocAsync(bytes: number, options?: WaitOptions): Promise<Block> {
    this.#checkOpen();
    const request = resolveWaitingRequest(bytes, options);
    if (bytes > this.#maxBytes) throw budgetExceeded(this.name, bytes, this.#takenBytes, this.#maxBytes);
    request.signal?.throwIfAborted();
    const leftMs = this.#waiting.size === 0 && this.#promise(bytes) ? request.timeoutMs : await this.#awaitBudget(bytes, request);
    try {
      const block = await this.#parent.allocAsyncFor(this, bytes, { ...request, timeoutMs: leftMs, signal: this.#endingOr(request.signal) });
      this.#promisedBytes -= bytes;
      this.#hold(block);
      if (!this.#closed) return block;
      block.free();
    } catch (error) {
      this.#promisedBytes -= bytes;
      this.#waiting.serve();
      throw error;
    }
    throw closed(this.name);
  }

  allocBatch(bytes: number, count: number, options?: AllocOptions): Block[] {
    return allocBatch(this, bytes, count, options);
  }

  realloc(block: Block, bytes: number): Block {
    checkBlock(block, this.#parent.home);
    if (!(block instanceof ArenaBlock && block.isOf(this) && block.isLive)) return move(this, block, bytes);
    const oldBytes = this.#forget(block.key); // What is about to be freed is not in the way of what replaces it.
    try {
      return move(this, block, bytes);
    } catch (error) {
      if (block.isLive) this.#note(block.key, oldBytes);
      throw error;
    }
  }

  scope<T>(work: (scope: Scope) => T): T {
    this.#checkOpen();
    return (this.#scopes ??= new Scopes()).run(this, work);
  }

  release(slot: number, generation: number, byteLength: number): boolean {
    if (!this.#parent.home.release(slot, generation, byteLength)) return false;
    this.#forget(handleOf(slot, generation));
    this.#waiting.serve();
    return true;
  }

  get endings(): number {
    return this.heap.endings + this.#resets;
  }

  reset(): void {
    this.#resets += 1;
    this.#sweep(); // Where nothing is checked, what others freed must not be freed again.
    const live = [...this.#live].map(([handle, bytes]) => ({ [Symbol.dispose]: () => this.#end(handle, bytes) }));
    try {
      freeAll(live);
    } finally {
      this.#waiting.serve();
    }
  }

  stats(): SubArenaStats {
    this.#sweep();
    return { liveBlocks: this.#live.size, liveBytes: this.#liveBytes, peakLiveBytes: this.#peakLiveBytes, maxBytes: this.#maxBytes };
  }

  close(): void {
    this.#closed = true;
    this.#waiting.rejectAll(closed(this.name));
    this.#ending.abort(closed(this.name));
    this.reset();
  }

  [Symbol.dispose](): void {
    this.close();
  }

  #admit(bytes: number): void {
    if (!this.#hasRoom(bytes)) throw budgetExceeded(this.name, bytes, this.#takenBytes, this.#maxBytes);
  }

  #hasRoom(bytes: number): boolean {
    this.#checkOpen();
    checkBytes(bytes);
    if (this.#takenBytes + bytes > this.#maxBytes) this.#sweep();
    return this.#takenBytes + bytes <= this.#maxBytes;
  }

  #endingOr(signal: AbortSignal | undefined): AbortSignal {
    return signal === undefined ? this.#ending.signal : AbortSignal.any([signal, this.#ending.signal]);
  }

  #promise(bytes: number): boolean {
    if (!this.#hasRoom(bytes)) return false;
    this.#promisedBytes += bytes;
    return true;
  }

  /** @returns what is left of the time-out, in ms */
  async #awaitBudget(bytes: number, { timeoutMs, signal }: WaitingRequest): Promise<number> {
    const { clock } = this.#parent;
    const sinceMs = clock.now();
    await this.#waiting.wait(() => this.#promise(bytes) || undefined, { timeoutMs, signal }, () => {
      throw budgetTimeout(this.name, bytes, timeoutMs, this.#takenBytes, this.#maxBytes);
    });
    return Math.max(1, timeoutMs - (clock.now() - sinceMs));
  }

  get #takenBytes(): number {
    return this.#liveBytes + this.#promisedBytes;
  }

  #checkOpen(): void {
    if (this.#closed || this.#parent.isClosed) throw closed(this.name);
  }

  #hold(block: Block): Block {
    if (!(block instanceof ArenaBlock)) return block; // From outside of the arena, so no part of it.
    this.#note(block.key, block.byteLength);
    this.#scopes?.note(block);
    return block;
  }

  #note(handle: number, bytes: number): void {
    this.#live.set(handle, bytes);
    this.#liveBytes += bytes;
    this.#peakLiveBytes = Math.max(this.#peakLiveBytes, this.#liveBytes);
  }

  #end(handle: number, bytes: number): void {
    this.#forget(handle);
    this.#parent.home.release(slotOf(handle), generationOfHandle(handle), bytes);
  }

  /** @returns its bytes */
  #forget(handle: number): number {
    const bytes = this.#live.get(handle) ?? 0;
    this.#liveBytes -= bytes;
    this.#live.delete(handle);
    return bytes;
  }

  /** Finds blocks that other threads freed, or that were given away. */
  #sweep(): void {
    const { records } = this.heap;
    for (const handle of this.#live.keys()) if (records.stateOf(slotOf(handle)) !== liveState(generationOfHandle(handle))) this.#forget(handle);
  }
}

const nothing = (): void => undefined;
