import type { Timer } from '../clock.js';
import type { CoarseClock } from '../coarse-clock.js';
import type { DestroyReason } from '../destroy-reason.js';
import type { ResolvedOptions } from '../options.js';
import { type Entry, IDLE } from './entry.js';
import { planUpkeep } from './eviction.js';

export interface SweeperEvents<R> {
  idle(): Entry<R>[];
  /** How many may go for idleness. */
  spare(): number;
  evict(entry: Entry<R>, reason: DestroyReason): void;
  keepAlive(entry: Entry<R>): void;
}

type SweeperOptions = Pick<ResolvedOptions<unknown>, 'clock' | 'idleTimeoutMs' | 'maxLifetimeMs' | 'jitterRatio' | 'keepaliveMs'>;

/**
 * Evicts idle entries when their time has come, and has those kept alive that are idle for long. Its one timer holds no
 * process, and is only set while something could ever be due: a pool at its minimum without lifetimes sleeps.
 */
export class Sweeper<R> {
  readonly #options: SweeperOptions;
  readonly #now: CoarseClock;
  readonly #events: SweeperEvents<R>;
  /** How soon an entry that turns idle now can be due: one of the minimum, and one to spare. */
  readonly #neededMs: number;
  readonly #spareMs: number;
  #timer: Timer | undefined = undefined;
  #closed = false;

  constructor(options: SweeperOptions, now: CoarseClock, events: SweeperEvents<R>) {
    this.#options = options;
    this.#now = now;
    this.#events = events;
    this.#neededMs = Math.min(options.keepaliveMs, options.maxLifetimeMs * (1 - options.jitterRatio));
    this.#spareMs = Math.min(options.idleTimeoutMs, this.#neededMs);
  }

  /** Whether it will look again by itself, in time for any entry that turns idle now. */
  get isAwake(): boolean {
    return this.#timer !== undefined;
  }

  /** An entry has turned idle, and may go for idleness if there are some to `spare`. */
  wake(nowMs: number, spare: boolean): void {
    this.#setTimer(nowMs + (spare ? this.#spareMs : this.#neededMs), nowMs);
  }

  /** How many may go for idleness has changed. */
  look(): void {
    this.#timer?.close();
    this.#sweep();
  }

  close(): void {
    this.#closed = true;
    this.#timer?.close();
  }

  #sweep(): void {
    this.#timer = undefined;
    const nowMs = this.#now.exactly();
    const { idleTimeoutMs, keepaliveMs } = this.#options;
    const { evicted, checked, nextMs } = planUpkeep(this.#events.idle(), nowMs, { idleTimeoutMs, keepaliveMs, spare: this.#events.spare() });
    this.#setTimer(nextMs, nowMs);
    // What is called here is the user's and may have called back.
    for (const { entry, reason } of evicted) if (entry.state === IDLE) this.#events.evict(entry, reason);
    for (const entry of checked) if (entry.state === IDLE) this.#events.keepAlive(entry);
  }

  #setTimer(dueMs: number, nowMs: number): void {
    if (dueMs === Infinity || this.#closed) return;
    const delayMs = Math.min(dueMs - nowMs, this.#spareMs);
    this.#timer = this.#options.clock.setTimeout(() => this.#sweep(), Math.max(1, delayMs));
    this.#timer.unref();
  }
}
