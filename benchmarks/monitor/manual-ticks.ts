import type { Clock, Timer } from '@fog/monitor';

const timer: Timer = { ref: () => undefined, unref: () => undefined, refresh: () => undefined, close: () => undefined };

/** A clock moved by hand, and the call that a monitor's timer of an interval would make. */
export class ManualTicks implements Clock {
  #nowMs = 0;
  readonly #intervalMs: number;
  #tick = (): void => undefined;

  constructor(intervalMs: number) {
    this.#intervalMs = intervalMs;
  }

  readonly now = (): number => this.#nowMs;
  readonly setTimeout = (): Timer => timer;
  readonly setInterval = (callback: () => void, intervalMs: number): Timer => {
    if (intervalMs === this.#intervalMs) this.#tick = callback;
    return timer;
  };

  /** Goes one interval on. */
  next(): void {
    this.#nowMs += this.#intervalMs;
    this.#tick();
  }
}
