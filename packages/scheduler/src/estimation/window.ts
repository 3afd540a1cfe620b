/** The last values of a series and their exact quantiles; a new value costs one shift in a small typed array. */
export class Window {
  readonly #sorted: Float64Array;
  /** In the order they came, as a ring. */
  readonly #recent: Float64Array;
  #next = 0;
  #count = 0;

  constructor(capacity: number) {
    this.#sorted = new Float64Array(capacity);
    this.#recent = new Float64Array(capacity);
  }

  get count(): number {
    return this.#count;
  }

  add(value: number): void {
    const sorted = this.#sorted;
    if (this.#count === sorted.length) {
      const at = this.#rankOf(this.#recent[this.#next] ?? 0);
      sorted.copyWithin(at, at + 1, this.#count);
      this.#count -= 1;
    }
    const at = this.#rankOf(value);
    sorted.copyWithin(at + 1, at, this.#count);
    sorted[at] = value;
    this.#count += 1;
    this.#recent[this.#next] = value;
    this.#next = (this.#next + 1) % sorted.length;
  }

  median(): number {
    const middle = this.#count >> 1;
    const upper = this.#sorted[middle] ?? 0;
    return this.#count % 2 === 1 ? upper : (upper + (this.#sorted[middle - 1] ?? 0)) / 2;
  }

  /**
   * The value that the next one exceeds with a chance of at most 1 - `share`, if all come from one distribution: the
   * conformal rank. The largest value where there are too few for that.
   */
  upperQuantile(share: number): number {
    return this.#sorted[Math.min(this.#count, Math.ceil(share * (this.#count + 1))) - 1] ?? 0;
  }

  lowerQuantile(share: number): number {
    return this.#sorted[Math.max(1, Math.floor(share * (this.#count + 1))) - 1] ?? 0;
  }

  /** In the order they came. */
  values(): number[] {
    const oldest = this.#count < this.#recent.length ? 0 : this.#next;
    return Array.from({ length: this.#count }, (_, index) => this.#recent[(oldest + index) % this.#recent.length] ?? 0);
  }

  /** How many values are smaller. */
  #rankOf(value: number): number {
    let low = 0;
    let high = this.#count;
    while (low < high) {
      const middle = (low + high) >> 1;
      if ((this.#sorted[middle] ?? 0) < value) low = middle + 1;
      else high = middle;
    }
    return low;
  }
}
