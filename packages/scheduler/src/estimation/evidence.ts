import type { RecentRuns } from './recent-runs.js';

/** Runs that may tell of another, each with its weight: a distribution by what was seen, on a logarithmic scale. */
export class Evidence {
  readonly #values: Float64Array;
  readonly #weights: Float64Array;
  /** For `mostLikely`, as long as the others. */
  readonly #sums: Float64Array;
  #size = 0;
  #total = 0;

  constructor(capacity: number) {
    this.#values = new Float64Array(capacity);
    this.#weights = new Float64Array(capacity);
    this.#sums = new Float64Array(capacity);
  }

  clear(): void {
    this.#size = 0;
    this.#total = 0;
  }

  /** Runs of one context, which share `weight`; what exceeds `most` counts as that. */
  addRuns(recent: RecentRuns, scale: number, weight: number, most: number): void {
    const { runs } = recent;
    const weights = recent.weights();
    for (let place = 0; place < weights.length; place += 1) this.add(Math.min(most, (runs[place] as number) + scale), weight * (weights[place] as number));
  }

  /** Contexts overlap, so that most runs come more than once: equal ones are kept as one. */
  add(value: number, weight: number): void {
    const values = this.#values;
    const weights = this.#weights;
    this.#total += weight;
    let low = 0;
    let high = this.#size;
    while (low < high) {
      const middle = (low + high) >> 1;
      if ((values[middle] as number) < value) low = middle + 1;
      else high = middle;
    }
    if (low < this.#size && values[low] === value) {
      weights[low] = (weights[low] as number) + weight;
      return;
    }
    for (let place = this.#size; place > low; place -= 1) {
      values[place] = values[place - 1] as number;
      weights[place] = weights[place - 1] as number;
    }
    values[low] = value;
    weights[low] = weight;
    this.#size += 1;
  }

  /**
   * The value that promises the highest accuracy, the mean of min / max: of a sharp distribution its median, of one with several
   * peaks the middle of the highest, where a median would lie between them. Two passes over the sorted values, since the
   * accuracy of a value is a sum of exponentials of distances.
   */
  mostLikely(): number {
    const values = this.#values;
    const weights = this.#weights;
    const size = this.#size;
    const fromBelow = this.#sums;
    let sum = 0;
    for (let place = 0; place < size; place += 1) {
      if (place > 0) sum *= Math.exp((values[place - 1]  as number) - (values[place]  as number));
      sum += weights[place] as number;
      fromBelow[place] = sum;
    }
    let best = -1;
    let bestPlace = 0;
    sum = 0;
    for (let place = size - 1; place >= 0; place -= 1) {
      if (place < size - 1) sum *= Math.exp((values[place]  as number) - (values[place + 1]  as number));
      const accuracy = (fromBelow[place]  as number) + sum;
      sum += weights[place] as number;
      if (accuracy > best) {
        best = accuracy;
        bestPlace = place;
      }
    }
    return size === 0 ? Number.NaN : (values[bestPlace] as number);
  }

  /** The least value that `share` of the weight does not exceed; of what is above `least` alone. `NaN` if there is none. */
  quantile(share: number, least: number = -Infinity): number {
    let first = 0;
    let below = 0;
    while (first < this.#size && (this.#values[first]  as number) <= least) below += this.#weights[first++] as number;
    const wanted = below + share * (this.#total - below) * (1 - 1e-9);
    for (let place = first; place < this.#size; place += 1) {
      below += this.#weights[place] as number;
      if (below >= wanted) return this.#values[place] as number;
    }
    return this.#size === 0 ? Number.NaN : (this.#values[this.#size - 1] as number);
  }
}
