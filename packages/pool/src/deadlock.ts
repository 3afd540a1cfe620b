import { AsyncLocalStorage } from 'node:async_hooks';

/** A `use` under way: whether it has its lease, and how many acquires inside it wait, those in inner uses included. */
export class Borrower {
  readonly #watch: DeadlockWatch;
  readonly #outer: Borrower | undefined;
  readonly #key: string | undefined;
  #has = false;
  #waiting = 0;
  /** Of these, for a lease of its own key. */
  #waitingForKey = 0;

  constructor(watch: DeadlockWatch, outer: Borrower | undefined, key: string | undefined) {
    this.#watch = watch;
    this.#outer = outer;
    this.#key = key;
  }

  /** Whether it has its lease, or what it is called from has. */
  get holds(): boolean {
    return this.#has || this.#outer?.holds === true;
  }

  /** It gets its lease, with which nothing inside it has begun. */
  begin(): void {
    this.#has = true;
  }

  end(): void {
    if (this.#waiting > 0) this.#watch.stick(undefined, -1);
    if (this.#waitingForKey > 0) this.#watch.stick(this.#key, -1);
    this.#has = false;
  }

  /** An acquire inside it begins to wait, or ends to; who called it cannot go on either. */
  waits(key: string | undefined, change: 1 | -1): void {
    this.#waiting = this.#count(undefined, this.#waiting, change);
    if (key !== undefined && key === this.#key) this.#waitingForKey = this.#count(key, this.#waitingForKey, change);
    this.#outer?.waits(key, change);
  }

  /** Its lease is stuck from the first that waits to the last. */
  #count(key: string | undefined, before: number, change: 1 | -1): number {
    if (this.#has && before + Math.min(change, 0) === 0) this.#watch.stick(key, change);
    return before + change;
  }
}

/**
 * Knows which leases are with uses inside which somebody waits for another lease: if all are, none will ever come back; nor any
 * of a key, if all of that are with uses inside which somebody waits for another of the same.
 *
 * It takes a `use` to wait for what is acquired inside it. Of a lease that `acquire` gave nobody can say what its holder waits
 * for, so none counts as stuck; marking all that comes after an `acquire` would take what its caller starts beside it for
 * what it waits for.
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

  /** Leases of uses inside which somebody waits; with a `key`, those of that key inside which somebody waits for it. */
  stuckLeases(key: string | undefined): number {
    return key === undefined ? this.#stuck : (this.#stuckByKey.get(key) ?? 0);
  }

  stick(key: string | undefined, change: 1 | -1): void {
    const stuck = this.stuckLeases(key) + change;
    if (key === undefined) this.#stuck = stuck;
    else if (stuck > 0) this.#stuckByKey.set(key, stuck);
    else this.#stuckByKey.delete(key);
  }
}
