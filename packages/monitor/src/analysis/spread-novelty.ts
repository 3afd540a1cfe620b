/** The latest so many values make a spread, as in the paper's published settings. */
const WINDOW = 52;
/** Bounds of the cells, in standard deviations from the mean. */
const BOUNDS = [-3, -1, 1, 3] as const;
const CELLS = BOUNDS.length + 1;
/** Chi-square of 4 degrees of freedom at 1 %: two spreads that differ by less are the same. */
const SAME = 13.277;
/** Share granted to a cell that a spread never had a value in. */
const LEAST_SHARE = 1e-3;
/** Spreads remembered; the one not met for longest goes first. */
const MOST_KNOWN = 64;
/** Before, mean and deviation are too uncertain to place values by. */
const FIRST = 78;

/**
 * Whether the latest values are spread as at no time before: relative entropy of histograms (Wang et al. 2011). Theirs
 * has cells of equal width between the least and the most value, which nobody knows beforehand; here the cells are cut in
 * standard deviations about the mean so far, of which the past fades.
 */
export class SpreadNovelty {
  readonly #share: number;
  readonly #latest = new Uint8Array(WINDOW);
  readonly #counts = new Float64Array(CELLS);
  /** Logarithms of the shares of spreads met before, the one met last first. */
  readonly #known: Float64Array[] = [];
  /** Mean, and variance about it: in a typed array, as plain fields that hold doubles are allocated at every change. */
  readonly #moments = new Float64Array(2);
  #seen = 0;

  /** `memory` is the number of samples after which a sample counts 1/e in mean and deviation. */
  constructor(memory: number) {
    this.#share = 1 / memory;
  }

  next(value: number): boolean {
    const slot = this.#seen % WINDOW;
    const cell = this.#place(value);
    if (this.#seen >= WINDOW) this.#count(this.#latest[slot] ?? 0, -1);
    this.#latest[slot] = cell;
    this.#count(cell, 1);
    this.#seen += 1;
    return this.#seen >= FIRST && this.#isNew();
  }

  /** The cell of a value, which then moves mean and deviation. */
  #place(value: number): number {
    const moments = this.#moments;
    if (this.#seen === 0) moments[0] = value;
    const mean = moments[0] ?? 0;
    const variance = moments[1] ?? 0;
    const deviation = value - mean;
    const scaled = deviation / (Math.sqrt(variance) + ROUNDING * (1 + Math.abs(mean)));
    let cell = 0;
    for (const bound of BOUNDS) if (scaled > bound) cell += 1;
    const weight = Math.max(this.#share, 1 / (this.#seen + 1));
    moments[0] = mean + weight * deviation;
    moments[1] = Math.min(Number.MAX_VALUE, (1 - weight) * (variance + weight * deviation * deviation));
    return cell;
  }

  #count(cell: number, change: number): void {
    this.#counts[cell] = (this.#counts[cell] ?? 0) + change;
  }

  #isNew(): boolean {
    for (let index = 0; index < this.#known.length; index += 1) {
      const known = this.#known[index];
      if (known === undefined || 2 * WINDOW * this.#divergence(known) >= SAME) continue;
      // What was so just now is so again: found at once the next time.
      if (index > 0) this.#known.unshift(...this.#known.splice(index, 1));
      return false;
    }
    this.#known.unshift(this.#counts.map((count) => Math.log(Math.max(count / WINDOW, LEAST_SHARE))));
    if (this.#known.length > MOST_KNOWN) this.#known.pop();
    // The first one is what all others are compared with.
    return this.#known.length > 1;
  }

  /** Of Kullback and Leibler (1951), of the spread of now from a known one. */
  #divergence(known: Float64Array): number {
    let sum = 0;
    for (let cell = 0; cell < CELLS; cell += 1) {
      const share = (this.#counts[cell] ?? 0) / WINDOW;
      if (share > 0) sum += share * (Math.log(share) - (known[cell] ?? 0));
    }
    return sum;
  }
}

/** Of a series that hardly changes, differences no larger than this, as a share of its mean, are none. */
const ROUNDING = 1e-9;
