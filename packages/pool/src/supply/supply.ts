import type { CoarseClock } from '../coarse-clock.js';
import type { DestroyReason } from '../destroy-reason.js';
import { resourceCreated } from '../events.js';
import { Histogram } from '../histogram.js';
import { keepsBooks, type ResolvedOptions } from '../options.js';
import { type Check, Checker } from './checker.js';
import { Circuit } from './circuit.js';
import { Creator } from './creator.js';
import { Destroyer } from './destroyer.js';
import { DESTROYED, Entry, IDLE, IN_HAND, isLent, LEASED, leasedMsOf, placesOf, type Sentence, SHARED } from './entry.js';
import { isExpired, rollLimits } from './eviction.js';
import { Shelf } from './shelf.js';
import { Sweeper } from './sweeper.js';

/** Told of each resource when it becomes idle and when it is idle no more; not of one that goes from hand to hand. */
export type Hold<R> = (resource: R, held: boolean) => void;

/** What the supply tells those who lend from it. */
export interface SupplyEvents<R> {
  /** For whoever is first; it is lent already. */
  serve(entry: Entry<R>): void;
  /** There is more that can be lent or created, or less to wait for. */
  changed(): void;
  createFailed(error: unknown): void;
  readonly hold: Hold<R> | undefined;
}

/** Who waits, in numbers. */
export interface Demand {
  readonly size: number;
  /** Those who can be served. */
  readonly eligible: number;
}

/**
 * The resources: how many there are, which can be lent, what state they are in. It creates, checks and destroys them, and
 * knows nothing of who waits but their number.
 */
export class Supply<R> {
  readonly circuit: Circuit;
  readonly creator: Creator<R>;
  readonly checker: Checker<R>;
  readonly destroyer: Destroyer<R>;
  readonly #options: ResolvedOptions<R>;
  readonly #demand: Demand;
  readonly #events: SupplyEvents<R>;
  readonly #now: CoarseClock;
  readonly #sweeper: Sweeper<R>;
  // What every loan needs, out of the options.
  readonly #concurrency: number;
  /** `Infinity` if there is no `validate`. */
  readonly #staleAfterMs: number;
  readonly #expires: boolean;
  readonly #wearsOut: boolean;
  readonly #resets: boolean;
  /** Whether nothing is to be looked at when one is lent, and when it comes back: neither the above nor the state of the pool. */
  #lendsAsItIs = true;
  #takesAsItIs = true;
  /** Idle and shared ones. */
  readonly #shelf: Shelf<Entry<R>>;
  #shared = 0;
  readonly #alive: Entry<R>[] = [];
  #min: number;
  #max: number;
  #closing = false;
  #suspended = false;
  /** More are alive than there may be, since a resize. */
  #isOverfull = false;
  readonly durations: Histogram = new Histogram();
  createdTotal = 0;
  firstUses = 0;

  constructor(options: ResolvedOptions<R>, now: CoarseClock, demand: Demand, events: SupplyEvents<R>) {
    const { order, concurrency, validate, validateAfterIdleMs, maxLifetimeMs, maxUses, reset, min, max } = options;
    this.#options = options;
    this.#demand = demand;
    this.#events = events;
    this.#now = now;
    this.#concurrency = concurrency;
    this.#staleAfterMs = validate === undefined ? Infinity : validateAfterIdleMs;
    this.#expires = maxLifetimeMs !== Infinity;
    this.#wearsOut = maxUses !== Infinity;
    this.#resets = reset !== undefined;
    this.#shelf = new Shelf(order);
    this.#min = min;
    this.#max = max;
    this.#chooseWays();
    const changed = (): void => events.changed();
    this.circuit = new Circuit(options, changed);
    this.creator = new Creator(options, this.circuit, {
      created: (resource, durationMs, outdated) => this.#adopt(resource, durationMs, outdated),
      failed: (error) => events.createFailed(error),
      late: (resource) => this.destroyer.destroyLate(resource),
      settled: changed,
    });
    this.checker = new Checker(options, {
      passed: (entry, check) => this.#passed(entry, check),
      failed: (entry, check, cause) => {
        this.#destroy(entry, entry.sentence?.reason ?? (check === 'reset' ? 'reset-failed' : 'invalid'), cause);
        // Whom it was to serve need not wait for its end where there is room for another.
        changed();
      },
    });
    this.destroyer = new Destroyer(options, changed);
    this.#sweeper = new Sweeper(options, now, {
      idle: () => this.#idle(),
      spare: () => this.#alive.length - this.#min,
      evict: (entry, reason) => this.#destroy(entry, reason, undefined),
      keepAlive: (entry) => {
        this.#shelf.remove(entry);
        this.checker.start(entry, 'keepalive');
      },
    });
  }

  get min(): number {
    return this.#min;
  }

  get max(): number {
    return this.#max;
  }

  get alive(): readonly Entry<R>[] {
    return this.#alive;
  }

  get idle(): number {
    return this.#shelf.size - this.#shared;
  }

  /** Leased or being checked. */
  get busy(): number {
    return this.#alive.length - this.idle;
  }

  /** What counts towards `max`. */
  get size(): number {
    return this.#alive.length + this.creator.underWay + this.destroyer.underWay;
  }

  /** Whether there is something to lend or check, or room to create. */
  get hasMore(): boolean {
    return this.#shelf.size > 0 || this.size < this.#max;
  }

  /** Borrowers that find a place at what is being created or validated. */
  get coming(): number {
    return (this.creator.underWay + this.checker.validating) * this.#concurrency;
  }

  /** Borrowers there may be at once, at what is alive and at what there is room for. */
  get places(): number {
    const unborn = Math.max(0, this.#max - this.#alive.length) * this.#concurrency;
    return this.#concurrency === 1 ? unborn + this.#alive.length : this.#alive.reduce((places, entry) => places + placesOf(entry, this.#concurrency), unborn);
  }

  /** As {@link borrow}, where there is nothing to be looked at and nobody waits; the short way of most loans. */
  borrowAsItIs(): Entry<R> | undefined {
    if (!this.#lendsAsItIs || this.#demand.size > 0) return undefined;
    const entry = this.#shelf.take();
    if (entry === undefined) return undefined;
    if (entry.uses === 0) this.#firstUse();
    entry.uses += 1;
    entry.state = LEASED;
    entry.sinceMs = this.#now.now();
    return entry;
  }

  /**
   * Takes a place at the next resource that can be lent, and ends those on the way that are too old. `undefined` if there
   * is none, or the next has been idle for so long that it has to be validated.
   */
  borrow(): Entry<R> | undefined {
    while (!this.#suspended) {
      const entry = this.#shelf.next;
      if (entry === undefined) return undefined;
      const nowMs = this.#now.now();
      if (this.#expires && isExpired(entry, nowMs)) {
        this.#retire(entry, 'expired', undefined);
        continue;
      }
      if (this.#staleAfterMs !== Infinity && this.#isStale(entry, nowMs)) return undefined;
      this.#shelf.take();
      if (entry.state === IDLE) this.#events.hold?.(entry.resource, true);
      this.#lend(entry, nowMs);
      return entry;
    }
    return undefined;
  }

  /** Has the next validated, if that is what keeps it from being lent. */
  validateNext(): boolean {
    const entry = this.#shelf.next;
    if (entry === undefined || this.#staleAfterMs === Infinity || !this.#isStale(entry, this.#now.now())) return false;
    this.#shelf.take();
    this.checker.start(entry, 'validate');
    return true;
  }

  /** How long its borrower has had `entry`; 0 where it may have several. */
  lentMs(entry: Entry<R>): number {
    return this.#concurrency === 1 ? this.#now.now() - entry.sinceMs : 0;
  }

  /** A borrower is done with `entry`. */
  giveBack(entry: Entry<R>): void {
    if (!this.#takesAsItIs || this.#demand.size > 0 || entry.sentence !== undefined) {
      this.#giveBackChecked(entry);
      return;
    }
    const nowMs = this.#now.now();
    entry.state = IDLE;
    entry.leasedMs += nowMs - entry.sinceMs;
    entry.sinceMs = nowMs;
    this.#shelf.put(entry);
    if (!this.#sweeper.isAwake && this.#alive.length > this.#min) this.#sweeper.wake(nowMs, true);
  }

  /** A borrower wants `entry` destroyed. */
  discard(entry: Entry<R>, reason: 'discarded' | 'leaked', cause: unknown): void {
    this.#retire(entry, reason, cause);
    this.giveBack(entry);
  }

  /** Creates what those who wait need and the minimum lacks, as far as there is room and the backend is up. */
  createMissing(): void {
    if (this.#suspended) return;
    while (this.creator.mayStart && this.size < this.#max && this.#isShort) this.creator.start();
  }

  resize(min: number, max: number): void {
    this.#min = min;
    this.#max = max;
    // Those being created are not counted: what is too many of them goes when it is there.
    let surplus = this.#alive.filter(({ sentence }) => sentence === undefined).length - max;
    for (const entry of [...this.#idle(), ...this.#alive]) {
      if (surplus <= 0) break;
      if (entry.state === DESTROYED || entry.sentence !== undefined) continue;
      surplus -= 1;
      this.#retire(entry, 'surplus', undefined);
    }
    for (; surplus < 0 && this.#pardon() !== undefined; surplus += 1);
    this.#isOverfull = this.#alive.length > max;
    this.#chooseWays();
    // There may be more to spare.
    if (this.#shelf.size > 0) this.#sweeper.look();
  }

  /** Destroys all there are, the leased ones when they come back, and those being created when they are there; or `which` are alive. */
  evictAll(which?: (resource: R) => boolean): void {
    if (which === undefined) this.creator.outdate();
    const evicted = which === undefined ? this.#alive.slice() : this.#alive.filter(({ resource }) => which(resource));
    for (const entry of evicted) this.#retire(entry, 'evicted', undefined);
  }

  get suspended(): boolean {
    return this.#suspended;
  }

  /** While suspended, nothing is lent or created. */
  suspend(suspended: boolean): void {
    this.#suspended = suspended;
    this.#chooseWays();
  }

  /** The minimum is kept no longer, and whoever closes the pool waits for every lease. */
  drain(): void {
    this.#closing = true;
    this.#chooseWays();
  }

  close(reason: unknown): void {
    this.drain();
    this.circuit.close();
    this.creator.close(reason);
    this.#sweeper.close();
    for (const entry of this.#alive.slice()) this.#retire(entry, 'closed', undefined);
  }

  /** Waits for nobody: ends what is leased, and gives up on what is being created. */
  force(): void {
    for (const entry of this.#alive.slice()) this.#destroy(entry, 'closed', undefined);
    this.creator.abandon();
  }

  /** The one that came back first is first. */
  #idle(): Entry<R>[] {
    return [...this.#shelf].filter(({ state }) => state === IDLE);
  }

  #chooseWays(): void {
    const { keepaliveMs } = this.#options;
    const plain = this.#concurrency === 1 && !this.#expires && !this.#closing && this.#events.hold === undefined;
    this.#lendsAsItIs = plain && this.#staleAfterMs === Infinity && !this.#suspended && !keepsBooks(this.#options);
    this.#takesAsItIs = plain && !this.#isOverfull && !this.#wearsOut && !this.#resets && keepaliveMs === Infinity;
  }

  #giveBackChecked(entry: Entry<R>): void {
    const nowMs = this.#now.now();
    if (entry.sharers > 0) {
      this.#leaveShared(entry);
      return;
    }
    entry.leasedMs += nowMs - entry.sinceMs;
    entry.sinceMs = nowMs;
    if (entry.state === SHARED) this.#unshelve(entry);
    entry.state = IN_HAND;
    if (this.#resets && entry.sentence === undefined) this.checker.start(entry, 'reset');
    else this.#settle(entry, nowMs);
    // Its key may have another now, though it is not this one.
    if (!isSettled(entry) && this.#demand.eligible > 0) this.#events.changed();
  }

  #firstUse(): void {
    this.firstUses += 1;
    this.circuit.proved();
  }

  #isStale(entry: Entry<R>, nowMs: number): boolean {
    return entry.state === IDLE && nowMs - Math.max(entry.sinceMs, entry.provenMs) >= this.#staleAfterMs;
  }

  #lend(entry: Entry<R>, nowMs: number): void {
    if (entry.uses === 0) this.#firstUse();
    entry.uses += 1;
    if (this.#concurrency > 1) {
      this.#lendShared(entry, nowMs);
      return;
    }
    entry.state = LEASED;
    entry.sinceMs = nowMs;
  }

  #lendShared(entry: Entry<R>, nowMs: number): void {
    if (entry.state === IDLE) entry.sinceMs = nowMs;
    else {
      this.#shared -= 1;
      entry.sharers += 1;
    }
    entry.state = LEASED;
    this.#share(entry);
  }

  /** Puts a leased one with a free place where others find it. */
  #share(entry: Entry<R>): void {
    if (entry.sharers + 1 === this.#concurrency || entry.uses === entry.lastUse || entry.sentence !== undefined) return;
    entry.state = SHARED;
    this.#shared += 1;
    this.#shelf.put(entry);
  }

  #leaveShared(entry: Entry<R>): void {
    entry.sharers -= 1;
    if (entry.state === LEASED) this.#share(entry);
    this.#events.changed();
  }

  #unshelve(entry: Entry<R>): void {
    this.#shelf.remove(entry);
    if (entry.state === SHARED) this.#shared -= 1;
  }

  /** Lets an entry that nobody works with be idle, unless it has to go. */
  #settle(entry: Entry<R>, nowMs: number): void {
    // Of those that are too many, the first that come back go.
    if (this.#isOverfull) entry.sentence ??= this.#pardon();
    const reason = this.#endOf(entry, nowMs);
    if (reason !== undefined) {
      this.#destroy(entry, reason, entry.sentence?.cause);
      return;
    }
    if (this.#isWanted) {
      this.#serve(entry, nowMs);
      return;
    }
    entry.state = IDLE;
    this.#shelf.put(entry);
    this.#events.hold?.(entry.resource, false);
    this.#wake(nowMs);
    if (this.#closing) this.#events.changed();
  }

  /** Straight to whoever is first, as it is known to work. */
  #serve(entry: Entry<R>, nowMs: number): void {
    entry.state = IDLE;
    this.#lend(entry, nowMs);
    this.#events.serve(entry);
    if (this.#concurrency > 1) this.#events.changed();
  }

  /** The sweeper, if it sleeps. */
  #wake(nowMs: number): void {
    if (!this.#sweeper.isAwake) this.#sweeper.wake(nowMs, this.#alive.length > this.#min);
  }

  /** Of what callers wait for, or of the minimum. */
  get #isShort(): boolean {
    return this.#demand.eligible > this.coming || (!this.#closing && this.#alive.length + this.creator.underWay < this.#min);
  }

  get #isWanted(): boolean {
    return this.#demand.eligible > 0 && !this.#suspended;
  }

  #endOf(entry: Entry<R>, nowMs: number): DestroyReason | undefined {
    if (entry.sentence !== undefined) return entry.sentence.reason;
    if (this.#wearsOut && entry.uses === entry.lastUse) return 'used-up';
    return this.#expires && isExpired(entry, nowMs) ? 'expired' : undefined;
  }

  #passed(entry: Entry<R>, check: Check): void {
    const nowMs = this.#now.now();
    entry.provenMs = nowMs;
    if (check === 'reset' || this.#isWanted || this.#isOverfull || this.#endOf(entry, nowMs) !== undefined) {
      if (check !== 'reset') this.#events.hold?.(entry.resource, true);
      this.#settle(entry, nowMs);
      return;
    }
    // Nobody has used it: it goes on ageing where it was.
    entry.state = IDLE;
    this.#shelf.putBack(entry, ({ sinceMs }) => sinceMs > entry.sinceMs);
    this.#wake(nowMs);
    if (this.#closing) this.#events.changed();
  }

  #adopt(resource: R, durationMs: number, outdated: boolean): void {
    const { name, watch } = this.#options;
    const nowMs = this.#now.exactly();
    const { expiresMs, lastUse } = rollLimits(this.#options, nowMs);
    const entry = new Entry(resource, nowMs, expiresMs, lastUse);
    try {
      watch?.(resource, (cause) => this.#lose(entry, cause));
    } catch (error) {
      this.destroyer.destroyLate(resource);
      throw error;
    }
    this.createdTotal += 1;
    this.durations.record(durationMs);
    resourceCreated(name, resource, durationMs);
    entry.place = this.#alive.push(entry) - 1;
    if (outdated) this.#retire(entry, 'evicted', undefined);
    // Asked for when there was still room.
    if (this.#alive.length + this.creator.underWay > this.#max) this.#retire(entry, 'surplus', undefined);
    this.#settle(entry, nowMs);
    this.#events.changed();
  }

  #lose(entry: Entry<R>, cause: unknown): void {
    if (isFinal(entry) || entry.state === DESTROYED) return;
    if (entry.uses === 0) this.circuit.brokeUnused(cause);
    this.#retire(entry, 'lost', cause);
  }

  /** Destroys an entry now if it is idle, else as soon as nobody works with it; until then nobody else gets it. */
  #retire(entry: Entry<R>, reason: DestroyReason, cause: unknown): void {
    if (entry.state === IDLE) {
      this.#destroy(entry, reason, cause);
      return;
    }
    if (!isFinal(entry)) entry.sentence = { reason, cause };
    if (entry.state !== SHARED) return;
    this.#unshelve(entry);
    entry.state = LEASED;
  }

  /** Lets one stay that was to go as there are too many. @returns its sentence, for another */
  #pardon(): Sentence | undefined {
    const entry = this.#alive.find(({ sentence }) => sentence?.reason === 'surplus');
    const sentence = entry?.sentence;
    if (entry === undefined) return undefined;
    entry.sentence = undefined;
    if (entry.state === LEASED) this.#share(entry);
    return sentence;
  }

  #destroy(entry: Entry<R>, reason: DestroyReason, cause: unknown): void {
    const nowMs = this.#now.now();
    const leasedMs = leasedMsOf(entry, nowMs);
    this.checker.abandon(entry);
    if (entry.state === IDLE || entry.state === SHARED) this.#unshelve(entry);
    entry.state = DESTROYED;
    const last = this.#alive.pop();
    if (last !== undefined && last !== entry) {
      this.#alive[entry.place] = last;
      last.place = entry.place;
    }
    if (this.#isOverfull && this.#alive.length <= this.#max) {
      this.#isOverfull = false;
      this.#chooseWays();
    }
    const { resource, createdMs, uses } = entry;
    this.destroyer.destroy({ resource, reason, cause, ageMs: nowMs - createdMs, leasedMs, uses });
  }
}

/** Idle, or lent on. */
const isSettled = (entry: Entry<unknown>): boolean => entry.state === IDLE || isLent(entry);
/** One that is too many may still be pardoned. */
const isFinal = ({ sentence }: Entry<unknown>): boolean => sentence !== undefined && sentence.reason !== 'surplus';
