import { Checker } from './checker.js';
import { CoarseClock } from './coarse-clock.js';
import { Creator } from './creator.js';
import { Destroyer } from './destroyer.js';
import { DESTROYED, type DestroyReason, Entry, IDLE, IN_HAND, LEASED, NEVER } from './entry.js';
import { acquireTimeout, closeTimeout, poolClosed, type PoolError, queueFull } from './errors.js';
import { leaseAcquired, leaseReleased, resourceCreated, waitTimedOut } from './events.js';
import { isExpired } from './eviction.js';
import { DISCARD, type Lease, type Lender, PoolLease, RELEASE } from './lease.js';
import { LinkedList } from './linked-list.js';
import { Milestone } from './milestone.js';
import { type PoolOptions, type ResolvedOptions, resolveOptions } from './options.js';
import type { Pool } from './pool.js';
import { Counters, type PoolStats, readStats } from './stats.js';
import { Sweeper } from './sweeper.js';
import { useEntry, useLease } from './use.js';
import { WaitQueue } from './wait-queue.js';
import {
  type AcquireOptions,
  checkAcquireOptions,
  checkCloseOptions,
  checkUseOptions,
  checkWaitOptions,
  type CloseOptions,
  type UseOptions,
  type WaitOptions,
} from './wait-options.js';

/**
 * Makes a pool, which begins to create its minimum once the caller's turn is over.
 * @throws {PoolError} `ERR_POOL_INVALID_OPTION`
 */
export function createPool<R>(options: PoolOptions<R>): Pool<R> {
  return new ResourcePool(resolveOptions(options));
}

const OPEN = 0;
const DRAINING = 1;
const CLOSED = 2;

/**
 * Shaped for an acquire that finds an idle resource and a release that finds nobody waiting: no closure, no timer, no
 * look at the real clock, and one promise, which is the caller's.
 */
class ResourcePool<R> implements Pool<R>, Lender<R> {
  readonly name: string;
  readonly #options: ResolvedOptions<R>;
  // What every loan needs, out of the options.
  readonly #lifo: boolean;
  readonly #min: number;
  readonly #reset: ((resource: R) => unknown) | undefined;
  /** `Infinity` if there is no `validate`. */
  readonly #staleAfterMs: number;
  readonly #expires: boolean;
  readonly #wearsOut: boolean;
  readonly #now: CoarseClock;
  readonly #creator: Creator<R>;
  readonly #checker: Checker<R>;
  readonly #destroyer: Destroyer<R>;
  readonly #sweeper: Sweeper<R>;
  readonly #waiting: WaitQueue<R>;
  /** Longest idle first. */
  readonly #idle = new LinkedList<Entry<R>>();
  readonly #alive: Entry<R>[] = [];
  #state: typeof OPEN | typeof DRAINING | typeof CLOSED = OPEN;
  #matching = false;
  #matchAgain = false;
  readonly #ready = new Milestone();
  readonly #drained = new Milestone();
  readonly #ended = new Milestone();
  readonly #counters = new Counters();

  constructor(options: ResolvedOptions<R>) {
    const { name, clock, order, acquireTimeoutMs, min, reset, validate, validateAfterIdleMs, maxLifetimeMs, maxUses } = options;
    this.name = name;
    this.#options = options;
    this.#lifo = order === 'lifo';
    this.#min = min;
    this.#reset = reset;
    this.#staleAfterMs = validate === undefined ? Infinity : validateAfterIdleMs;
    this.#expires = maxLifetimeMs !== Infinity;
    this.#wearsOut = maxUses !== Infinity;
    this.#now = new CoarseClock(clock);
    this.#creator = new Creator(options, {
      created: (resource, durationMs) => this.#adopt(resource, durationMs),
      failed: (error) => this.#createFailed(error),
      late: (resource) => this.#destroyer.destroyLate(resource),
      changed: () => this.#match(),
    });
    this.#checker = new Checker(options, {
      passed: (entry) => this.#giveBack(entry),
      failed: (entry, reason, cause) => this.#destroy(entry, reason, cause),
    });
    this.#destroyer = new Destroyer(options, () => this.#match());
    this.#sweeper = new Sweeper(options, this.#idle, this.#now, {
      spare: () => this.#alive.length - min,
      evict: (entry, reason) => this.#destroy(entry, reason, undefined),
    });
    this.#waiting = new WaitQueue(clock, acquireTimeoutMs, {
      timedOut: (timeoutMs) => this.#timedOut(timeoutMs),
      aborted: () => {
        this.#counters.aborted += 1;
        this.#checkMilestones();
      },
    });
    // Not at once, as `create` may refer to the variable that this pool is about to be assigned to.
    if (min > 0) queueMicrotask(() => this.#match());
  }

  acquire(options?: AcquireOptions): Promise<Lease<R>> {
    if (options === undefined) {
      const entry = this.#takeIdle();
      return entry === undefined ? this.#wait(this.#options.acquireTimeoutMs, undefined) : Promise.resolve(new PoolLease(this, entry));
    }
    try {
      checkAcquireOptions(options);
    } catch (error) {
      return Promise.reject(error);
    }
    return this.#acquire(options);
  }

  tryAcquire(): Lease<R> | undefined {
    const entry = this.#takeIdle();
    return entry === undefined ? undefined : new PoolLease(this, entry);
  }

  use<T>(fn: (resource: R) => T | PromiseLike<T>, options?: UseOptions): Promise<T> {
    const entry = options === undefined ? this.#takeIdle() : undefined;
    return entry === undefined ? this.#useWaiting(fn, options) : useEntry(this, entry, fn);
  }

  async ready(options: WaitOptions = {}): Promise<void> {
    checkWaitOptions(options);
    options.signal?.throwIfAborted();
    if (this.#state !== OPEN) throw this.#closedError();
    if (!this.#isReady()) await this.#ready.wait(options.signal);
  }

  async drain(options: WaitOptions = {}): Promise<void> {
    checkWaitOptions(options);
    options.signal?.throwIfAborted();
    if (this.#state === OPEN) {
      this.#state = DRAINING;
      this.#ready.fail(this.#closedError());
    }
    if (!this.#isDrained()) await this.#drained.wait(options.signal);
  }

  async close(options: CloseOptions = {}): Promise<void> {
    checkCloseOptions(options);
    const { timeoutMs = 10_000, force = false, signal } = options;
    this.#shut();
    signal?.throwIfAborted();
    if (this.#isEnded()) return;
    if (timeoutMs > 0 && (await this.#ended.waitAtMost(timeoutMs, this.#options.clock, signal))) return;
    if (!force) throw closeTimeout(this.name, timeoutMs, this.stats());
    for (let entry = this.#alive.at(-1); entry !== undefined; entry = this.#alive.at(-1)) this.#destroy(entry, 'closed', undefined);
    this.#creator.abandon();
    if (!this.#isEnded()) await this.#ended.wait(signal);
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  stats(): PoolStats {
    const { min, max } = this.#options;
    const checking = this.#checker.underWay;
    const levels = {
      min,
      max,
      idle: this.#idle.size,
      leased: this.#busy - checking,
      checking,
      creating: this.#creator.underWay,
      destroying: this.#destroyer.underWay,
      waiting: this.#waiting.size,
    };
    return readStats(levels, this.#counters, this.#checker, this.#destroyer);
  }

  [RELEASE](entry: Entry<R>): void {
    if (entry.state !== LEASED) return; // Destroyed by a forced close.
    entry.state = IN_HAND;
    this.#counters.released += 1;
    leaseReleased(this.name, entry.resource);
    if (this.#reset === undefined) this.#giveBack(entry);
    else this.#checker.reset(entry, this.#reset);
  }

  [DISCARD](entry: Entry<R>, cause: unknown): void {
    if (entry.state !== LEASED) return;
    leaseReleased(this.name, entry.resource);
    this.#destroy(entry, 'discarded', cause);
  }

  /** For a caller who may not pass those who wait. */
  #takeIdle(): Entry<R> | undefined {
    if (this.#state !== OPEN || this.#waiting.size > 0) return undefined;
    const entry = this.#takeReady();
    if (entry !== undefined) this.#lend(entry, 0);
    return entry;
  }

  /** Takes an idle entry that can be lent as it is out of its list; ends those on the way that are too old. */
  #takeReady(): Entry<R> | undefined {
    for (;;) {
      const entry = this.#nextIdle();
      if (entry === undefined) return undefined;
      if (this.#expires && isExpired(entry, this.#now.now())) {
        this.#destroy(entry, 'expired', undefined);
        continue;
      }
      if (this.#staleAfterMs !== Infinity && this.#now.now() - entry.idleSinceMs >= this.#staleAfterMs) return undefined;
      this.#idle.remove(entry);
      return entry;
    }
  }

  #nextIdle(): Entry<R> | undefined {
    return this.#lifo ? this.#idle.tail : this.#idle.head;
  }

  #lend(entry: Entry<R>, waitMs: number): void {
    entry.state = LEASED;
    if (entry.uses === 0) {
      this.#counters.firstUses += 1;
      this.#creator.proved();
    }
    entry.uses += 1;
    leaseAcquired(this.name, entry.resource, waitMs);
  }

  #acquire({ signal, timeoutMs = this.#options.acquireTimeoutMs }: AcquireOptions): Promise<Lease<R>> {
    if (signal?.aborted === true) return Promise.reject(signal.reason);
    const entry = this.#takeIdle();
    return entry === undefined ? this.#wait(timeoutMs, signal) : Promise.resolve(new PoolLease(this, entry));
  }

  #wait(timeoutMs: number, signal: AbortSignal | undefined): Promise<Lease<R>> {
    if (this.#state !== OPEN) return Promise.reject(this.#closedError());
    const { max, maxWaiting, name } = this.#options;
    if (this.#waiting.size - (max - this.#busy) >= maxWaiting) {
      this.#counters.refused += 1;
      return Promise.reject(queueFull(name, maxWaiting));
    }
    const promise = this.#waiting.wait(timeoutMs, signal);
    this.#match();
    return promise;
  }

  async #useWaiting<T>(fn: (resource: R) => T | PromiseLike<T>, options: UseOptions = {}): Promise<T> {
    checkUseOptions(options);
    return useLease(await this.#acquire(options), fn, options.destroyOnError);
  }

  /** Brings those who wait, what is idle and what can be created together. User code called on the way may call back. */
  #match(): void {
    this.#matchAgain = true;
    if (this.#matching) return;
    this.#matching = true;
    try {
      while (this.#matchAgain) {
        this.#matchAgain = false;
        this.#serveIdle();
        this.#createMissing();
      }
    } finally {
      this.#matching = false;
    }
    this.#creator.holdProcess(this.#waiting.size > 0);
    this.#checkMilestones();
  }

  /** What has been idle too long is validated first, on behalf of somebody; what is next in line may be fresh. */
  #serveIdle(): void {
    const { validate } = this.#options;
    while (this.#waiting.size > 0) {
      const entry = this.#takeReady();
      if (entry !== undefined) {
        this.#place(entry);
        continue;
      }
      const stale = this.#nextIdle();
      if (stale === undefined || validate === undefined || this.#uncovered <= 0) return;
      this.#idle.remove(stale);
      this.#checker.validate(stale, validate);
    }
  }

  /** Waiters for whom nothing is under way. */
  get #uncovered(): number {
    return this.#waiting.size - this.#creator.underWay - this.#checker.validating;
  }

  #createMissing(): void {
    const { max } = this.#options;
    const wanted = (): boolean => this.#uncovered > 0 || (this.#state === OPEN && this.#alive.length + this.#creator.underWay < this.#min);
    while (this.#creator.mayStart && this.#size < max && wanted()) this.#creator.start();
  }

  /** Gives a working entry that is in no list to the first in line, or lets it be idle. */
  #place(entry: Entry<R>): void {
    const waiter = this.#waiting.size > 0 ? this.#waiting.shift() : undefined;
    if (waiter !== undefined) {
      this.#lend(entry, this.#options.clock.now() - waiter.sinceMs);
      waiter.resolve(new PoolLease(this, entry));
      return;
    }
    this.#idle.push(entry);
    entry.state = IDLE;
    entry.idleSinceMs = this.#now.now();
    this.#sweeper.watch(this.#alive.length > this.#min);
    if (this.#state !== OPEN) this.#checkMilestones();
  }

  /** After a use: places the entry, unless it has to go. */
  #giveBack(entry: Entry<R>): void {
    const reason = this.#endOf(entry);
    if (reason === undefined) this.#place(entry);
    else this.#destroy(entry, reason, entry.lostCause);
  }

  #endOf(entry: Entry<R>): DestroyReason | undefined {
    if (entry.lost) return 'lost';
    if (this.#state === CLOSED) return 'closed';
    if (this.#wearsOut && entry.uses === entry.lastUse) return 'used-up';
    return this.#expires && isExpired(entry, this.#now.now()) ? 'expired' : undefined;
  }

  #adopt(resource: R, durationMs: number): void {
    const { maxLifetimeMs, maxUses, jitterRatio, random, watch } = this.#options;
    const nowMs = this.#now.exactly();
    const share = 1 - jitterRatio * random();
    const expiresMs = maxLifetimeMs === Infinity ? NEVER : Math.ceil(nowMs + maxLifetimeMs * share);
    const lastUse = maxUses === Infinity ? NEVER : Math.ceil(maxUses * share);
    const entry = new Entry(resource, nowMs, expiresMs, lastUse);
    try {
      watch?.(resource, (cause) => this.#lose(entry, cause));
    } catch (error) {
      this.#destroyer.destroyLate(resource);
      throw error;
    }
    this.#counters.created += 1;
    resourceCreated(this.name, resource, durationMs);
    entry.place = this.#alive.push(entry) - 1;
    this.#giveBack(entry);
    this.#match();
  }

  #createFailed(error: unknown): void {
    if (this.#state !== CLOSED) {
      this.#counters.createErrors += 1;
      this.#ready.fail(error);
      if (this.#options.failFast) this.#failWaiting(error);
    }
    this.#match();
  }

  #failWaiting(error: unknown): void {
    this.#waiting.shift()?.reject(error);
    // Once may be a hiccup; twice, with nothing alive that could be waited for, is a backend that is down.
    if (this.#creator.failures > 1 && this.#size === 0) this.#waiting.rejectAll(error);
  }

  #lose(entry: Entry<R>, cause: unknown): void {
    if (entry.lost || entry.state === DESTROYED) return;
    entry.lost = true;
    entry.lostCause = cause;
    if (entry.uses === 0) this.#creator.brokeUnused(cause);
    if (entry.state === IDLE) this.#destroy(entry, 'lost', cause);
  }

  #destroy(entry: Entry<R>, reason: DestroyReason, cause: unknown): void {
    if (entry.state === LEASED) this.#counters.released += 1;
    this.#checker.abandon(entry);
    if (entry.state === IDLE) this.#idle.remove(entry);
    entry.state = DESTROYED;
    const last = this.#alive.pop();
    if (last !== undefined && last !== entry) {
      this.#alive[entry.place] = last;
      last.place = entry.place;
    }
    const { resource, createdMs, uses } = entry;
    this.#destroyer.destroy({ resource, reason, cause, ageMs: this.#now.now() - createdMs, uses });
    if (this.#state !== OPEN) this.#checkMilestones();
  }

  #timedOut(timeoutMs: number): PoolError {
    this.#counters.timeouts += 1;
    const error = acquireTimeout(this.name, timeoutMs, this.stats(), this.#creator.lastError);
    waitTimedOut(this.name, error);
    this.#checkMilestones();
    return error;
  }

  #shut(): void {
    if (this.#state === CLOSED) return;
    this.#state = CLOSED;
    const error = this.#closedError();
    this.#waiting.close(error);
    this.#ready.fail(error);
    this.#creator.close(error);
    this.#sweeper.close();
    for (let entry = this.#idle.head; entry !== undefined; entry = this.#idle.head) this.#destroy(entry, 'closed', undefined);
    this.#now.close();
    this.#checkMilestones();
  }

  /** Leased or being checked. */
  get #busy(): number {
    return this.#alive.length - this.#idle.size;
  }

  /** What counts towards `max`. */
  get #size(): number {
    return this.#alive.length + this.#creator.underWay + this.#destroyer.underWay;
  }

  #isReady(): boolean {
    return this.#alive.length >= this.#min;
  }

  #isDrained(): boolean {
    return this.#state !== OPEN && this.#waiting.size === 0 && this.#busy === 0;
  }

  #isEnded(): boolean {
    return this.#state === CLOSED && this.#size === 0;
  }

  #checkMilestones(): void {
    if (this.#isReady()) this.#ready.reach();
    if (this.#isDrained()) this.#drained.reach();
    if (this.#isEnded()) this.#ended.reach();
  }

  #closedError(): PoolError {
    return poolClosed(this.name, this.#state === CLOSED ? 'closed' : 'draining');
  }
}
