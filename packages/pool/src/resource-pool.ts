import { CoarseClock } from './coarse-clock.js';
import { acquireTimeouts, circuitOpen, closeTimeout, invalidOption, overloaded, type PoolError, queueFull } from './errors.js';
import { poolResized, waitTimedOut, wantsLeases } from './events.js';
import { Histogram } from './histogram.js';
import { type Lease, PoolLease } from './lending/lease.js';
import { Lending } from './lending/lending.js';
import type { Loan } from './lending/loan.js';
import { useEntry, useLease } from './lending/use.js';
import { Loans } from './loans.js';
import { keepsBooks, type PoolOptions, requireSizes, type ResolvedOptions, resolveOptions } from './options.js';
import { Phase } from './phase.js';
import type { Pool, ResourceReading } from './pool.js';
import { Shedder } from './queue/shedder.js';
import { WaitQueue } from './queue/wait-queue.js';
import { Rejection, type Waiter } from './queue/waiter.js';
import { Sampling } from './sampling.js';
import { Counters, type PoolStats, readStats } from './stats.js';
import { type Entry, IDLE, isLent, leasedMsOf } from './supply/entry.js';
import { Sizing } from './supply/sizing.js';
import { type Hold, Supply } from './supply/supply.js';
import {
  type AcquireOptions,
  checkAcquireOptions,
  checkCloseOptions,
  checkSize,
  checkUseOptions,
  checkWaitOptions,
  type CloseOptions,
  type PoolSize,
  type UseOptions,
  type WaitOptions,
} from './wait-options.js';

export type { Hold } from './supply/supply.js';

/**
 * Makes a pool, which begins to create its minimum once the caller's turn is over.
 * @throws {PoolError} `ERR_POOL_INVALID_OPTION`
 */
export function createPool<R>(options: PoolOptions<R>): Pool<R> {
  return new ResourcePool(resolveOptions(options));
}

const NO_OPTIONS: AcquireOptions = {};

/**
 * Brings who waits and what can be lent together. Shaped for an acquire that finds an idle resource and a release that
 * finds nobody waiting: no closure, no timer, no look at the real clock, and one promise, which is the caller's.
 */
export class ResourcePool<R> implements Pool<R> {
  readonly name: string;
  readonly #options: ResolvedOptions<R>;
  readonly #now: CoarseClock;
  readonly #supply: Supply<R>;
  readonly #queue: WaitQueue<R>;
  readonly #lending: Lending<R>;
  readonly #phase: Phase;
  /** Each of them only where the options ask for it. */
  readonly #loans: Loans<R> | undefined;
  readonly #shedder: Shedder<R> | undefined;
  readonly #sizing: Sizing | undefined;
  #matching = false;
  #matchAgain = false;
  #min: number;
  #max: number;
  readonly #counters = new Counters();
  readonly #waits = new Histogram();
  readonly #waitSampling = new Sampling();

  constructor(options: ResolvedOptions<R>, hold?: Hold<R>) {
    const { name, clock, acquireTimeoutMs, min, max, overloadTargetMs, adaptive } = options;
    this.name = name;
    this.#options = options;
    this.#min = min;
    this.#max = max;
    this.#now = new CoarseClock(clock);
    this.#queue = new WaitQueue(clock, acquireTimeoutMs, {
      timedOut: (waiters, timeoutMs) => this.#timedOut(waiters, timeoutMs),
      aborted: () => {
        this.#counters.aborted += 1;
        this.#left();
      },
    });
    this.#supply = new Supply(options, this.#now, this.#queue, {
      serve: (entry) => this.#serveNext(entry),
      changed: () => this.#match(),
      createFailed: (error) => this.#createFailed(error),
      hold,
    });
    this.#phase = new Phase(name, {
      hasMinimum: () => this.#supply.alive.length >= this.#supply.min,
      isStill: () => this.#queue.size === 0 && this.#supply.busy === 0,
      isEmpty: () => this.#supply.size === 0,
    });
    this.#shedder = overloadTargetMs === Infinity ? undefined : new Shedder(options, this.#queue, () => this.#supply.suspended, (waitedMs) => overloaded(name, waitedMs, 2 * overloadTargetMs), (shed) => this.#shed(shed));
    const sizing = adaptive ? new Sizing(min, max) : undefined;
    this.#sizing = sizing;
    this.#lending = new Lending(name, clock, this.#supply, sizing && ((useMs) => {
      if (sizing.used(useMs, this.#lending.leases + 1, this.#now.now())) this.#applySize();
    }));
    this.#loans = keepsBooks(options) ? new Loans(options, this.#lending, this.#queue) : undefined;
    if (sizing !== undefined) this.#supply.resize(min, sizing.limit(min, max));
    // Not at once, as `create` may refer to the variable that this pool is about to be assigned to.
    if (min > 0) queueMicrotask(() => this.#match());
  }

  acquire(options?: AcquireOptions): Promise<Lease<R>> {
    const entry = options === undefined ? this.#supply.borrowAsItIs() : undefined;
    return entry === undefined ? this.#acquireChecked(options) : Promise.resolve(this.#lending.lease(entry));
  }

  tryAcquire(): Lease<R> | undefined {
    const entry = this.#supply.borrowAsItIs();
    return entry === undefined ? this.#take(undefined, this.#loans?.open(undefined, false)) : this.#lending.lease(entry);
  }

  use<T>(fn: (resource: R) => T | PromiseLike<T>, options?: UseOptions): Promise<T> {
    if (typeof fn !== 'function') return Promise.reject(invalidOption('fn', fn, 'a function'));
    const entry = options === undefined ? this.#supply.borrowAsItIs() : undefined;
    return entry === undefined ? this.#useLease(fn, options) : useEntry(this.#lending, entry, this.#lending.begin(entry), fn);
  }

  /**
   * As `acquire()`, for a caller that makes a promise of its own: `run` is called with the lease in this very call where something is
   * free, else as soon as it is: what is given back is in use again before whoever gave it back goes on. `run` must not give its lease
   * back inside of the call, or all who wait would be served one inside the other. `fail` is called later.
   * @param options checked
   * @returns what takes the caller out of the line again, as long as neither was called
   */
  lend(run: (lease: PoolLease<R>) => void, fail: (error: unknown) => void, options: AcquireOptions = NO_OPTIONS): () => void {
    const { signal, key } = options;
    const loan = this.#loans?.open(key, false);
    const lease = signal?.aborted === true ? undefined : this.#take(key, loan);
    if (lease !== undefined) {
      run(lease);
      return () => {};
    }
    const refusal: unknown = signal?.aborted === true ? signal.reason : this.#refusal(key);
    if (signal?.aborted === true || refusal !== undefined) {
      queueMicrotask(() => fail(refusal));
      return () => {};
    }
    const waiter = this.#queue.park(options, loan, (given) => (given instanceof Rejection ? given.then(undefined, fail) : run(given)));
    queueMicrotask(() => this.#joined(key));
    return () => {
      this.#queue.withdraw(waiter);
      this.#left();
    };
  }

  /** Callers in line. */
  get waiting(): number {
    return this.#queue.size;
  }

  /** All that there may be are lent, or looked after. */
  get isLentOut(): boolean {
    return this.#phase.isOpen && !this.#supply.suspended && !this.#supply.hasMore;
  }

  async ready(options: WaitOptions = {}): Promise<void> {
    checkWaitOptions(options);
    options.signal?.throwIfAborted();
    await this.#phase.ready(options.signal);
  }

  resize(size: PoolSize): void {
    checkSize(size);
    const { min = this.#min, max = this.#max } = size;
    requireSizes(min, max);
    if (!this.#phase.isOpen) throw this.#phase.refusal();
    this.#min = min;
    this.#max = max;
    this.#applySize();
  }

  suspend(): void {
    if (!this.#phase.isClosed) this.#supply.suspend(true);
  }

  resume(): void {
    this.#supply.suspend(false);
    this.#match();
  }

  evictAll(which?: (resource: R) => boolean): void {
    if (which !== undefined && typeof which !== 'function') throw invalidOption('which', which, 'a function');
    this.#supply.evictAll(which);
    this.#match();
  }

  async drain(options: WaitOptions = {}): Promise<void> {
    checkWaitOptions(options);
    options.signal?.throwIfAborted();
    this.#phase.drain();
    this.#supply.drain();
    await this.#phase.drained(options.signal);
  }

  async close(options: CloseOptions = {}): Promise<void> {
    checkCloseOptions(options);
    const { timeoutMs = 10_000, force = false, signal } = options;
    this.#shut();
    signal?.throwIfAborted();
    const hasEnded = await this.#phase.endedWithin(timeoutMs, this.#options.clock, signal);
    if (!hasEnded && !force) throw closeTimeout(this.name, timeoutMs, this.stats());
    // Not before, as a leak that is reclaimed is what may end it.
    this.#loans?.close();
    if (hasEnded) return;
    this.#lending.endAll();
    this.#supply.force();
    this.#phase.look();
    if (!this.#phase.isEnded) await this.#phase.ended(signal);
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  stats(): PoolStats {
    const { idle, busy, max: limit, checker, creator, destroyer, circuit, createdTotal, firstUses } = this.#supply;
    const checking = checker.underWay;
    return readStats(
      {
        min: this.#min,
        max: this.#max,
        limit,
        idle,
        leased: busy - checking,
        checking,
        creating: creator.underWay,
        destroying: destroyer.underWay,
        waiting: this.#queue.size,
        suspended: Number(this.#supply.suspended),
        overloaded: Number(this.#shedder?.isOverloaded ?? false),
        circuitOpen: Number(circuit.isOpen),
      },
      this.#counters,
      this.#lending,
      {
        created: createdTotal,
        firstUses,
        destroyed: destroyer.destroyed,
        leaks: this.#loans?.leaks ?? 0,
        createErrors: creator.errors,
        validateErrors: checker.validateErrors,
        resetErrors: checker.resetErrors,
        destroyErrors: destroyer.destroyErrors,
      },
      { acquire: this.#waits, use: this.#lending.durations, create: this.#supply.durations },
    );
  }

  resources(): ResourceReading<R>[] {
    const nowMs = this.#now.exactly();
    return this.#supply.alive.map((entry) => ({
      resource: entry.resource,
      state: entry.state === IDLE ? 'idle' : isLent(entry) ? 'leased' : 'checking',
      borrowers: isLent(entry) ? entry.sharers + 1 : 0,
      uses: entry.uses,
      ageMs: nowMs - entry.createdMs,
      stateMs: nowMs - entry.sinceMs,
      leasedMs: leasedMsOf(entry, nowMs),
    }));
  }

  /** What is idle, for a caller who may not pass those who wait. */
  #take(key: string | undefined, loan: Loan<R> | undefined): PoolLease<R> | undefined {
    if (!this.#phase.isOpen || this.#queue.eligible > 0 || this.#loans?.mayLend(key) === false) return undefined;
    const entry = this.#supply.borrow();
    return entry && this.#lease(entry, 0, loan);
  }

  #lease(entry: Entry<R>, waitMs: number, loan: Loan<R> | undefined): PoolLease<R> {
    if (loan !== undefined && this.#loans !== undefined) return this.#loans.begin(loan, entry, waitMs);
    return new PoolLease(this.#lending, entry, this.#lending.beginLate(entry, waitMs));
  }

  #acquireChecked(options: AcquireOptions = NO_OPTIONS): Promise<Lease<R>> {
    try {
      if (options !== NO_OPTIONS) checkAcquireOptions(options);
    } catch (error) {
      return Promise.reject(error);
    }
    return this.#acquire(options, this.#loans?.open(options.key, false));
  }

  #acquire(options: AcquireOptions, loan: Loan<R> | undefined): Promise<PoolLease<R>> {
    const { signal, key } = options;
    if (signal?.aborted === true) return Promise.reject(signal.reason);
    const lease = this.#take(key, loan);
    if (lease !== undefined) return Promise.resolve(lease);
    const refusal = this.#refusal(key);
    if (refusal !== undefined) return Promise.reject(refusal);
    const promise = this.#queue.wait(options, loan);
    this.#joined(key);
    return promise;
  }

  /** Somebody has begun to wait. */
  #joined(key: string | undefined): void {
    this.#shedder?.watch();
    if (this.#supply.hasMore) this.#match();
    this.#breakDeadlock(key);
  }

  /** Why nobody of this key may wait now. */
  #refusal(key: string | undefined): PoolError | undefined {
    if (!this.#phase.isOpen) return this.#phase.refusal();
    const refusal = this.#circuitRefusal() ?? this.#queueRefusal(key);
    if (refusal !== undefined) this.#counters.refused += 1;
    return refusal;
  }

  #circuitRefusal(): PoolError | undefined {
    const { circuit, creator, alive } = this.#supply;
    if (!circuit.isOpen || !this.#options.failFast || alive.length > 0 || creator.mayStart) return undefined;
    return circuitOpen(this.name, circuit.failures, circuit.pauseLeftMs, circuit.lastError);
  }

  #queueRefusal(key: string | undefined): PoolError | undefined {
    const { maxWaiting, concurrency } = this.#options;
    if (maxWaiting === Infinity) return undefined;
    const { places, checker } = this.#supply;
    const room = places - checker.underWay * concurrency - this.#lending.leases;
    const { size, eligible } = this.#queue;
    // There is room for it, which those whose key has as many as it may do not take.
    if (eligible < room && this.#loans?.mayLend(key) !== false) return undefined;
    const waiting = size - eligible + Math.max(0, eligible - room);
    return waiting >= maxWaiting ? queueFull(this.name, maxWaiting) : undefined;
  }

  /** Somebody has begun to wait, or there is less to be had. */
  #breakDeadlock(key: string | undefined): void {
    if (this.#loans === undefined || this.#queue.size === 0) return;
    const refused = this.#loans.breakDeadlock(key, this.#supply.places);
    this.#counters.refused += refused;
    if (refused > 0) this.#left();
  }

  async #useLease<T>(fn: (resource: R) => T | PromiseLike<T>, options: UseOptions = NO_OPTIONS): Promise<T> {
    if (options !== NO_OPTIONS) checkUseOptions(options);
    const loan = this.#loans?.open(options.key, true);
    const lease = await this.#acquire(options, loan);
    const call = loan === undefined ? fn : (resource: R) => this.#loans?.run(loan, () => fn(resource)) as T | PromiseLike<T>;
    return useLease(lease, call, options.destroyOnError);
  }

  /** Brings those who wait, what is idle and what can be created together. User code called on the way may call back. */
  #match(): void {
    this.#matchAgain = true;
    if (this.#matching) return;
    this.#matching = true;
    try {
      while (this.#matchAgain) {
        this.#matchAgain = false;
        if (this.#supply.suspended) continue;
        this.#serve();
        this.#supply.createMissing();
      }
    } finally {
      this.#matching = false;
    }
    this.#supply.circuit.holdProcess(this.#queue.size > 0);
    this.#breakDeadlock(undefined);
    this.#phase.look();
  }

  /** What has been idle too long is validated first, on behalf of somebody; what is next in line may be fresh. */
  #serve(): void {
    while (this.#queue.eligible > 0) {
      const entry = this.#supply.borrow();
      if (entry !== undefined) this.#serveNext(entry);
      else if (this.#queue.eligible <= this.#supply.coming || !this.#supply.validateNext()) return;
    }
  }

  #serveNext(entry: Entry<R>): void {
    const waiter = this.#queue.shift();
    if (waiter === undefined) {
      // A `destroy` or a subscriber called on the way has had the last give up.
      this.#supply.giveBack(entry);
      return;
    }
    waiter.resolve(this.#lease(entry, this.#timed(waiter, entry), waiter.loan));
  }

  /** How long it has waited; 0 if it is one of many, and nobody is told. */
  #timed({ sinceMs }: Waiter<R>, entry: Entry<R>): number {
    const weight = wantsLeases() ? 1 : this.#waitSampling.weight(entry.sinceMs);
    if (weight === 0) return 0;
    const waitMs = this.#options.clock.now() - sinceMs;
    this.#waits.record(waitMs, weight);
    return waitMs;
  }

  #applySize(): void {
    const limit = this.#sizing?.limit(this.#min, this.#max) ?? this.#max;
    const before = this.#supply;
    if (before.min === this.#min && before.max === limit) return;
    this.#supply.resize(this.#min, limit);
    poolResized({ pool: this.name, min: this.#min, max: this.#max, limit });
    this.#match();
  }

  #createFailed(error: unknown): void {
    if (!this.#phase.isClosed) {
      this.#phase.failed(error);
      if (this.#options.failFast) this.#failWaiting(error);
    }
    this.#match();
  }

  #failWaiting(error: unknown): void {
    this.#queue.rejectFirst(error);
    // Once may be a hiccup; twice, with nothing alive that could be waited for, is a backend that is down.
    if (this.#supply.circuit.failures > 1 && this.#supply.size === 0) this.#queue.rejectAll(error);
  }

  #timedOut(waiters: number, timeoutMs: number): readonly PoolError[] {
    this.#counters.timeouts += waiters;
    const errors = acquireTimeouts(waiters, this.name, timeoutMs, this.stats(), this.#supply.circuit.lastError);
    for (const error of errors) waitTimedOut(this.name, error);
    this.#left();
    return errors;
  }

  #shed(shed: number): void {
    this.#counters.shed += shed;
    this.#counters.refused += shed;
    this.#left();
  }

  /** Somebody waits no longer, who was not served. */
  #left(): void {
    this.#supply.circuit.holdProcess(this.#queue.size > 0);
    this.#phase.look();
  }

  #shut(): void {
    if (this.#phase.isClosed) return;
    this.#phase.close();
    this.#supply.suspend(false);
    const error = this.#phase.refusal();
    this.#queue.close(error);
    this.#supply.close(error);
    this.#shedder?.close();
    this.#now.close();
    this.#phase.look();
  }
}
