import { leaseEnded } from '../errors.js';
import type { Entry } from '../supply/entry.js';

/**
 * One loan of one resource. Every loan has a lease of its own, so that a stale one can never release what somebody else
 * has by now.
 */
export interface Lease<R> extends Disposable, AsyncDisposable {
  /** @throws {PoolError} `ERR_POOL_LEASE_ENDED` after `release` or `destroy`. */
  readonly resource: R;
  /**
   * Gives the resource back. It is lent on at once, or after `reset` where the pool has one.
   * @throws {PoolError} `ERR_POOL_LEASE_ENDED` the second time; disposing of an ended lease is no error.
   */
  release(): void;
  /**
   * Gives the resource back to be destroyed, because it is broken or in an unknown state.
   * @param cause goes into the `@fog/pool:resource:destroyed` event.
   * @throws {PoolError} `ERR_POOL_LEASE_ENDED` if the lease has ended.
   */
  destroy(cause?: unknown): void;
}

export type DiscardReason = 'discarded' | 'leaked';

/** What a lease needs of its pool; `started` is the stopwatch's. */
export interface Lender<R> {
  readonly name: string;
  release(entry: Entry<R>, started: number): void;
  discard(entry: Entry<R>, started: number, reason: DiscardReason, cause: unknown): void;
}

const NOBODY: Lender<undefined> = { name: 'nobody', release: () => {}, discard: () => {} };

export class PoolLease<R> implements Lease<R> {
  static {
    // Every promise of a lease asks whether the lease is a promise itself. Found right here, the answer saves the way up
    // to Object.prototype: a tenth of an acquire.
    // oxlint-disable-next-line unicorn/no-thenable -- undefined: it says that a lease is no thenable
    Object.defineProperty(PoolLease.prototype, 'then', { value: undefined });
    // One lease is kept for ever. A full garbage collection that finds none alive drops their hidden class, and with it the
    // compiled code of every loan: half as much again, until it is compiled anew.
    Object.defineProperty(PoolLease, 'kept', { value: new PoolLease<undefined>(NOBODY, undefined, 0) });
  }

  readonly #lender: Lender<R>;
  #entry: Entry<R> | undefined;
  readonly #started: number;

  constructor(lender: Lender<R>, entry: Entry<R> | undefined, started: number) {
    this.#lender = lender;
    this.#entry = entry;
    this.#started = started;
  }

  get resource(): R {
    if (this.#entry === undefined) throw leaseEnded(this.#lender.name, 'use of the resource');
    return this.#entry.resource;
  }

  /** Whether it has not ended: a pool may take it back as leaked. */
  get isOut(): boolean {
    return this.#entry !== undefined;
  }

  release(): void {
    const entry = this.#entry;
    if (entry === undefined) throw leaseEnded(this.#lender.name, 'release');
    this.#entry = undefined;
    this.#lender.release(entry, this.#started);
  }

  destroy(cause?: unknown): void {
    this.end('discarded', cause);
  }

  /** As `destroy`, but for the pool's own reasons; its holder finds it ended. Not `#private`, as that would mark every lease. */
  end(reason: DiscardReason, cause: unknown): void {
    const entry = this.#entry;
    if (entry === undefined) throw leaseEnded(this.#lender.name, 'destroy');
    this.#entry = undefined;
    this.#lender.discard(entry, this.#started, reason, cause);
  }

  [Symbol.dispose](): void {
    if (this.#entry !== undefined) this.release();
  }

  [Symbol.asyncDispose](): Promise<void> {
    this[Symbol.dispose]();
    return Promise.resolve();
  }
}
