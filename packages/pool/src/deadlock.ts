import { AsyncLocalStorage } from 'node:async_hooks';

/** What leases and waits are counted by: all of a pool, and a key apart. */
type Group = string | undefined;

interface Tally {
  leases: number;
  /** Acquires that wait, those inside its inner uses included. */
  waiting: number;
}

/** A `use` under way, or what it is called from: the leases it has, and how many acquires inside it wait. */
export class Borrower {
  readonly #watch: DeadlockWatch;
  readonly #outer: Borrower | undefined;
  readonly #all: Tally = { leases: 0, waiting: 0 };
  #byKey: Map<string, Tally> | undefined = undefined;

  constructor(watch: DeadlockWatch, outer: Borrower | undefined) {
    this.#watch = watch;
    this.#outer = outer;
  }

  /** Whether it has leases, or what it is called from has. */
  get holds(): boolean {
    return this.#all.leases > 0 || this.#outer?.holds === true;
  }

  has(key: string | undefined, change: 1 | -1): void {
    this.#has(undefined, change);
    if (key !== undefined) this.#has(key, change);
  }

  /** An acquire inside it begins to wait, or ends to; who called it cannot go on either. */
  waits(key: string | undefined, change: 1 | -1): void {
    this.#waits(undefined, change);
    if (key !== undefined) this.#waits(key, change);
    this.#outer?.waits(key, change);
  }

  #has(group: Group, change: 1 | -1): void {
    const tally = this.#tally(group);
    if (tally.waiting > 0) this.#watch.stick(group, change);
    tally.leases += change;
  }

  #waits(group: Group, change: 1 | -1): void {
    const tally = this.#tally(group);
    const wasStuck = tally.waiting > 0;
    tally.waiting += change;
    if (wasStuck !== tally.waiting > 0) this.#watch.stick(group, wasStuck ? -tally.leases : tally.leases);
  }

  #tally(group: Group): Tally {
    if (group === undefined) return this.#all;
    this.#byKey ??= new Map();
    let tally = this.#byKey.get(group);
    if (tally === undefined) this.#byKey.set(group, (tally = { leases: 0, waiting: 0 }));
    return tally;
  }
}

/**
 * Knows which leases are with callers that wait for another lease: if all are, none will ever come back; nor any of a key, if
 * all of that are with callers that wait for another of the same.
 *
 * Who acquires on whose behalf is known inside `use` alone, as only there the pool calls the borrower. An `acquire` could mark
 * what comes after it, but that is also what its caller starts beside it, and does not wait for.
 */
export class DeadlockWatch {
  readonly #inside = new AsyncLocalStorage<Borrower>();
  #stuck = 0;
  readonly #stuckByKey = new Map<string, number>();

  get current(): Borrower | undefined {
    return this.#inside.getStore();
  }

  run<T>(borrower: Borrower, fn: () => T): T {
    return this.#inside.run(borrower, fn);
  }

  /** Leases of callers that wait for another; with a `key`, for another of that key. */
  stuckLeases(key: string | undefined): number {
    return key === undefined ? this.#stuck : (this.#stuckByKey.get(key) ?? 0);
  }

  stick(group: Group, change: number): void {
    if (group === undefined) this.#stuck += change;
    else if (this.stuckLeases(group) + change > 0) this.#stuckByKey.set(group, this.stuckLeases(group) + change);
    else this.#stuckByKey.delete(group);
  }
}
