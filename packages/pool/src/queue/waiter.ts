import type { PoolLease } from '../lending/lease.js';
import type { Loan } from '../lending/loan.js';
import type { DeadlineList, Due } from './deadlines.js';
import type { InLane, Lane } from './lane.js';

/** One parked `acquire`: in its lane by its links, in a list of deadlines by its others. Its own abort listener. */
export class Waiter<R> implements InLane<Waiter<R>>, Due<Waiter<R>> {
  /** The promise's other function is let go of: it would be a fifth of all that a waiter takes. */
  readonly resolve: (lease: PoolLease<R> | Rejection) => void;
  readonly sinceMs: number;
  readonly signal: AbortSignal | undefined;
  readonly lane: Lane<Waiter<R>>;
  /** In a pool that keeps books of them. */
  readonly loan: Loan<R> | undefined;
  previous: Waiter<R> | undefined = undefined;
  next: Waiter<R> | undefined = undefined;
  /** Neighbours of the same time-out, and their list. */
  earlier: Waiter<R> | undefined = undefined;
  later: Waiter<R> | undefined = undefined;
  deadlines: DeadlineList<Waiter<R>> | undefined = undefined;

  constructor(resolve: (lease: PoolLease<R> | Rejection) => void, sinceMs: number, signal: AbortSignal | undefined, lane: Lane<Waiter<R>>, loan: Loan<R> | undefined) {
    this.resolve = resolve;
    this.sinceMs = sinceMs;
    this.signal = signal;
    this.lane = lane;
    this.loan = loan;
    signal?.addEventListener('abort', this, { once: true });
  }

  reject(reason: unknown): void {
    this.resolve(new Rejection(reason));
  }

  handleEvent(): void {
    this.lane.level.onAbort(this);
  }
}

/** What a promise that is resolved with it rejects with, a microtask later. */
export class Rejection {
  readonly #reason: unknown;

  constructor(reason: unknown) {
    this.#reason = reason;
  }

  // oxlint-disable-next-line unicorn/no-thenable -- that is its purpose
  then(_resolve: unknown, reject: (reason: unknown) => void): void {
    reject(this.#reason);
  }
}
