import { SpreadNovelty } from './spread-novelty.js';
import { TailRank } from './tail-rank.js';

/** Tells, sample by sample and without looking ahead, how unusual a series has just become. */
export interface AnomalyDetector {
  /**
   * The score of the next value, in [0, 1): 1 − p, p being how often a value so far out, or values spread so differently
   * from before, are to be expected; above 0 only where it exceeds every score of the 300 samples before, so that one
   * incident is told once. 0 for the first 50 values, and for what is not finite, which is passed over.
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
/** What lies outside the middle four fifths is the rarer, the farther it lies. */
const TAIL = 0.1;
/** How much rarer: where nothing so far out was ever seen, the rank alone cannot tell near from far. */
const DISTANCE_POWER = 0.2;
/** A spread never seen before counts as a value never seen that lies so many widths of the middle outside it. */
const NOVELTY_EXCESS = 0.65;

/**
 * A longer past calls the same thing rarer, and has also had more chances to see it. So many samples are the measure,
 * and of the difference this share is taken back, that one threshold suits series of any length.
 */
const MEASURE = 300;
const TAKEN_BACK = 0.6;

/**
 * Two views of the past, whichever finds the present rarer: the rank of a value among those before it, and whether the
 * latest values are spread in a way that is new. Of that only the rising edge. It knows no scale, unit or distribution:
 * `pnpm bench monitor/anomaly`.
 */
export function createAnomalyDetector(): AnomalyDetector {
  const rank = new TailRank(MEMORY);
  const novelty = new SpreadNovelty(MEMORY);
  const peaks = new SlidingMax(NEWS);
  let seen = 0;
  const chanceOf = (value: number): number => {
    const excess = rank.excess(value, TAIL);
    const unseen = rank.unseen;
    const chance = rank.next(value) * (1 + excess) ** -DISTANCE_POWER;
    const rarest = novelty.next(value) ? Math.min(chance, unseen * (1 + NOVELTY_EXCESS) ** -DISTANCE_POWER) : chance;
    return Math.min(1, rarest / Math.min(1, unseen * MEASURE) ** TAKEN_BACK);
  };
  return {
    next(value) {
      if (typeof value !== 'number' || !(Math.abs(value) <= FARTHEST)) return 0;
      const score = 1 - chanceOf(value);
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
