import { allocBatch, move, type BlockSource } from './block-source.js';
import { ArenaBlock, type Block, type Home } from './block.js';
import { checkBlock } from './fallback-block.js';
import { budgetExceeded, closed, invalidOption } from './errors.js';
import type { Heap } from './heap.js';
import { checkBytes, refuseUnknown, type AllocOptions, type WaitOptions } from './options.js';
import { liveState } from './records/records.js';
import { Scopes, type Scope } from './scope.js';
import { generationOfHandle, handleOf, slotOf } from './token.js';

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
  allocAsyncFor(home: Home, bytes: number, options: WaitOptions | undefined): Promise<Block>;
}

export class BudgetedArena implements SubArena, Home {
  readonly name: string;
  readonly #parent: Parent;
  readonly #maxBytes: number;
  /** Bytes by handle. */
  readonly #live = new Map<number, number>();
  #scopes: Scopes | undefined = undefined;
  #liveBytes = 0;
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

  async allocAsync(bytes: number, options?: WaitOptions): Promise<Block> {
    this.#admit(bytes);
    const block = await this.#parent.allocAsyncFor(this, bytes, options);
    try {
      this.#admit(bytes); // Others may have come in between.
    } catch (error) {
      this.#hold(block).free();
      throw error;
    }
    return this.#hold(block);
  }

  allocBatch(bytes: number, count: number, options?: AllocOptions): Block[] {
    return allocBatch(this, bytes, count, options);
  }

  realloc(block: Block, bytes: number): Block {
    checkBlock(block, this.#parent.home);
    const oldBytes = block instanceof ArenaBlock && block.isOf(this) && block.isLive ? block.byteLength : 0;
    this.#liveBytes -= oldBytes; // What is about to be freed is not in the way of what replaces it.
    try {
      return move(this, block, bytes);
    } finally {
      this.#liveBytes += oldBytes;
    }
  }

  scope<T>(work: (scope: Scope) => T): T {
    return (this.#scopes ??= new Scopes()).run(this, work);
  }

  release(slot: number, generation: number, byteLength: number): boolean {
    if (!this.#parent.home.release(slot, generation, byteLength)) return false;
    this.#forget(handleOf(slot, generation));
    return true;
  }

  get endings(): number {
    return this.heap.endings + this.#resets;
  }

  reset(): void {
    this.#resets += 1;
    this.#sweep(); // Where nothing is checked, what others freed must not be freed again.
    for (const [handle, bytes] of this.#live) {
      this.#parent.home.release(slotOf(handle), generationOfHandle(handle), bytes);
      this.#forget(handle);
    }
  }

  stats(): SubArenaStats {
    this.#sweep();
    return { liveBlocks: this.#live.size, liveBytes: this.#liveBytes, peakLiveBytes: this.#peakLiveBytes, maxBytes: this.#maxBytes };
  }

  close(): void {
    this.reset();
    this.#closed = true;
  }

  [Symbol.dispose](): void {
    this.close();
  }

  #admit(bytes: number): void {
    if (!this.#hasRoom(bytes)) throw budgetExceeded(this.name, bytes, this.#liveBytes, this.#maxBytes);
  }

  #hasRoom(bytes: number): boolean {
    if (this.#closed) throw closed(this.name);
    checkBytes(bytes);
    if (this.#liveBytes + bytes > this.#maxBytes) this.#sweep();
    return this.#liveBytes + bytes <= this.#maxBytes;
  }

  #hold(block: Block): Block {
    if (!(block instanceof ArenaBlock)) return block; // From outside of the arena, so no part of it.
    this.#live.set(block.key, block.byteLength);
    this.#liveBytes += block.byteLength;
    this.#peakLiveBytes = Math.max(this.#peakLiveBytes, this.#liveBytes);
    this.#scopes?.note(block);
    return block;
  }

  #forget(handle: number): void {
    this.#liveBytes -= this.#live.get(handle) ?? 0;
    this.#live.delete(handle);
  }

  /** Finds blocks that other threads freed, or that were given away. */
  #sweep(): void {
    const { records } = this.heap;
    for (const handle of this.#live.keys()) if (records.stateOf(slotOf(handle)) !== liveState(generationOfHandle(handle))) this.#forget(handle);
  }
}
