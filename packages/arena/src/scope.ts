import { AsyncLocalStorage } from 'node:async_hooks';
import { allocBatch, type BlockSource } from './block-source.js';
import type { Block } from './block.js';
import { closed } from './errors.js';
import type { AllocOptions, WaitOptions } from './options.js';

/** A source whose blocks end with it, but for those that are kept; `ERR_ARENA_CLOSED` once it has ended. */
export interface Scope extends BlockSource {
  /** Takes a block out of the scope: its user frees it. @returns the block */
  keep(block: Block): Block;
}

/** The scopes of one arena: what is allocated from it within one, also after an `await`, is noted there. */
export class Scopes {
  readonly #current = new AsyncLocalStorage<Ending>();

  /** Runs `work`, and frees what was allocated within once it has ended, well or not. */
  run<T>(source: BlockSource, work: (scope: Scope) => T): T {
    const scope = new Ending(source);
    let result: T;
    try {
      result = this.#current.run(scope, work, scope);
    } catch (error) {
      scope.end();
      throw error;
    }
    if (!isPromise(result)) {
      scope.end();
      return result;
    }
    return result.finally(() => scope.end()) as T;
  }

  note(block: Block): Block {
    this.#current.getStore()?.note(block);
    return block;
  }
}

class Ending implements Scope {
  readonly #source: BlockSource;
  readonly #blocks = new Set<Block>();

  #ended = 0;

  constructor(source: BlockSource) {
    this.#source = source;
  }

  get endings(): number {
    return this.#source.endings + this.#ended;
  }

  alloc(bytes: number, options?: AllocOptions): Block {
    this.#checkOpen();
    return this.note(this.#source.alloc(bytes, options));
  }

  tryAlloc(bytes: number, options?: AllocOptions): Block | undefined {
    this.#checkOpen();
    const block = this.#source.tryAlloc(bytes, options);
    return block === undefined ? undefined : this.note(block);
  }

  async allocAsync(bytes: number, options?: WaitOptions): Promise<Block> {
    this.#checkOpen();
    const block = await this.#source.allocAsync(bytes, options);
    if (this.#ended === 0) return this.note(block);
    block[Symbol.dispose]();
    throw closed(SCOPE);
  }

  allocBatch(bytes: number, count: number, options?: AllocOptions): Block[] {
    return allocBatch(this, bytes, count, options);
  }

  realloc(block: Block, bytes: number): Block {
    this.#checkOpen();
    return this.note(this.#source.realloc(block, bytes));
  }

  keep(block: Block): Block {
    this.#blocks.delete(block);
    return block;
  }

  /** Once the scope has ended, a block is its user's. */
  note(block: Block): Block {
    if (this.#ended === 0) this.#blocks.add(block);
    return block;
  }

  end(): void {
    this.#ended += 1;
    for (const block of this.#blocks) block[Symbol.dispose]();
    this.#blocks.clear();
  }

  #checkOpen(): void {
    if (this.#ended > 0) throw closed(SCOPE);
  }
}

/** In errors. */
const SCOPE = 'scope';

const isPromise = (value: unknown): value is Promise<unknown> => value instanceof Promise;
