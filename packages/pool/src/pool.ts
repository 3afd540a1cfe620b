import type { Lease } from './lending/lease.js';
import type { PoolStats } from './stats.js';
import type { AcquireOptions, CloseOptions, PoolSize, UseOptions, WaitOptions } from './wait-options.js';

/** One resource, as it is now. Times are to within 25 ms. */
export interface ResourceReading<R> {
  readonly resource: R;
  readonly state: 'idle' | 'leased' | 'checking';
  /** Leases of it. */
  readonly borrowers: number;
  /** How often it has been lent. */
  readonly uses: number;
  readonly ageMs: number;
  /** Since it was lent, or came back. */
  readonly stateMs: number;
  /** How long it has been lent in all. */
  readonly leasedMs: number;
}

/** Leases at most `max` resources, each to one borrower at a time or to `concurrency`, first come, first served. */
export interface Pool<R> extends AsyncDisposable {
  readonly name: string;
  /**
   * Leases a resource: an idle one, else a new one while there is room, else the next that comes back. The most urgent
   * `priority` is served first, in it one `key` after the other, and of a key first come, first served. Never throws
   * synchronously.
   *
   * Aborting ends the wait, not a `create` under way; its resource turns idle. Otherwise callers less patient than
   * `create` is slow would start it again and again and never get anything.
   * @throws {PoolError} `ERR_POOL_ACQUIRE_TIMEOUT` (its `cause` is the last error of `create`, if that is failing),
   * `ERR_POOL_QUEUE_FULL`, `ERR_POOL_CIRCUIT_OPEN` (with the same `cause`), `ERR_POOL_OVERLOADED`, `ERR_POOL_DEADLOCK`,
   * `ERR_POOL_CLOSED`, `ERR_POOL_INVALID_OPTION`; or what `create` threw, unwrapped: to the first in
   * line, and from the second failure in a row, if there is no resource at all, to everybody who waits.
   */
  acquire(options?: AcquireOptions): Promise<Lease<R>>;
  /** Leases an idle resource that needs no validation; `undefined` if there is none now, or others wait. Creates nothing. */
  tryAcquire(): Lease<R> | undefined;
  /**
   * Lends a resource to `fn` until it settles, and gives what it gave. An error leaves the resource to `reset`, unless
   * `destroyOnError` says otherwise.
   * @throws what `fn` threw, or as {@link Pool.acquire}; `ERR_POOL_INVALID_OPTION` if `fn` is no function.
   */
  use<T>(fn: (resource: R) => T | PromiseLike<T>, options?: UseOptions): Promise<T>;
  /**
   * Until the minimum is alive.
   * @throws what `create` threw meanwhile, while the pool goes on trying; `ERR_POOL_CLOSED` once it closes.
   */
  ready(options?: WaitOptions): Promise<void>;
  /**
   * Changes how many resources there may be. What is too many goes at once if it is idle, else when it comes back.
   * @throws {PoolError} `ERR_POOL_INVALID_OPTION`; `ERR_POOL_CLOSED` once it drains or closes
   */
  resize(size: PoolSize): void;
  /**
   * Lends and creates nothing until `resume()`, as while a backend fails over. Callers wait, no longer than their time-outs;
   * leases that are out are not touched. Twice is as once, and closing ends it.
   */
  suspend(): void;
  resume(): void;
  /**
   * Replaces all resources there are now, as after a change of credentials: idle ones go at once, leased ones when they
   * come back, and those being created when they are there.
   * @param which replaces those for which it gives `true`, and none of those being created
   * @throws {PoolError} `ERR_POOL_INVALID_OPTION`
   */
  evictAll(which?: (resource: R) => boolean): void;
  /**
   * Takes no further borrowers, serves those who wait, and settles when all leases have come back.
   * @throws {PoolError} `ERR_POOL_INVALID_OPTION`
   */
  drain(options?: WaitOptions): Promise<void>;
  /**
   * Takes no further borrowers, refuses those who wait, waits for the leases and destroys everything. Calling it again
   * waits for the same end; a later `force` is heeded.
   * @throws {PoolError} `ERR_POOL_CLOSE_TIMEOUT` if leases are out after `timeoutMs` and not `force`, or a `create` or a `destroy` is
   * still under way; what is leased is destroyed when it comes back. `ERR_POOL_INVALID_OPTION`.
   */
  close(options?: CloseOptions): Promise<void>;
  stats(): PoolStats;
  /** Each resource alive, in no order. */
  resources(): ResourceReading<R>[];
}
