/** Share of the newest value in the level, and of the newest step in the slope. */
const LEVEL_SHARE = 0.5;
const SLOPE_SHARE = 0.2;
const ERROR_SHARE = 0.05;

/**
 * Level and slope of a series, of which the past fades: double exponential smoothing (Holt 1957), for values about evenly
 * spaced in time, with the mean size of its own errors.
 */
export class Holt {
  #level = Number.NaN;
  #slopePerMs = 0;
  #atMs = Number.NaN;
  #meanError = 0;

  /** Mean absolute error of the latest predictions, each from one value to the next. */
  get meanError(): number {
    return this.#meanError;
  }

  add(value: number, atMs: number): void {
    const elapsedMs = atMs - this.#atMs;
    if (!(elapsedMs > 0)) {
      if (Number.isNaN(this.#atMs)) [this.#level, this.#atMs] = [value, atMs];
      return;
    }
    const expected = this.at(atMs);
    const error = value - expected;
    const level = expected + LEVEL_SHARE * error;
    this.#slopePerMs += SLOPE_SHARE * ((level - this.#level) / elapsedMs - this.#slopePerMs);
    this.#meanError += ERROR_SHARE * (Math.abs(error) - this.#meanError);
    this.#level = level;
    this.#atMs = atMs;
  }

  /** What is to be expected at a time; NaN before the first value. */
  at(timeMs: number): number {
    return this.#level + this.#slopePerMs * (timeMs - this.#atMs);
  }
}
