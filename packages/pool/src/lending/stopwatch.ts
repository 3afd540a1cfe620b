import type { Clock } from '../clock.js';

/** A loan whose length nobody measures. */
export const UNTIMED = 0;
/** After so long the readings begin anew. */
const ROUND_MS = 2 ** 32 / 1_000;
/** Loans timed in each tick of the coarse clock, 25 ms. */
const TIMED_A_TICK = 64;

/**
 * Times loans to the microsecond, at two looks at the real clock each, which cost as much as a loan does. So where there
 * are many it times the first 64 in every 25 ms: all that last, in a pool of connections, and a sample of those that
 * are over at once.
 */
export class Stopwatch {
  readonly #clock: Clock;
  #tickMs = -1;
  #left = 0;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /**
   * Whether another loan begun now need not be timed.
   * @param tickMs what the coarse clock says
   */
  hasEnough(tickMs: number): boolean {
    return this.#left === 0 && tickMs === this.#tickMs;
  }

  /** A small integer to hand to {@link stop}. */
  start(tickMs: number): number {
    if (tickMs !== this.#tickMs) this.#left = TIMED_A_TICK;
    this.#tickMs = tickMs;
    if (this.#left > 0) this.#left -= 1;
    return this.#us();
  }

  /**
   * In ms.
   * @param roughMs what the coarse clock says, which is what there is after 71 minutes; 0 if that does not know
   */
  stop(started: number, roughMs: number): number {
    return roughMs > 0.99 * ROUND_MS ? roughMs : ((this.#us() - started) >>> 0) / 1_000;
  }

  /** 32 bits, as anything longer would be a heap object in every lease. Odd, so that none is `UNTIMED`. */
  #us(): number {
    return Math.trunc((this.#clock.now() * 1_000) % 2 ** 32) | 1;
  }
}
