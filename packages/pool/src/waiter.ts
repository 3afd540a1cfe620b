import type { DeadlineList } from './deadlines.js';
import type { Lease } from './lease.js';
import type { Linked } from './linked-list.js';

/** One parked `acquire`: in the queue by its links, in a list of deadlines by its others. Its own abort listener. */
export class Waiter<R> implements Linked<Waiter<R>> {
  static {
    // One is kept for ever, as of leases, and for the same reason: between bursts nobody waits.
    const nothing = (): void => {};
    Object.defineProperty(Waiter, 'kept', { value: new Waiter<unknown>(nothing, nothing, 0, undefined, nothing) });
  }

  readonly resolve: (lease: Lease<R>) => void;
  readonly reject: (reason: unknown) => void;
  readonly sinceMs: number;
  readonly signal: AbortSignal | undefined;
  readonly #onAbort: (waiter: Waiter<R>) => void;
  previous: Waiter<R> | undefined = undefined;
  next: Waiter<R> | undefined = undefined;
  /** Neighbours of the same time-out, and their list. */
  earlier: Waiter<R> | undefined = undefined;
  later: Waiter<R> | undefined = undefined;
  deadlines: DeadlineList<R> | undefined = undefined;

  constructor(
    resolve: (lease: Lease<R>) => void,
    reject: (reason: unknown) => void,
    sinceMs: number,
    signal: AbortSignal | undefined,
    onAbort: (waiter: Waiter<R>) => void,
  ) {
    this.resolve = resolve;
    this.reject = reject;
    this.sinceMs = sinceMs;
    this.signal = signal;
    this.#onAbort = onAbort;
    signal?.addEventListener('abort', this, { once: true });
  }

  handleEvent(): void {
    this.#onAbort(this);
  }
}
