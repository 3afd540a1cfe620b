import type { Clock, Timer } from '../clock.js';

/** Wakes the process this often, which costs about a thousandth of a core. A longer stall is seen almost whole. */
const PERIOD_MS = 50;

/**
 * How late timers fire, seen by one of our own. Node's `monitorEventLoopDelay` loses the first period after every
 * `reset()`, and with it whatever stall begins in it.
 */
export class LoopDelay {
  readonly #clock: Clock;
  readonly #timer: Timer;
  #firedMs: number;
  #count = 0;
  #sumMs = 0;
  #maxMs = 0;

  constructor(clock: Clock) {
    this.#clock = clock;
    this.#firedMs = clock.now();
    this.#timer = clock.setInterval(this.#fire, PERIOD_MS);
    this.#timer.unref();
  }

  /** NaN when no timer has fired since the last reset. */
  get meanMs(): number {
    return this.#sumMs / this.#count;
  }

  get maxMs(): number {
    return this.#count === 0 ? Number.NaN : this.#maxMs;
  }

  reset(): void {
    this.#count = this.#sumMs = this.#maxMs = 0;
  }

  close(): void {
    this.#timer.close();
  }

  readonly #fire = (): void => {
    const nowMs = this.#clock.now();
    // Timers count in whole ms and may fire a fraction early.
    const delayMs = Math.max(0, nowMs - this.#firedMs - PERIOD_MS);
    this.#firedMs = nowMs;
    this.#count += 1;
    this.#sumMs += delayMs;
    this.#maxMs = Math.max(this.#maxMs, delayMs);
  };
}
