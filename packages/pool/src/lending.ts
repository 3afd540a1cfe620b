import type { Clock } from './clock.js';
import type { CoarseClock } from './coarse-clock.js';
import { DESTROYED, type Entry } from './entry.js';
import { leaseAcquired, leaseReleased } from './events.js';
import { Histogram } from './histogram.js';
import { type DiscardReason, type Lender, PoolLease } from './lease.js';
import { Stopwatch, UNTIMED } from './stopwatch.js';
import type { Supply } from './supply.js';

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
  constructor(name: string, clock: Clock, now: CoarseClock, supply: Supply<R>, onTimed: ((useMs: number) => void) | undefined) {
    this.name = name;
    this.#supply = supply;
    this.#stopwatch = new Stopwatch(clock, now);
    this.#onTimed = onTimed;
  }

  /** Leases out. */
  get leases(): number {
    return this.acquired - this.released;
  }

  /** @returns what {@link release} takes */
  begin(entry: Entry<R>, waitMs: number): number {
    this.acquired += 1;
    leaseAcquired(this.name, entry.resource, waitMs);
    return this.#stopwatch.start();
  }

  lease(entry: Entry<R>): PoolLease<R> {
    return new PoolLease(this, entry, this.begin(entry, 0));
  }

  release(entry: Entry<R>, started: number): void {
    if (entry.state === DESTROYED) return; // By a forced close.
    this.#end(entry, started);
    this.#supply.giveBack(entry);
  }

  discard(entry: Entry<R>, started: number, reason: DiscardReason, cause: unknown): void {
    if (entry.state === DESTROYED) return;
    this.#end(entry, started);
    this.#supply.discard(entry, reason, cause);
  }

  /** A forced close ends all leases. */
  endAll(): void {
    this.released = this.acquired;
  }

  #end(entry: Entry<R>, started: number): void {
    this.released += 1;
    const useMs = started === UNTIMED ? Number.NaN : this.#timed(started);
    leaseReleased(this.name, entry.resource, useMs);
  }

  #timed(started: number): number {
    const useMs = this.#stopwatch.stop(started);
    this.durations.record(useMs);
    this.#onTimed?.(useMs);
    return useMs;
  }
}
