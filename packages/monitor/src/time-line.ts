/**
 * Time that only goes forward, out of a clock that should. When the clock goes back, as one passed in may, time goes
 * on from where it was, so that history stays in order and no rate is taken over a negative time.
 */
export class TimeLine {
  readonly #clock: { now(): number };
  /** The latest time, then what was added to the clock's: in a typed array, as plain fields that hold doubles are allocated at every change. */
  readonly #times = new Float64Array([-Infinity, 0]);
  #regressions = 0;

  constructor(clock: { now(): number }) {
    this.#clock = clock;
  }

  get regressionsTotal(): number {
    return this.#regressions;
  }

  nowMs(): number {
    const times = this.#times;
    const latestMs = times[0] ?? -Infinity;
    const nowMs = this.#clock.now() + (times[1] ?? 0);
    if (nowMs >= latestMs) return (times[0] = nowMs);
    this.#regressions += 1;
    // A clock that says nothing is as one that stands still.
    if (Number.isNaN(nowMs)) return latestMs;
    times[1] = (times[1] ?? 0) + latestMs - nowMs;
    return latestMs;
  }
}
