import type { Clock, Timer } from './clock.js';

/** Beyond it Node's timers fire after 1 ms. */
const MAX_DELAY_MS = 2 ** 31 - 1;

/** One timer for the next of many times; set again as often as wanted, it makes a new timer only when the time is another. */
export class Alarm {
  readonly #clock: Clock;
  readonly #ring: () => void;
  readonly #keepsAlive: boolean;
  #timer: Timer | undefined = undefined;
  #atMs = Infinity;

  /** `keepsAlive`: whether the process is to wait for it. */
  constructor(clock: Clock, ring: () => void, { keepsAlive }: { readonly keepsAlive: boolean }) {
    this.#clock = clock;
    this.#ring = ring;
    this.#keepsAlive = keepsAlive;
  }

  /** `Infinity` turns it off. */
  set(atMs: number, nowMs: number): void {
    if (atMs === this.#atMs) return;
    this.#timer?.close();
    this.#timer = undefined;
    this.#atMs = atMs;
    if (atMs === Infinity) return;
    const ring = (): void => {
      this.#atMs = Infinity;
      this.#ring();
    };
    // Later than a timer can hold, it rings too early and is set again.
    this.#timer = this.#clock.setTimeout(ring, Math.min(MAX_DELAY_MS, Math.max(1, Math.ceil(atMs - nowMs))));
    if (!this.#keepsAlive) this.#timer.unref();
  }
}
