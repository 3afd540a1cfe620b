import { TailRank } from './tail-rank.js';

/** Tells, sample by sample and without looking ahead, how unusual a series has just become. */
export interface AnomalyDetector {
  /**
   * The score of the next value, in [0, 1): 1 − p, p being how often a value so far out is to be expected; above 0
   * only where it exceeds every score of the 300 samples before, so that one incident is told once. 0 for the first
   * 50 values, and for what is not finite, which is passed over.
   */
  next(value: number): number;
}

/** Samples after which the past counts 1/e: a week of five-minute means, half an hour of seconds. */
const MEMORY = 2_000;
/** Fewer say nothing about what is usual. */
const FIRST = 50;
/** For how many samples a score must stand out. */
const NEWS = 300;
/** Farther out, the range of the histogram could not be told as a number. */
const FARTHEST = 1e300;

/**
 * Rank in a fading histogram, and of that only the rising edge. On NAB's series it is ahead of deviations from moving
 * means and of relative entropy, but for one that is told the range of what is still to come; and it knows no scale,
 * unit or distribution: `pnpm bench monitor/anomaly`.
 */
export function createAnomalyDetector(): AnomalyDetector {
  const rank = new TailRank(MEMORY);
  const peaks = new SlidingMax(NEWS);
  let seen = 0;
  return {
    next(value) {
      if (typeof value !== 'number' || !(Math.abs(value) <= FARTHEST)) return 0;
      const score = 1 - rank.next(value);
      seen += 1;
      if (seen <= FIRST) return 0;
      const before = peaks.max;
      peaks.push(score);
      return score > before ? score : 0;
    },
  };
}

/** Largest of the latest so many numbers, in O(1): those that a later one exceeds are forgotten at once. */
export class SlidingMax {
  readonly #size: number;
  /** A ring of candidates, largest first, with the number of each. */
  readonly #values: Float64Array;
  readonly #numbers: Float64Array;
  #first = 0;
  #end = 0;
  #count = 0;

  constructor(size: number) {
    this.#size = size;
    this.#values = new Float64Array(size);
    this.#numbers = new Float64Array(size);
  }

  /** -Infinity before the first. */
  get max(): number {
    return this.#first === this.#end ? -Infinity : (this.#values[this.#first % this.#size] ?? -Infinity);
  }

  push(value: number): void {
    if (this.#first < this.#end && (this.#numbers[this.#first % this.#size] ?? 0) <= this.#count - this.#size) this.#first += 1;
    while (this.#end > this.#first && (this.#values[(this.#end - 1) % this.#size] ?? 0) <= value) this.#end -= 1;
    this.#values[this.#end % this.#size] = value;
    this.#numbers[this.#end % this.#size] = this.#count;
    this.#end += 1;
    this.#count += 1;
  }
}
