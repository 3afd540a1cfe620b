import { invalidOption, PoolError, poolClosed, unknownPool } from './errors.js';
import { joinStats } from './joint-stats.js';
import type { Lease } from './lending/lease.js';
import { type PoolOptions, requireObject } from './options.js';
import type { Pool } from './pool.js';
import { createPool } from './resource-pool.js';
import type { PoolStats } from './stats.js';
import { type AcquireOptions, checkCloseOptions, checkWaitOptions, type CloseOptions, type UseOptions, type WaitOptions } from './wait-options.js';

/** What a pool must have to be kept by name: those of `createPool`, `createPgPool` and `createRedisPool` do. */
export interface NamedPool<R> extends AsyncDisposable {
  acquire(options?: AcquireOptions): Promise<Lease<R>>;
  use<T>(fn: (resource: R) => T | PromiseLike<T>, options?: UseOptions): Promise<T>;
  ready(options?: WaitOptions): Promise<void>;
  drain(options?: WaitOptions): Promise<void>;
  close(options?: CloseOptions): Promise<void>;
  stats(): PoolStats;
}

/** Resources by the name of their pool. */
// oxlint-disable-next-line typescript/no-explicit-any -- pools that are added later may be of anything
export type ResourcesByName = Record<string, any>;

/** Pools by name. `T` says what each has, as far as it is known when they are made. */
export interface Pools<T extends ResourcesByName = ResourcesByName> extends AsyncDisposable, Iterable<[name: string, pool: NamedPool<unknown>]> {
  /**
   * Makes a pool and keeps it.
   * @throws {PoolError} `ERR_POOL_INVALID_OPTION`, with the pool's name, and also if there is one of that name; `ERR_POOL_CLOSED`
   */
  create<R>(name: string, options: Omit<PoolOptions<R>, 'name'>): Pool<R>;
  /** Keeps a pool that is there. @throws as {@link Pools.create} */
  add<P extends NamedPool<unknown>>(name: string, pool: P): P;
  has(name: string): boolean;
  /** @throws {PoolError} `ERR_POOL_UNKNOWN_POOL` */
  get<N extends keyof T & string>(name: N): NamedPool<T[N]>;
  /** As `Pool.acquire`; `ERR_POOL_UNKNOWN_POOL` if there is no such pool. */
  acquire<N extends keyof T & string>(name: N, options?: AcquireOptions): Promise<Lease<T[N]>>;
  /** As `Pool.use`; `ERR_POOL_UNKNOWN_POOL` if there is no such pool. */
  use<N extends keyof T & string, V>(name: N, fn: (resource: T[N]) => V | PromiseLike<V>, options?: UseOptions): Promise<V>;
  /** Until all are ready. */
  ready(options?: WaitOptions): Promise<void>;
  /** Sums over all pools; of what is no number of things, the worst. */
  stats(): PoolStats;
  statsByName(): Record<string, PoolStats>;
  /**
   * Closes the pools one after the other, the last made first, as it may need those before it.
   * @param options for each of them
   * @throws the error of the one that could not be closed, an AggregateError if there are several; all have been tried
   */
  close(options?: CloseOptions): Promise<void>;
}

/** What {@link createPools} makes the pools of. */
export type PoolDefinitions<T extends ResourcesByName> = { readonly [N in keyof T]: Omit<PoolOptions<T[N]>, 'name'> | NamedPool<T[N]> };

/**
 * Pools that are named, watched and closed together, made in the order given.
 * @throws {PoolError} `ERR_POOL_INVALID_OPTION`, with the name of the pool; none is made then
 */
export function createPools<T extends ResourcesByName = ResourcesByName>(definitions: PoolDefinitions<T> = {} as PoolDefinitions<T>): Pools<T> {
  requireObject('definitions', definitions);
  const pools = new PoolsByName<T>();
  const made: Pool<unknown>[] = [];
  try {
    for (const [name, definition] of Object.entries(definitions)) {
      if (isPool(definition)) pools.add(name, definition);
      else made.push(pools.create(name, definition as PoolOptions<unknown>));
    }
  } catch (error) {
    // Or they would go on creating their minimum, with nobody to close them.
    for (const pool of made) void pool.close();
    throw error;
  }
  return pools;
}

let shared: PoolsByName<ResourcesByName> | undefined;

/** The pools of this process, for those who want one place for them: the same at each call, until they are closed. */
export function getPools(): Pools {
  if (shared === undefined || shared.isClosed) shared = new PoolsByName();
  return shared;
}

function isPool(definition: unknown): definition is NamedPool<unknown> {
  if (typeof definition !== 'object' || definition === null) return false;
  return ['acquire', 'use', 'ready', 'close', 'stats'].every((method) => typeof (definition as Record<string, unknown>)[method] === 'function');
}

/** Says whose options they are that are refused. */
function createNamed<R>(name: string, options: Omit<PoolOptions<R>, 'name'>): Pool<R> {
  try {
    requireObject('options', options);
    if ('name' in options) throw invalidOption('name', options.name, 'left out, as pools are named by their key');
    return createPool({ ...options, name });
  } catch (error) {
    if (!(error instanceof PoolError)) throw error;
    throw new PoolError(error.code, `${name}: ${error.message}`);
  }
}

class PoolsByName<T extends ResourcesByName> implements Pools<T> {
  readonly #pools = new Map<string, NamedPool<unknown>>();
  #closed = false;

  get isClosed(): boolean {
    return this.#closed;
  }

  create<R>(name: string, options: Omit<PoolOptions<R>, 'name'>): Pool<R> {
    this.#requireFree(name);
    return this.add(name, createNamed(name, options));
  }

  add<P extends NamedPool<unknown>>(name: string, pool: P): P {
    this.#requireFree(name);
    if (!isPool(pool)) throw invalidOption('pool', pool, 'a pool');
    this.#pools.set(name, pool);
    return pool;
  }

  has(name: string): boolean {
    return this.#pools.has(name);
  }

  get<N extends keyof T & string>(name: N): NamedPool<T[N]> {
    const pool = this.#pools.get(name);
    if (pool === undefined) throw unknownPool(name, [...this.#pools.keys()]);
    return pool as NamedPool<T[N]>;
  }

  async acquire<N extends keyof T & string>(name: N, options?: AcquireOptions): Promise<Lease<T[N]>> {
    return this.get(name).acquire(options);
  }

  async use<N extends keyof T & string, V>(name: N, fn: (resource: T[N]) => V | PromiseLike<V>, options?: UseOptions): Promise<V> {
    return this.get(name).use(fn, options);
  }

  async ready(options: WaitOptions = {}): Promise<void> {
    checkWaitOptions(options);
    await Promise.all([...this.#pools.values()].map((pool) => pool.ready(options)));
  }

  stats(): PoolStats {
    return joinStats([...this.#pools.values()].map((pool) => pool.stats()));
  }

  statsByName(): Record<string, PoolStats> {
    return Object.fromEntries([...this.#pools].map(([name, pool]) => [name, pool.stats()]));
  }

  async close(options: CloseOptions = {}): Promise<void> {
    checkCloseOptions(options);
    this.#closed = true;
    await this.#closeAll(options);
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  [Symbol.iterator](): Iterator<[string, NamedPool<unknown>]> {
    return this.#pools.entries();
  }

  async #closeAll(options: CloseOptions): Promise<void> {
    const errors: unknown[] = [];
    for (const [, pool] of [...this.#pools].toReversed())
      try {
        await pool.close(options);
      } catch (error) {
        errors.push(error);
      }
    if (errors.length > 1) throw new AggregateError(errors, `${errors.length} pools could not be closed`);
    if (errors.length === 1) throw errors[0];
  }

  #requireFree(name: string): void {
    if (this.isClosed) throw poolClosed('pools', 'closed');
    if (typeof name !== 'string' || name === '') throw invalidOption('name', name, 'a string that is not empty');
    if (this.#pools.has(name)) throw invalidOption('name', name, 'one that no other pool has');
  }
}
