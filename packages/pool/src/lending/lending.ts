import type { Clock } from '../clock.js';
import { leaseAcquired, leaseReleased, wantsLeases } from '../events.js';
import { Histogram } from '../histogram.js';
import { DESTROYED, type Entry } from '../supply/entry.js';
import type { Supply } from '../supply/supply.js';
import { type DiscardReason, type Lender, PoolLease } from './lease.js';
import { Stopwatch, UNTIMED } from './stopwatch.js';

/** What happens when a lease begins and when it ends: it is counted, timed and told of. */
export class Lending<R> implements Lender<R> {
  readonly name: string;
  readonly #supply: Supply<R>;
  readonly #stopwatch: Stopwatch;
  readonly #onTimed: ((useMs: number) => void) | undefined;
  readonly durations: Histogram = new Histogram();
  acquired = 0;
  released = 0;

  /** @param onTimed of each use that was timed */
  constructor(name: string, clock: Clock, supply: Supply<R>, onTimed: ((useMs: number) => void) | undefined) {
    this.name = name;
    this.#supply = supply;
    this.#stopwatch = new Stopwatch(clock);
    this.#onTimed = onTimed;
  }

  /** Leases out. */
  get leases(): number {
    return this.acquired - this.released;
  }

  lease(entry: Entry<R>): PoolLease<R> {
    return new PoolLease(this, entry, this.begin(entry));
  }

  /** Of an entry that was idle; gives what {@link release} takes. */
  begin(entry: Entry<R>): number {
    this.acquired += 1;
    return this.#stopwatch.hasEnough(entry.sinceMs) && !wantsLeases() ? UNTIMED : this.#beginWatched(entry, 0);
  }

  /** As {@link begin}, for a caller who had to wait. */
  beginLate(entry: Entry<R>, waitMs: number): number {
    this.acquired += 1;
    return this.#beginWatched(entry, waitMs);
  }

  release(entry: Entry<R>, started: number): void {
    if (entry.state === DESTROYED) return; // By a forced close.
    this.released += 1;
    if (started !== UNTIMED) this.#timed(entry, started);
    this.#supply.giveBack(entry);
  }

  discard(entry: Entry<R>, started: number, reason: DiscardReason, cause: unknown): void {
    if (entry.state === DESTROYED) return;
    this.released += 1;
    if (started !== UNTIMED) this.#timed(entry, started);
    this.#supply.discard(entry, reason, cause);
  }

  /** A forced close ends all leases. */
  endAll(): void {
    this.released = this.acquired;
  }

  #beginWatched(entry: Entry<R>, waitMs: number): number {
    leaseAcquired(this.name, entry.resource, waitMs);
    return this.#stopwatch.hasEnough(entry.sinceMs) && !wantsLeases() ? UNTIMED : this.#stopwatch.start(entry.sinceMs);
  }

  #timed(entry: Entry<R>, started: number): void {
    const useMs = this.#stopwatch.stop(started, this.#supply.lentMs(entry));
    this.durations.record(useMs);
    this.#onTimed?.(useMs);
    leaseReleased(this.name, entry.resource, useMs);
  }
}
