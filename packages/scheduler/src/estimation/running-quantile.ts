/** The step never gets smaller, so that the quantile follows a series that changes. */
const LEAST_STEP = 0.03;

/**
 * A quantile of a series in constant time and memory, by stochastic approximation (Robbins and Monro, 1951): each value moves it a
 * little to its side, in proportion to the share wanted there. For values on a logarithmic scale, where one is a large step.
 */
export class RunningQuantile {
  readonly #share: number;
  value: number;
  count: number;

  /** Starts from `value`, as if it had been learned from `count` values. */
  constructor(share: number, value: number, count = 1) {
    this.#share = share;
    this.value = value;
    this.count = count;
  }

  add(value: number): void {
    this.count += 1;
    const step = Math.max(LEAST_STEP, 1 / this.count);
    this.value += value > this.value ? step * this.#share : step * (this.#share - 1);
  }
}
