import type { Linked } from '../linked-list.js';
import type { Entry } from '../supply/entry.js';
import type { Borrower } from './deadlock.js';
import type { DiscardReason, Lender, PoolLease } from './lease.js';
import type { Trace } from './trace.js';

/**
 * What is known of a lease beside its resource, from the call of `acquire` on, where a pool has quotas, watches for leaks
 * or for deadlocks. It stands between the lease and its pool, so that a pool that has none of these pays nothing for them.
 */
export class Loan<R> implements Lender<R>, Linked<Loan<R>> {
  readonly name: string;
  readonly key: string | undefined;
  /** The use whose lease it is, if it is one's and deadlocks are watched for. */
  readonly use: Borrower | undefined;
  /** The use inside which it was asked for. */
  readonly outer: Borrower | undefined;
  /** Where it was asked for, if that is kept. */
  readonly trace: Trace | undefined;
  readonly #lender: Lender<R>;
  readonly #onEnd: (loan: Loan<R>) => void;
  lease: PoolLease<R> | undefined = undefined;
  sinceMs = 0;
  /** In the leak watch's list. */
  watched = false;
  previous: Loan<R> | undefined = undefined;
  next: Loan<R> | undefined = undefined;

  constructor(
    lender: Lender<R>,
    key: string | undefined,
    use: Borrower | undefined,
    outer: Borrower | undefined,
    trace: Trace | undefined,
    onEnd: (loan: Loan<R>) => void,
  ) {
    this.name = lender.name;
    this.#lender = lender;
    this.key = key;
    this.use = use;
    this.outer = outer;
    this.trace = trace;
    this.#onEnd = onEnd;
  }

  /** It begins to wait, or ends to. */
  waits(change: 1 | -1): void {
    this.outer?.waits(this.key, change);
  }

  release(entry: Entry<R>, started: number): void {
    this.#onEnd(this);
    this.#lender.release(entry, started);
  }

  discard(entry: Entry<R>, started: number, reason: DiscardReason, cause: unknown): void {
    this.#onEnd(this);
    this.#lender.discard(entry, started, reason, cause);
  }
}
