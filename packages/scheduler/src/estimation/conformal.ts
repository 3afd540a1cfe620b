/** How far one run moves the level. */
const STEP = 0.02;

/**
 * The level at which to read a quantile so that it holds as often as it says, however wrong the distribution is: each run that
 * stays below lowers it a little, each that exceeds it raises it (adaptive conformal inference; Gibbs and Candès, 2021).
 */
export class ConformalLevel {
  readonly #share: number;
  level: number;

  constructor(share: number, level: number = share) {
    this.#share = share;
    this.level = level;
  }

  observe(covered: boolean): void {
    const level = this.level + STEP * ((covered ? 0 : 1) - (1 - this.#share));
    this.level = Math.min(1, Math.max(0, level));
  }
}
