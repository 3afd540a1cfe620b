/**
 * When the latest samples were taken: a ring of times that all series share, since they are sampled together. Each
 * series has a ring of values alike, in which a slot without a value holds NaN. Half the memory of a time a value,
 * and a slot means the same moment in every series.
 */
export class History {
  readonly capacity: number;
  /** Samples begun so far; the latest is number `count - 1`. */
  #count = 0;
  readonly #timesMs: Float64Array;

  constructor(capacity: number) {
    this.capacity = capacity;
    this.#timesMs = new Float64Array(capacity);
  }

  get count(): number {
    return this.#count;
  }

  /** Number of the oldest sample still kept. */
  get first(): number {
    return Math.max(0, this.#count - this.capacity);
  }

  get bytes(): number {
    return this.#timesMs.byteLength;
  }

  /** The slot of the latest sample. */
  get slot(): number {
    return (this.#count - 1) % this.capacity;
  }

  /** Time of the latest sample, -Infinity before the first. */
  get latestMs(): number {
    return this.#count === 0 ? -Infinity : this.timeMs(this.#count - 1);
  }

  /** Opens the next slot. `timeMs` must be later than `latestMs`. */
  advance(timeMs: number): void {
    this.#timesMs[this.#count % this.capacity] = timeMs;
    this.#count += 1;
  }

  timeMs(sample: number): number {
    return this.#timesMs[sample % this.capacity] ?? Number.NaN;
  }

  /** Number of the first kept sample taken at or after `fromMs`; `count` if there is none. Binary search. */
  firstSince(fromMs: number): number {
    let low = this.first;
    let high = this.#count;
    while (low < high) {
      const middle = low + Math.floor((high - low) / 2);
      if (this.timeMs(middle) < fromMs) low = middle + 1;
      else high = middle;
    }
    return low;
  }

  /** The values of one ring from `fromMs` to `toMs`, both included, oldest first, without the gaps. */
  read(values: Float64Array, fromMs: number = -Infinity, toMs: number = Infinity): Samples {
    const from = this.firstSince(fromMs);
    const timesMs = new Float64Array(this.#count - from);
    const found = new Float64Array(this.#count - from);
    let length = 0;
    for (let sample = from; sample < this.#count; sample += 1) {
      const timeMs = this.timeMs(sample);
      if (timeMs > toMs) break;
      const value = values[sample % this.capacity] ?? Number.NaN;
      if (Number.isNaN(value)) continue;
      timesMs[length] = timeMs;
      found[length] = value;
      length += 1;
    }
    return { timesMs: timesMs.subarray(0, length), values: found.subarray(0, length) };
  }
}

/** Values with their times, in order of time. */
export interface Samples {
  readonly timesMs: Float64Array;
  readonly values: Float64Array;
}
