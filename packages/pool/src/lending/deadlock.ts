import { AsyncLocalStorage } from 'node:async_hooks';

/** A `use` under way: whether it has its lease, and how many acquires inside it wait, those in inner uses included. */
export class Borrower {
  readonly #watch: DeadlockWatch;
  /** Of what it is called from, the last that had not ended, when it began or ended itself. */
  #outer: Borrower | undefined;
  readonly #key: string | undefined;
  #has = false;
  #ended = false;
  #waiting = 0;
  /** Of these, those that wait with a key. */
  #waitingWith: Map<string, number> | undefined = undefined;

  /** @param key of its lease */
  constructor(watch: DeadlockWatch, outer: Borrower | undefined, key: string | undefined) {
    this.#watch = watch;
    this.#outer = lastUnder(outer);
    this.#key = key;
  }

  get hasEnded(): boolean {
    return this.#ended;
  }

  get outer(): Borrower | undefined {
    return this.#outer;
  }

  /** Whether it has its lease, or what it is called from has. */
  get holds(): boolean {
    if (this.#has) return true;
    for (let use = this.#outer; use !== undefined; use = use.#outer) if (use.#has) return true;
    return false;
  }

  /** Whether somebody inside it waits with one of these keys. */
  waitsForOneOf(keys: ReadonlySet<string>): boolean {
    for (const key of this.#waitingWith?.keys() ?? []) if (keys.has(key)) return true;
    return false;
  }

  /** It gets its lease, with which nothing inside it has begun. */
  begin(): void {
    this.#has = true;
    this.#watch.begin(this, this.#key);
  }

  end(): void {
    if (this.#waiting > 0) this.#watch.stuck -= 1;
    this.#watch.end(this, this.#key);
    this.#has = false;
    this.#ended = true;
    // Or what begins with each use what is to run after it, as a poller does, would be inside all before it.
    this.#outer = lastUnder(this.#outer);
  }

  /** An acquire inside it begins to wait, or ends to; who called it cannot go on either. */
  waits(key: string | undefined, change: 1 | -1): void {
    this.#count(key, change);
    for (let use = this.#outer; use !== undefined; use = use.#outer) use.#count(key, change);
  }

  /** Its lease is stuck from the first that waits to the last. */
  #count(key: string | undefined, change: 1 | -1): void {
    if (this.#has && this.#waiting + Math.min(change, 0) === 0) this.#watch.stuck += change;
    this.#waiting += change;
    if (key === undefined || !this.#watch.hasQuotas) return;
    this.#waitingWith ??= new Map();
    const waiting = (this.#waitingWith.get(key) ?? 0) + change;
    if (waiting > 0) this.#waitingWith.set(key, waiting);
    else this.#waitingWith.delete(key);
  }
}

function lastUnder(use: Borrower | undefined): Borrower | undefined {
  let last = use;
  while (last?.hasEnded === true) last = last.outer;
  return last;
}

/**
 * Knows which leases are with uses inside which somebody waits for another lease: if all are, none will ever come back; nor any
 * of a key, if all of that are with uses inside which somebody waits for another of the same, or of another key of which none
 * will.
 *
 * It takes a `use` to wait for what is acquired inside it. Of a lease that `acquire` gave nobody can say what its holder waits
 * for, so none counts as stuck; marking all that comes after an `acquire` would take what its caller starts beside it for
 * what it waits for.
 */
export class DeadlockWatch {
  readonly #inside = new AsyncLocalStorage<Borrower>();
  readonly #maxPerKey: number;
  /** Uses that have a lease with a key. */
  readonly #byKey = new Map<string, Set<Borrower>>();
  /** Leases of uses inside which somebody waits. */
  stuck = 0;

  /** @param maxPerKey leases that each key may have; `Infinity` where keys have no quotas */
  constructor(maxPerKey: number) {
    this.#maxPerKey = maxPerKey;
  }

  get hasQuotas(): boolean {
    return this.#maxPerKey !== Infinity;
  }

  get current(): Borrower | undefined {
    return this.#inside.getStore();
  }

  run<T>(borrower: Borrower, fn: () => T): T {
    return this.#inside.run(borrower, fn);
  }

  begin(use: Borrower, key: string | undefined): void {
    if (key === undefined || !this.hasQuotas) return;
    const uses = this.#byKey.get(key);
    if (uses === undefined) this.#byKey.set(key, new Set([use]));
    else uses.add(use);
  }

  end(use: Borrower, key: string | undefined): void {
    if (key === undefined) return;
    const uses = this.#byKey.get(key);
    uses?.delete(use);
    if (uses?.size === 0) this.#byKey.delete(key);
  }

  /**
   * Keys of which no lease will come back: of all those that have none to spare, what is left when each is taken out that has a
   * use inside which nobody waits for any of them.
   */
  stuckKeys(): ReadonlySet<string> {
    const stuck = new Set<string>();
    for (const [key, uses] of this.#byKey) if (uses.size >= this.#maxPerKey) stuck.add(key);
    const goesOn = (key: string): boolean => [...(this.#byKey.get(key) ?? [])].some((use) => !use.waitsForOneOf(stuck));
    for (let before = Infinity; stuck.size < before; ) {
      before = stuck.size;
      for (const key of stuck) if (goesOn(key)) stuck.delete(key);
    }
    return stuck;
  }
}
