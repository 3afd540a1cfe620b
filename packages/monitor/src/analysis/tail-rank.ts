/** Cells of the histogram; fine enough that what is usual fills many of them. */
const CELLS = 256;
const HALF = CELLS / 2;
const QUARTER = CELLS / 4;
/** Weight below which a cell's past no longer counts: an outlier of 3 memories ago. */
const FADED = 0.05;
/** Smallest range, as a share of the values: what differs less is the same. */
const NARROWEST = 1 / 25;
const CHECK_EVERY = 1_024;
/** Weights grow instead of every cell fading at every sample; beyond this they are scaled down, before they overflow. */
const MAX_WEIGHT = 1e12;

/**
 * How far out a value lies among those before it, the latest counting most: a histogram whose past fades with a
 * memory of so many samples. Its range doubles when a value falls outside and halves once the rest of it has
 * faded, so that one outlier does not blunt it for good. Constant memory: 2 KiB.
 */
export class TailRank {
  readonly #growth: number;
  readonly #cells = new Float64Array(CELLS);
  #low = Number.NaN;
  #span = 0;
  #total = 0;
  #weight = 1;
  #sinceCheck = 0;

  /** `memory` is the number of samples after which a sample counts 1/e. */
  constructor(memory: number) {
    this.#growth = Math.exp(1 / memory);
  }

  /**
   * Probability of a value at least so far out on either side, in (0, 1], by the values before; then adds it to them.
   * `value` is within ±1e300.
   */
  next(value: number): number {
    if (Number.isNaN(this.#low)) {
      this.#span = Math.max(Math.abs(value) / 50, 1e-9);
      this.#low = value - this.#span / 2;
    }
    const probability = this.#probability(value);
    while (value < this.#low || value >= this.#low + this.#span) this.#widen(value < this.#low);
    const cell = this.#cellOf(value);
    this.#cells[cell] = (this.#cells[cell] ?? 0) + this.#weight;
    this.#total += this.#weight;
    this.#weight *= this.#growth;
    if ((this.#sinceCheck += 1) >= CHECK_EVERY) this.#keepHouse();
    return probability;
  }

  /** What is granted to a value such as was never seen: less, the longer the past. */
  get unseen(): number {
    return Math.min(1, this.#weight / (this.#total + this.#weight));
  }

  /**
   * How far a value lies outside the middle of those before it, all but a share at either end; in widths of that middle.
   * 0 inside, and before the first.
   */
  excess(value: number, share: number): number {
    if (!(this.#total > 0)) return 0;
    const place = ((value - this.#low) / this.#span) * CELLS;
    const [low, high] = [this.#cellAt(share), this.#cellAt(1 - share)];
    if (place >= low && place < high + 1) return 0;
    // From the middles of the two cells.
    return Math.max(low + 0.5 - place, place - high - 0.5) / Math.max(1, high - low);
  }

  /** The cell with which a share of the past is reached, from below. */
  #cellAt(share: number): number {
    const wanted = share * this.#total;
    let cell = 0;
    for (let below = this.#cells[0] ?? 0; below < wanted && cell < CELLS - 1; below += this.#cells[cell] ?? 0) cell += 1;
    return cell;
  }

  #probability(value: number): number {
    // Half a sample is granted to what was never seen.
    let rarer = 0;
    if (value >= this.#low && value < this.#low + this.#span) {
      const cell = this.#cellOf(value);
      let below = 0;
      for (let index = 0; index <= cell; index += 1) below += this.#cells[index] ?? 0;
      rarer = Math.min(below, this.#total - below + (this.#cells[cell] ?? 0));
    }
    return Math.min(1, (2 * (Math.max(0, rarer) + this.#weight / 2)) / (this.#total + this.#weight));
  }

  #cellOf(value: number): number {
    return Math.min(CELLS - 1, Math.floor(((value - this.#low) / this.#span) * CELLS));
  }

  /** Doubles the range, downwards or upwards; two cells become one. */
  #widen(downwards: boolean): void {
    for (let index = 0; index < HALF; index += 1) {
      const from = downwards ? CELLS - 1 - 2 * index : 2 * index;
      const to = downwards ? CELLS - 1 - index : index;
      this.#cells[to] = (this.#cells[from] ?? 0) + (this.#cells[downwards ? from - 1 : from + 1] ?? 0);
    }
    if (downwards) this.#cells.fill(0, 0, HALF);
    else this.#cells.fill(0, HALF);
    if (downwards) this.#low -= this.#span;
    this.#span *= 2;
  }

  #keepHouse(): void {
    this.#sinceCheck = 0;
    const scale = this.#weight > MAX_WEIGHT ? 1 / this.#weight : 1;
    this.#weight *= scale;
    this.#total = 0;
    // Added up anew, as sums and differences over many samples drift.
    for (let index = 0; index < CELLS; index += 1) this.#total += this.#cells[index] = (this.#cells[index] ?? 0) * scale;
    if (this.#span < NARROWEST * Math.max(Math.abs(this.#low), Math.abs(this.#low + this.#span))) return;
    const start = [0, QUARTER, HALF].find((from) => this.#total - this.#sum(from, from + HALF) < FADED * this.#weight);
    if (start !== undefined) this.#narrow(start);
  }

  #sum(from: number, to: number): number {
    let sum = 0;
    for (let index = from; index < to; index += 1) sum += this.#cells[index] ?? 0;
    return sum;
  }

  /** Keeps the half of the range that begins at a cell; one cell becomes two. */
  #narrow(start: number): void {
    const kept = this.#cells.slice(start, start + HALF);
    this.#total = 0;
    for (let index = 0; index < CELLS; index += 1) this.#total += this.#cells[index] = (kept[index >> 1] ?? 0) / 2;
    this.#low += (this.#span * start) / CELLS;
    this.#span /= 2;
  }
}
