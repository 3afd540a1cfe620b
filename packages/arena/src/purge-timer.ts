import type { Clock, Timer } from './clock.js';

/** Has freed memory given back once it has been idle for a while; one timer at a time, which keeps no process alive. */
export class PurgeTimer {
  readonly #clock: Clock;
  readonly #afterMs: number;
  readonly #purge: () => void;
  #timer: Timer | undefined = undefined;

  /** @param afterMs `Infinity`: never */
  constructor(clock: Clock, afterMs: number, purge: () => void) {
    this.#clock = clock;
    this.#afterMs = afterMs;
    this.#purge = purge;
  }

  start(): void {
    if (this.#timer !== undefined || this.#afterMs === Infinity) return;
    this.#timer = this.#clock.setTimeout(this.#purge, this.#afterMs);
    this.#timer.unref();
  }

  stop(): void {
    this.#timer?.close();
    this.#timer = undefined;
  }
}
