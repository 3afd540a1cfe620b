import type { DeadlineList, Due } from './deadlines.js';
import type { InLane, Lane } from './lane.js';
import type { Lease } from './lease.js';
import type { Loan } from './loan.js';

/** One parked `acquire`: in its lane by its links, in a list of deadlines by its others. Its own abort listener. */
export class Waiter<R> implements InLane<Waiter<R>>, Due<Waiter<R>> {
  readonly resolve: (lease: Lease<R>) => void;
  readonly reject: (reason: unknown) => void;
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

  constructor(
    resolve: (lease: Lease<R>) => void,
    reject: (reason: unknown) => void,
    sinceMs: number,
    signal: AbortSignal | undefined,
    lane: Lane<Waiter<R>>,
    loan: Loan<R> | undefined,
  ) {
    this.resolve = resolve;
    this.reject = reject;
    this.sinceMs = sinceMs;
    this.signal = signal;
    this.lane = lane;
    this.loan = loan;
    signal?.addEventListener('abort', this, { once: true });
  }

  handleEvent(): void {
    this.lane.level.onAbort(this);
  }
}
