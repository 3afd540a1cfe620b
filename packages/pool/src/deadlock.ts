import { AsyncLocalStorage } from 'node:async_hooks';

/** A `use` under way, or what it is called from: the leases it has, and how many acquires inside it wait. */
export class Borrower {
  readonly #watch: DeadlockWatch;
  readonly #outer: Borrower | undefined;
  #leases = 0;
  #waiting = 0;

  constructor(watch: DeadlockWatch, outer: Borrower | undefined) {
    this.#watch = watch;
    this.#outer = outer;
  }

  has(change: 1 | -1): void {
    if (this.#waiting > 0) this.#watch.stuckLeases += change;
    this.#leases += change;
  }

  /** An acquire inside it begins to wait, or ends to; who called it cannot go on either. */
  waits(change: 1 | -1): void {
    const wasStuck = this.#waiting > 0;
    this.#waiting += change;
    if (wasStuck !== this.#waiting > 0) this.#watch.stuckLeases += wasStuck ? -this.#leases : this.#leases;
    this.#outer?.waits(change);
  }

  /** Whether all of `leased` leases would be with borrowers that wait if one inside this began to. */
  wouldDeadlock(leased: number): boolean {
    const before = this.#watch.stuckLeases;
    this.waits(1);
    const { stuckLeases } = this.#watch;
    this.waits(-1);
    return stuckLeases === leased && before < leased;
  }
}

/**
 * Knows which leases are with callers that wait for another lease of the same pool: if all are, none will ever come back.
 * Who acquires on whose behalf is known inside `use` alone, as only there the pool calls the borrower.
 */
export class DeadlockWatch {
  readonly #inside = new AsyncLocalStorage<Borrower>();
  stuckLeases = 0;

  get current(): Borrower | undefined {
    return this.#inside.getStore();
  }

  run<T>(borrower: Borrower, fn: () => T): T {
    return this.#inside.run(borrower, fn);
  }
}
