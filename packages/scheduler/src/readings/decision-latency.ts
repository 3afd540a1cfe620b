/** Four buckets an octave: the upper bound of a bucket is at most 19 % above what is in it. */
const PER_OCTAVE = 4;
/** 10 ns to 10 s, and the rest in the last. */
const LEAST_MS = 1e-5;
const BUCKETS = 120;

/** How long decisions take: a mean, and a p99 from a histogram of fixed size. */
export class DecisionLatency {
  readonly #buckets = new Float64Array(BUCKETS);
  #count = 0;
  #sumMs = 0;

  /** A pass of `decisions` placements took `passMs`. */
  add(passMs: number, decisions: number): void {
    const eachMs = passMs / decisions;
    const bucket = eachMs <= LEAST_MS ? 0 : Math.min(BUCKETS - 1, Math.ceil(Math.log2(eachMs / LEAST_MS) * PER_OCTAVE));
    this.#buckets[bucket] = (this.#buckets[bucket] ?? 0) + decisions;
    this.#count += decisions;
    this.#sumMs += passMs;
  }

  get meanMs(): number {
    return this.#count === 0 ? 0 : this.#sumMs / this.#count;
  }

  get p99Ms(): number {
    if (this.#sumMs === 0) return 0;
    let below = 0;
    for (let bucket = 0; bucket < BUCKETS; bucket += 1) {
      below += this.#buckets[bucket] ?? 0;
      if (below >= this.#count * 0.99) return LEAST_MS * 2 ** (bucket / PER_OCTAVE);
    }
    return 0;
  }
}
