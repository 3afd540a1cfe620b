import { deadlock, leaked } from './errors.js';
import { leaseLeaked } from './events.js';
import { Borrower, DeadlockWatch } from './lending/deadlock.js';
import { LeakWatch } from './lending/leak-watch.js';
import { PoolLease } from './lending/lease.js';
import type { Lending } from './lending/lending.js';
import { Loan } from './lending/loan.js';
import { Quotas } from './lending/quotas.js';
import { framesOf } from './lending/trace.js';
import type { ResolvedOptions } from './options.js';
import type { WaitQueue } from './queue/wait-queue.js';
import type { Entry } from './supply/entry.js';

/** Keeps the books of leases, in a pool that has quotas, watches for leaks or for deadlocks; each as far as it is on. */
export class Loans<R> {
  readonly #options: ResolvedOptions<R>;
  readonly #lending: Lending<R>;
  readonly #queue: WaitQueue<R>;
  readonly #quotas: Quotas | undefined;
  readonly #leaks: LeakWatch<R> | undefined;
  readonly #deadlocks: DeadlockWatch | undefined;
  readonly #ended = (loan: Loan<R>): void => this.#end(loan);

  constructor(options: ResolvedOptions<R>, lending: Lending<R>, queue: WaitQueue<R>) {
    const { leakAfterMs, maxPerKey, detectDeadlock } = options;
    this.#options = options;
    this.#lending = lending;
    this.#queue = queue;
    this.#quotas = maxPerKey === Infinity ? undefined : new Quotas(maxPerKey);
    this.#leaks = leakAfterMs === Infinity ? undefined : new LeakWatch(options, (loan, heldMs) => this.#leak(loan, heldMs));
    this.#deadlocks = detectDeadlock ? new DeadlockWatch(maxPerKey) : undefined;
  }

  get leaks(): number {
    return this.#leaks?.leaks ?? 0;
  }

  /** @param inside it is a `use`, so that what its function asks for is asked for inside it */
  open(key: string | undefined, inside: boolean): Loan<R> {
    const outer = this.#deadlocks?.current;
    const use = inside && this.#deadlocks !== undefined ? new Borrower(this.#deadlocks, outer, key) : undefined;
    return new Loan(this.#lending, key, use, outer, this.#leaks?.trace(), this.#ended);
  }

  mayLend(key: string | undefined): boolean {
    return key === undefined || this.#quotas === undefined || !this.#quotas.isFull(key);
  }

  /**
   * Refuses those who wait for what will never come back, who came last first; gives their number.
   * @param key if the leases of one key may have come to wait for each other
   * @param places most leases there can be
   */
  breakDeadlock(key: string | undefined, places: number): number {
    const watch = this.#deadlocks;
    if (watch === undefined) return 0;
    let refused = 0;
    const { name, maxPerKey } = this.#options;
    const isStuck = (): boolean => this.#lending.leases >= places && watch.stuck === this.#lending.leases;
    while (isStuck() && this.#refuseLast(() => true, () => deadlock(name, this.#lending.leases, undefined))) refused += 1;
    if (key === undefined) return refused;
    const refuseOf = (keys: ReadonlySet<string | undefined>): boolean => keys.size > 0 && this.#refuseLast((loan) => keys.has(loan.key), (loan) => deadlock(name, maxPerKey, loan.key));
    while (refuseOf(watch.stuckKeys())) refused += 1;
    return refused;
  }

  begin(loan: Loan<R>, entry: Entry<R>, waitMs: number): PoolLease<R> {
    const { key, use } = loan;
    const lease = new PoolLease(loan, entry, this.#lending.beginLate(entry, waitMs));
    loan.lease = lease;
    use?.begin();
    this.#leaks?.begin(loan);
    if (key !== undefined && this.#quotas !== undefined) {
      this.#quotas.take(key);
      if (this.#quotas.isFull(key)) this.#queue.block(key);
    }
    return lease;
  }

  /** Runs what a `use` lends to. */
  run<T>(loan: Loan<R>, fn: () => T): T {
    return this.#deadlocks === undefined || loan.use === undefined ? fn() : this.#deadlocks.run(loan.use, fn);
  }

  close(): void {
    this.#leaks?.close();
  }

  /** Of those inside uses that keep others waiting by what they have. */
  #refuseLast(which: (loan: Loan<R>) => boolean, reason: (loan: Loan<R>) => unknown): boolean {
    return this.#queue.rejectLast(({ loan }) => loan?.outer?.holds === true && which(loan), ({ loan }) => reason(loan as Loan<R>));
  }

  #end(loan: Loan<R>): void {
    const { key, use } = loan;
    use?.end();
    this.#leaks?.end(loan);
    if (key === undefined || this.#quotas === undefined) return;
    const wasFull = this.#quotas.isFull(key);
    this.#quotas.giveBack(key);
    if (wasFull) this.#queue.unblock(key);
  }

  #leak({ lease, key, trace }: Loan<R>, heldMs: number): void {
    if (lease === undefined) return;
    const stack = framesOf(trace);
    const { name, leakReclaim } = this.#options;
    leaseLeaked({ pool: name, resource: lease.resource, key, heldMs, stack, reclaimed: leakReclaim });
    if (leakReclaim) lease.end('leaked', leaked(name, heldMs, stack));
  }
}
