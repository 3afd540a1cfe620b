import { AsyncLocalStorage } from 'node:async_hooks';
import { allocBatch, freeAll, type BlockSource } from './block-source.js';
import type { Block } from './block.js';
import { closed, invalidArgument } from './errors.js';
import { overflowUnheard } from './events.js';
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
    if (typeof work !== 'function') throw invalidArgument('work', work, 'a function');
    const scope = new Ending(source, this);
    let result: T;
    try {
      result = this.#current.run(scope, work, scope);
    } catch (error) {
      return scope.fail(error);
    }
    if (!isPromise(result)) {
      scope.end();
      return result;
    }
    return result.then(
      (value: unknown) => {
        scope.end();
        return value;
      },
      (error: unknown) => scope.fail(error),
    ) as T;
  }

  /** Runs `work` so that what it allocates is noted in `scope`, though another may be open within. */
  within<T>(scope: Ending, work: () => T): T {
    return this.#current.getStore() === scope ? work() : this.#current.run(scope, work);
  }

  note(block: Block): Block {
    this.#current.getStore()?.note(block);
    return block;
  }
}

class Ending implements Scope {
  readonly #source: BlockSource;
  readonly #scopes: Scopes;
  readonly #blocks = new Set<Block>();

  #ended = 0;

  constructor(source: BlockSource, scopes: Scopes) {
    this.#source = source;
    this.#scopes = scopes;
  }

  get endings(): number {
    return this.#source.endings + this.#ended;
  }

  alloc(bytes: number, options?: AllocOptions): Block {
    this.#checkOpen();
    return this.#scopes.within(this, () => this.note(this.#source.alloc(bytes, options)));
  }

  tryAlloc(bytes: number, options?: AllocOptions): Block | undefined {
    this.#checkOpen();
    const block = this.#scopes.within(this, () => this.#source.tryAlloc(bytes, options));
    return block === undefined ? undefined : this.note(block);
  }

  async allocAsync(bytes: number, options?: WaitOptions): Promise<Block> {
    this.#checkOpen();
    const block = await this.#scopes.within(this, () => this.#source.allocAsync(bytes, options));
    if (this.#ended === 0) return this.note(block);
    block[Symbol.dispose]();
    throw closed(SCOPE);
  }

  allocBatch(bytes: number, count: number, options?: AllocOptions): Block[] {
    return allocBatch(this, bytes, count, options);
  }

  realloc(block: Block, bytes: number): Block {
    this.#checkOpen();
    return this.#scopes.within(this, () => this.note(this.#source.realloc(block, bytes)));
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

  /** @throws {ArenaError} `ERR_ARENA_OVERFLOW`, once all are freed */
  end(): void {
    this.#ended += 1;
    const blocks = [...this.#blocks];
    this.#blocks.clear();
    freeAll(blocks);
  }

  /** Ends as the work in it failed, which is what its caller hears of. */
  fail(error: unknown): never {
    try {
      this.end();
    } catch (overflow) {
      overflowUnheard(overflow);
    }
    throw error;
  }

  #checkOpen(): void {
    if (this.#ended > 0) throw closed(SCOPE);
  }
}

/** In errors. */
const SCOPE = 'scope';

const isPromise = (value: unknown): value is Promise<unknown> => value instanceof Promise;
