import type { Clock } from '../clock.js';
import type { PoolLease } from '../lending/lease.js';
import type { Loan } from '../lending/loan.js';
import type { AcquireOptions } from '../wait-options.js';
import { Deadlines } from './deadlines.js';
import { type Lane, Level } from './lane.js';
import { Waiter } from './waiter.js';

/** What becomes of a waiter that is not served; it has left the queue when this is called. */
export interface WaitQueueEvents {
  /** Gives an error for each of so many, whose time is over at the same moment. */
  timedOut(waiters: number, timeoutMs: number): readonly unknown[];
  aborted(): void;
}

/** The promise made last, by one function for all, where one for each would be made to be thrown away. */
const latest = {
  resolve: (_lease: unknown): void => {},
  keep: (resolve: (lease: never) => void): void => {
    latest.resolve = resolve as typeof latest.resolve;
  },
};

/**
 * Waiting `acquire` calls: the most urgent first, among these the keys in turn, and of a key first come, first served.
 * Joining, being served and leaving by time-out or abort are O(1) in the number of waiters and of keys.
 */
export class WaitQueue<R> {
  readonly #clock: Clock;
  readonly #events: WaitQueueEvents;
  readonly #deadlines: Deadlines<Waiter<R>>;
  readonly #abort = (waiter: Waiter<R>): void => {
    this.#leave(waiter);
    this.#events.aborted();
    waiter.reject(waiter.signal?.reason);
  };
  readonly #usualTimeoutMs: number;
  readonly #usual: Level<Waiter<R>>;
  /** Most urgent first; those of priority 0 have a level always. */
  #levels: Level<Waiter<R>>[];
  readonly #blockedKeys = new Set<string>();
  #size = 0;
  #blocked = 0;
  /** Whether who came last is served first. */
  newestFirst = false;

  constructor(clock: Clock, usualTimeoutMs: number, events: WaitQueueEvents) {
    this.#clock = clock;
    this.#events = events;
    this.#usualTimeoutMs = usualTimeoutMs;
    this.#usual = new Level(0, this.#abort);
    this.#levels = [this.#usual];
    this.#deadlines = new Deadlines(clock, usualTimeoutMs, (waiters, timeoutMs) => {
      for (const waiter of waiters) this.#leave(waiter);
      const errors = events.timedOut(waiters.length, timeoutMs);
      for (const [index, waiter] of waiters.entries()) waiter.reject(errors[index]);
    });
  }

  get size(): number {
    return this.#size;
  }

  /** Those whose key may have another lease. */
  get eligible(): number {
    return this.#size - this.#blocked;
  }

  /** Parks a caller; `signal` must not have aborted yet. */
  wait(options: AcquireOptions, loan: Loan<R> | undefined): Promise<PoolLease<R>> {
    const promise = new Promise<PoolLease<R>>(latest.keep);
    this.park(options, loan, latest.resolve);
    return promise;
  }

  /** As {@link wait}, for a caller that makes no promise: `resolve` is called with what a promise would be resolved with. */
  park({ timeoutMs = this.#usualTimeoutMs, signal, priority = 0, key }: AcquireOptions, loan: Loan<R> | undefined, resolve: Waiter<R>['resolve']): Waiter<R> {
    const level = priority === 0 ? this.#usual : this.#levelOf(priority);
    const lane = level.lane(key) ?? level.addLane(key as string, this.#blockedKeys.has(key as string));
    const waiter = new Waiter<R>(resolve, this.#clock.now(), signal, lane, loan);
    level.add(waiter);
    this.#size += 1;
    if (lane.blocked) this.#blocked += 1;
    loan?.waits(1);
    this.#deadlines.add(waiter, timeoutMs);
    return waiter;
  }

  /** Takes out a waiter, of which nobody is told. It must still be here. */
  withdraw(waiter: Waiter<R>): void {
    this.#leave(waiter);
  }

  /** Takes out the first in line, of those who can be served. */
  shift(): Waiter<R> | undefined {
    for (const level of this.#levels) {
      const waiter = level.next(this.newestFirst);
      if (waiter === undefined) continue;
      this.#leave(waiter);
      return waiter;
    }
    return undefined;
  }

  /** The key has as many leases as it may: who waits with it has to let others pass. */
  block(key: string): void {
    this.#blockedKeys.add(key);
    for (const level of this.#levels) {
      const lane = level.lane(key);
      if (lane === undefined) continue;
      level.block(lane);
      this.#blocked += lane.waiters.size;
    }
  }

  unblock(key: string): void {
    this.#blockedKeys.delete(key);
    for (const level of this.#levels) {
      const lane = level.lane(key);
      if (lane === undefined) continue;
      level.unblock(lane);
      this.#blocked -= lane.waiters.size;
    }
  }

  /** How long who has waited longest has. */
  longestWaitMs(): number {
    const nowMs = this.#clock.now();
    let firstMs = nowMs;
    for (const { waiters } of this.#lanes()) if (waiters.head !== undefined) firstMs = Math.min(firstMs, waiters.head.sinceMs);
    return nowMs - firstMs;
  }

  /** Rejects who has waited longer than `limitMs`; gives their number. */
  rejectOlder(limitMs: number, error: (waitedMs: number) => unknown): number {
    const nowMs = this.#clock.now();
    const before = this.#size;
    for (const { waiters } of this.#lanes())
      for (let waiter = waiters.head; waiter !== undefined && nowMs - waiter.sinceMs > limitMs; waiter = waiters.head) this.#reject(waiter, error(nowMs - waiter.sinceMs));
    return before - this.#size;
  }

  rejectFirst(reason: unknown): void {
    this.shift()?.reject(reason);
  }

  /** Rejects the one of `which` that came last, if there is one. */
  rejectLast(which: (waiter: Waiter<R>) => boolean, reason: (waiter: Waiter<R>) => unknown): boolean {
    let last: Waiter<R> | undefined;
    for (const { waiters } of this.#lanes())
      for (const waiter of waiters) if (which(waiter) && (last === undefined || waiter.sinceMs >= last.sinceMs)) last = waiter;
    if (last !== undefined) this.#reject(last, reason(last));
    return last !== undefined;
  }

  rejectAll(reason: unknown): void {
    for (const { waiters } of this.#lanes()) for (let waiter = waiters.head; waiter !== undefined; waiter = waiters.head) this.#reject(waiter, reason);
  }

  /** Rejects all and leaves no timer. */
  close(reason: unknown): void {
    this.rejectAll(reason);
    this.#deadlines.close();
  }

  #reject(waiter: Waiter<R>, reason: unknown): void {
    this.#leave(waiter);
    waiter.reject(reason);
  }

  #leave(waiter: Waiter<R>): void {
    const { lane, signal, loan } = waiter;
    const { level } = lane;
    if (lane.blocked) this.#blocked -= 1;
    this.#size -= 1;
    level.remove(waiter);
    if (level.size === 0 && level !== this.#usual) this.#levels = this.#levels.filter((other) => other !== level);
    this.#deadlines.remove(waiter);
    signal?.removeEventListener('abort', waiter);
    loan?.waits(-1);
  }

  #levelOf(priority: number): Level<Waiter<R>> {
    const at = this.#levels.findIndex((level) => level.priority <= priority);
    const found = this.#levels[at];
    if (found?.priority === priority) return found;
    const level = new Level<Waiter<R>>(priority, this.#abort);
    this.#levels = this.#levels.toSpliced(at === -1 ? this.#levels.length : at, 0, level);
    return level;
  }

  *#lanes(): Generator<Lane<Waiter<R>>, undefined> {
    for (const level of this.#levels) yield* level.lanes();
  }
}
