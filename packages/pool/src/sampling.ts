/** In each tick of the coarse clock, 25 ms, so many are all measured; */
const ALL_OF = 64;
/** then one in so many, which stands for the others. A power of two. */
const ONE_IN = 16;

/** Which of many are measured, where a look at the clock costs as much as what is measured: all of few, and fewer of many. */
export class Sampling {
  #tickMs = -1;
  #seen = 0;

  /** For how many the next one stands; 0 if it is not to be measured. */
  weight(tickMs: number): number {
    if (tickMs !== this.#tickMs) {
      this.#tickMs = tickMs;
      this.#seen = 0;
    }
    this.#seen += 1;
    if (this.#seen <= ALL_OF) return 1;
    return this.#seen % ONE_IN === 0 ? ONE_IN : 0;
  }
}
