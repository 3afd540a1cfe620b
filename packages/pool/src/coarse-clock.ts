import type { Clock, Timer } from './clock.js';

/** How old a reading may be. */
const GRAIN_MS = 25;

/**
 * The time in whole ms since this clock was made, up to 25 ms old, and older only while the event loop is blocked. Read
 * at every release, where the real clock would cost more than the rest. A timer makes the reading stale; it is set by
 * who reads, so a pool that nobody uses wakes nobody up.
 */
export class CoarseClock {
  readonly #clock: Clock;
  readonly #originMs: number;
  #nowMs = 0;
  #fresh = false;
  #closed = false;
  #timer: Timer | undefined = undefined;

  constructor(clock: Clock) {
    this.#clock = clock;
    this.#originMs = clock.now();
  }

  now(): number {
    return this.#fresh ? this.#nowMs : this.exactly();
  }

  /** As {@link now}, of this very moment. */
  exactly(): number {
    this.#nowMs = Math.trunc(this.#clock.now() - this.#originMs);
    if (!this.#fresh && !this.#closed) this.#setTimer();
    return this.#nowMs;
  }

  /** Leaves no timer; `now` still tells the time. */
  close(): void {
    this.#closed = true;
    this.#fresh = false;
    this.#timer?.close();
  }

  #setTimer(): void {
    this.#fresh = true;
    if (this.#timer !== undefined) {
      this.#timer.refresh();
      return;
    }
    this.#timer = this.#clock.setTimeout(() => {
      this.#fresh = false;
    }, GRAIN_MS);
    this.#timer.unref();
  }
}
