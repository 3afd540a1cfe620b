/**
 * Time that only goes forward, out of a clock that should. When the clock goes back, as one passed in may, time goes
 * on from where it was, so that history stays in order and no rate is taken over a negative time.
 */
export class TimeLine {
  readonly #clock: { now(): number };
  #offsetMs = 0;
  #latestMs = -Infinity;
  #regressions = 0;

  constructor(clock: { now(): number }) {
    this.#clock = clock;
  }

  get regressionsTotal(): number {
    return this.#regressions;
  }

  nowMs(): number {
    const nowMs = this.#clock.now() + this.#offsetMs;
    if (nowMs >= this.#latestMs) return (this.#latestMs = nowMs);
    this.#regressions += 1;
    this.#offsetMs += this.#latestMs - nowMs;
    return this.#latestMs;
  }
}
