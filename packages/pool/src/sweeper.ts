import type { Timer } from './clock.js';
import type { CoarseClock } from './coarse-clock.js';
import { type DestroyReason, type Entry, IDLE } from './entry.js';
import { planEviction } from './eviction.js';
import type { LinkedList } from './linked-list.js';
import type { ResolvedOptions } from './options.js';

export interface SweeperEvents<R> {
  /** How many may go for idleness. */
  spare(): number;
  evict(entry: Entry<R>, reason: DestroyReason): void;
}

type SweeperOptions<R> = Pick<ResolvedOptions<R>, 'clock' | 'idleTimeoutMs' | 'maxLifetimeMs' | 'jitterRatio'>;

/**
 * Evicts idle entries when their time has come. Its one timer holds no process, and is only set while something could
 * ever be due: a pool at its minimum without lifetimes sleeps.
 */
export class Sweeper<R> {
  readonly #options: SweeperOptions<R>;
  readonly #idle: LinkedList<Entry<R>>;
  readonly #now: CoarseClock;
  readonly #events: SweeperEvents<R>;
  /** The first that can be due when an entry turns idle while no timer is set. */
  readonly #shortestLifetimeMs: number;
  #timer: Timer | undefined = undefined;
  #closed = false;

  constructor(options: SweeperOptions<R>, idle: LinkedList<Entry<R>>, now: CoarseClock, events: SweeperEvents<R>) {
    this.#options = options;
    this.#idle = idle;
    this.#now = now;
    this.#events = events;
    this.#shortestLifetimeMs = options.maxLifetimeMs * (1 - options.jitterRatio);
  }

  /** An entry has turned idle, and may go for idleness if there are some to `spare`. */
  watch(spare: boolean): void {
    if (this.#timer !== undefined || (!spare && this.#shortestLifetimeMs === Infinity)) return;
    this.#setTimer(Math.min(spare ? this.#options.idleTimeoutMs : Infinity, this.#shortestLifetimeMs));
  }

  close(): void {
    this.#closed = true;
    this.#timer?.close();
  }

  #sweep(): void {
    this.#timer = undefined;
    const nowMs = this.#now.exactly();
    const { evicted, nextMs } = planEviction(this.#idle, nowMs, this.#options.idleTimeoutMs, this.#events.spare());
    this.#setTimer(nextMs - nowMs);
    // `destroy` is the user's and may have called back.
    for (const { entry, reason } of evicted) if (entry.state === IDLE) this.#events.evict(entry, reason);
  }

  #setTimer(delayMs: number): void {
    if (delayMs === Infinity || this.#closed) return;
    this.#timer = this.#options.clock.setTimeout(() => this.#sweep(), Math.max(1, delayMs));
    this.#timer.unref();
  }
}
