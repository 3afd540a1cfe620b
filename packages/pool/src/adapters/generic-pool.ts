import { EventEmitter } from 'node:events';
import type { Timer } from '../clock.js';
import { PoolError } from '../errors.js';
import { DefaultEvictor, EvictionRound, type Evictor } from '../generic/evictor.js';
import { type Options, readOptions, type Settings } from '../generic/options.js';
import { PooledResource } from '../generic/pooled-resource.js';
import type { Lease } from '../lending/lease.js';
import type { Pool as CorePool } from '../pool.js';
import { promiseBy } from '../promise-by.js';
import { createPool as createCorePool } from '../resource-pool.js';

export { DefaultEvictor, type EvictionConfig, type Evictor } from '../generic/evictor.js';
export type { Options } from '../generic/options.js';
export type { PooledResource } from '../generic/pooled-resource.js';

export interface Factory<T> {
  create(): T | PromiseLike<T>;
  destroy(resource: T): unknown;
  /** `false` means that the resource is to be destroyed. */
  validate?(resource: T): boolean | PromiseLike<boolean>;
}

/**
 * generic-pool's `createPool`, so that an import is all that changes.
 * @throws {TypeError} for a factory without `create` or `destroy`; {@link PoolError} `ERR_POOL_INVALID_OPTION`
 */
export function createPool<T>(factory: Factory<T>, options?: Options | null): Pool<T> {
  return new Pool<T>(DefaultEvictor, Deque, PriorityQueue, factory, options);
}

/** Named in the constructor of generic-pool's `Pool`, where it holds what is idle; ours has a list of its own. */
// oxlint-disable-next-line typescript/no-extraneous-class -- a name to pass on
export class Deque {}
/** Named in the constructor of generic-pool's `Pool`, where it holds who waits; ours has a queue of its own. */
// oxlint-disable-next-line typescript/no-extraneous-class -- a name to pass on
export class PriorityQueue {}

/** What a wait for a resource ends with after `acquireTimeoutMillis`; `cause` has the pool's numbers and the last error of `create`. */
export class TimeoutError extends Error {
  override readonly name = 'TimeoutError';
  readonly code = 'ERR_POOL_ACQUIRE_TIMEOUT';
}

const CREATE_ERROR = 'factoryCreateError';
const DESTROY_ERROR = 'factoryDestroyError';
/** A create that fails is tried again while somebody waits: soon at first, then with longer and longer pauses. */
const CREATE_RETRY_MIN_MS = 10;
/** A `validate` that hangs would keep its resource for ever. */
const VALIDATE_TIMEOUT_MS = 5_000;

/**
 * The API of generic-pool 3.9 over this package's pool. Emits `factoryCreateError` and `factoryDestroyError` with what the factory
 * threw. It differs where generic-pool loses something: a factory that throws synchronously, a `validate` that fails or hangs and a
 * function of `use` that gives no promise are what they would be if they had rejected; creates that fail have pauses between them;
 * at most four are under way at once; `testOnReturn` works.
 */
export class Pool<T> extends EventEmitter {
  readonly #factory: Factory<T>;
  readonly #settings: Settings;
  readonly #evictor: Evictor<T>;
  readonly #round = new EvictionRound<T>();
  readonly #loans = new Map<T, Lease<PooledResource<T>>>();
  readonly #alive = new Set<PooledResource<T>>();
  readonly #creates = new Set<Promise<unknown>>();
  readonly #destroys = new Set<Promise<unknown>>();
  #core: CorePool<PooledResource<T>> | undefined = undefined;
  #draining = false;
  /** The timer of the next eviction run, `null` while there is none. Named as in generic-pool, whose users look at it. */
  _scheduledEviction: Timer | null = null;

  /** Prefer {@link createPool}: the first three are what generic-pool has there, and only an evictor of one's own makes a difference. */
  constructor(evictor: new () => Evictor<T>, _deque: unknown, _priorityQueue: unknown, factory: Factory<T>, options?: Options | null) {
    super();
    for (const method of ['create', 'destroy'] as const) if (typeof factory?.[method] !== 'function') throw new TypeError(`factory.${method} must be a function`);
    if (factory.validate !== undefined && typeof factory.validate !== 'function') throw new TypeError('factory.validate must be a function');
    this.#factory = factory;
    this.#settings = readOptions(options, factory.validate !== undefined);
    this.#evictor = new evictor();
    if (this.#settings.autostart) this.start();
  }

  /** Begins to create the minimum and to evict; does nothing the second time, or once the pool drains. */
  start(): void {
    if (!this.#draining) this.#started();
  }

  /**
   * Gives a resource, first come, first served within a priority.
   * @param priority 0, the most urgent, to `priorityRange - 1`, which what is out of range counts as. @default 0
   * @throws {@link TimeoutError}; {@link PoolError} `ERR_POOL_QUEUE_FULL`, `ERR_POOL_CLOSED`. Never what `create` throws: that is
   * tried again, and an event.
   */
  acquire(priority?: number): Promise<T> {
    return this.#promise(this.#borrow(priority).then(resourceOf));
  }

  /** @throws {PoolError} `ERR_POOL_LEASE_ENDED` for what is not borrowed */
  release(resource: T): Promise<void> {
    return this.#promise(this.#return(resource, (lease) => lease.release()));
  }

  /** Gives a resource back to be destroyed. @throws {PoolError} `ERR_POOL_LEASE_ENDED` for what is not borrowed */
  destroy(resource: T): Promise<void> {
    return this.#promise(this.#return(resource, (lease) => lease.destroy()));
  }

  /** Lends a resource to `fn`; it is destroyed if `fn` fails. */
  use<U>(fn: (resource: T) => U | PromiseLike<U>, priority?: number): Promise<U> {
    return this.#promise(this.#use(fn, priority));
  }

  isBorrowedResource(resource: T): boolean {
    return this.#loans.has(resource);
  }

  /** Until `min` resources are there; starts the pool if nobody has. @throws {PoolError} `ERR_POOL_CLOSED` once it drains */
  ready(): Promise<void> {
    return this.#promise(this.#ready());
  }

  /** Takes no further borrowers, serves those who wait, and settles when all resources have come back. `clear()` then destroys them. */
  drain(): Promise<void> {
    return this.#promise(this.#drain());
  }

  /** Waits for creates under way, and destroys what is idle. A pool that does not drain then creates its minimum anew. */
  clear(): Promise<void> {
    return this.#promise(this.#clear());
  }

  /** How many more could be created. */
  get spareResourceCapacity(): number {
    return this.max - this.size;
  }

  /** Alive or being created. */
  get size(): number {
    return this.#sum('idle', 'leased', 'checking', 'creating');
  }

  /** Idle. */
  get available(): number {
    return this.#sum('idle');
  }

  get borrowed(): number {
    return this.#sum('leased');
  }

  /** Callers waiting. */
  get pending(): number {
    return this.#sum('waiting');
  }

  get max(): number {
    return this.#settings.max;
  }

  get min(): number {
    return this.#settings.min;
  }

  #started(): CorePool<PooledResource<T>> {
    if (this.#core !== undefined) return this.#core;
    const { max, min, maxWaiting, testOnBorrow, testOnReturn, acquireTimeoutMs, fifo, clock } = this.#settings;
    this.#core = createCorePool<PooledResource<T>>({
      name: 'generic-pool',
      max,
      maxWaiting,
      acquireTimeoutMs,
      order: fifo ? 'fifo' : 'lifo',
      clock,
      create: () => track(this.#creates, this.#create()),
      // As in generic-pool, it counts no longer once its end begins: who waits gets another at once.
      destroy: (resource) => void track(this.#destroys, this.#destroy(resource)),
      watch: (resource) => this.#alive.add(resource),
      ...(testOnBorrow && { validate: (resource: PooledResource<T>) => this.#validate(resource) }),
      ...(testOnReturn && { reset: (resource: PooledResource<T>) => this.#checkReturned(resource) }),
      failFast: false,
      validateAfterIdleMs: 0,
      validateTimeoutMs: VALIDATE_TIMEOUT_MS,
      resetTimeoutMs: VALIDATE_TIMEOUT_MS,
      createTimeoutMs: Infinity,
      createRetryMinMs: CREATE_RETRY_MIN_MS,
      idleTimeoutMs: Infinity,
    });
    // At once, as in generic-pool: they count as soon as there is a pool.
    this.#core.resize({ min });
    this.#scheduleEviction();
    return this.#core;
  }

  #borrow(priority: number | undefined): Promise<Lease<PooledResource<T>>> {
    if (this.#draining) return Promise.reject(new PoolError('ERR_POOL_CLOSED', 'pool is draining and cannot accept work'));
    const core = this.#started();
    const lease = core.tryAcquire();
    if (lease !== undefined) return Promise.resolve(this.#lend(lease));
    return core.acquire({ priority: -rankOf(priority, this.#settings.priorityRange) }).then((lease) => this.#lend(lease), rethrow);
  }

  #lend(lease: Lease<PooledResource<T>>): Lease<PooledResource<T>> {
    const { resource } = lease;
    resource.state = 'ALLOCATED';
    resource.lastBorrowTime = Date.now();
    this.#loans.set(resource.obj, lease);
    return lease;
  }

  #return(obj: T, end: (lease: Lease<PooledResource<T>>) => void): Promise<void> {
    const lease = this.#loans.get(obj);
    if (lease === undefined) return Promise.reject(new PoolError('ERR_POOL_LEASE_ENDED', 'Resource not currently part of this pool'));
    this.#endLoan(lease, end);
    return Promise.resolve();
  }

  #endLoan(lease: Lease<PooledResource<T>>, end: (lease: Lease<PooledResource<T>>) => void): void {
    const { resource } = lease;
    this.#loans.delete(resource.obj);
    resource.state = 'IDLE';
    resource.lastReturnTime = resource.lastIdleTime = Date.now();
    end(lease);
  }

  async #use<U>(fn: (resource: T) => U | PromiseLike<U>, priority: number | undefined): Promise<U> {
    const lease = await this.#borrow(priority);
    const { obj } = lease.resource;
    // `fn` may have given it back itself, and somebody else may have it by now.
    const endUnlessEnded = (end: (lease: Lease<PooledResource<T>>) => void): void => {
      if (this.#loans.get(obj) === lease) this.#endLoan(lease, end);
    };
    try {
      const result = await fn(obj);
      endUnlessEnded((lease) => lease.release());
      return result;
    } catch (error) {
      endUnlessEnded((lease) => lease.destroy(error));
      throw error;
    }
  }

  async #create(): Promise<PooledResource<T>> {
    try {
      return new PooledResource(await this.#factory.create());
    } catch (error) {
      this.emit(CREATE_ERROR, error);
      throw error;
    }
  }

  async #destroy(resource: PooledResource<T>): Promise<void> {
    resource.state = 'INVALID';
    this.#alive.delete(resource);
    const { destroyTimeoutMs, clock } = this.#settings;
    try {
      const done = Promise.resolve(this.#factory.destroy(resource.obj));
      if (destroyTimeoutMs === Infinity) await done;
      else await inTime(done, (late) => clock.setTimeout(late, destroyTimeoutMs));
    } catch (error) {
      this.emit(DESTROY_ERROR, error);
    }
  }

  async #validate(resource: PooledResource<T>): Promise<boolean> {
    resource.state = 'VALIDATION';
    const valid = (await this.#factory.validate?.(resource.obj)) !== false;
    // Its borrower may have given up meanwhile.
    if (valid) resource.state = 'IDLE';
    return valid;
  }

  async #checkReturned(resource: PooledResource<T>): Promise<void> {
    resource.state = 'RETURNING';
    if ((await this.#factory.validate?.(resource.obj)) === false) throw new Error('factory.validate refused the resource');
    resource.state = 'IDLE';
  }

  async #ready(): Promise<void> {
    for (;;)
      try {
        return await this.#started().ready();
      } catch (error) {
        // What `create` threw is an event, and the pool goes on trying.
        if (this.#draining) throw error;
      }
  }

  async #drain(): Promise<void> {
    this.#draining = true;
    await this.#core?.drain();
    this._scheduledEviction?.close();
    this._scheduledEviction = null;
  }

  async #clear(): Promise<void> {
    await Promise.allSettled(this.#creates);
    this.#evict(this.#idle());
    await Promise.allSettled(this.#destroys);
  }

  #idle(): PooledResource<T>[] {
    return [...this.#alive].filter(({ state }) => state === 'IDLE');
  }

  #evict(resources: readonly PooledResource<T>[]): void {
    if (resources.length > 0) this.#core?.evictAll((resource) => resources.includes(resource));
  }

  #scheduleEviction(): void {
    const { evictionRunIntervalMs, testsPerEvictionRun, clock, softIdleTimeoutMs, idleTimeoutMs, min } = this.#settings;
    if (evictionRunIntervalMs === Infinity) return;
    const config = { softIdleTimeoutMillis: softIdleTimeoutMs, idleTimeoutMillis: idleTimeoutMs, min };
    const timer = clock.setInterval(() => {
      this.#evict(this.#round.pick(this.#idle(), testsPerEvictionRun, this.#evictor, config));
    }, evictionRunIntervalMs);
    timer.unref();
    this._scheduledEviction = timer;
  }

  #sum(...levels: readonly ('idle' | 'leased' | 'checking' | 'creating' | 'waiting')[]): number {
    const stats = this.#core?.stats();
    return stats === undefined ? 0 : levels.reduce((sum, level) => sum + stats[level], 0);
  }

  /** A promise of the kind that the user wants. */
  #promise<V>(native: Promise<V>): Promise<V> {
    return promiseBy(this.#settings.Promise, native);
  }
}

/** 0 is the most urgent; what is out of range is as the least. */
function rankOf(priority: number | undefined, range: number): number {
  const rank = Math.trunc(Number(priority)) || 0;
  return rank >= 0 && rank < range ? rank : range - 1;
}

const resourceOf = <T>({ resource }: Lease<PooledResource<T>>): T => resource.obj;

function track<V>(underWay: Set<Promise<unknown>>, promise: Promise<V>): Promise<V> {
  underWay.add(promise);
  const gone = (): boolean => underWay.delete(promise);
  promise.then(gone, gone);
  return promise;
}

/** In the words of generic-pool, where it has some. */
function rethrow(error: unknown): never {
  const code = error instanceof PoolError ? error.code : undefined;
  if (code === 'ERR_POOL_ACQUIRE_TIMEOUT') throw new TimeoutError('ResourceRequest timed out', { cause: error });
  if (code === 'ERR_POOL_QUEUE_FULL') throw new PoolError(code, 'max waitingClients count exceeded', { cause: error });
  throw error;
}

async function inTime(done: Promise<unknown>, startTimer: (late: () => void) => Timer): Promise<void> {
  let timer: Timer | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = startTimer(() => reject(new Error('destroy timed out')));
    timer.unref();
  });
  try {
    await Promise.race([done, late]);
  } finally {
    timer?.close();
  }
}

/** For `import genericPool from`, as generic-pool itself is often imported. */
const genericPool: {
  readonly createPool: typeof createPool;
  readonly Pool: typeof Pool;
  readonly Deque: typeof Deque;
  readonly PriorityQueue: typeof PriorityQueue;
  readonly DefaultEvictor: typeof DefaultEvictor;
} = { createPool, Pool, Deque, PriorityQueue, DefaultEvictor };
export default genericPool;
