/** Powers of two each cut into 32 equal parts: a value is told to within 1/64 of itself, 1.6 %. */
const PARTS_BITS = 5;
const PARTS = 1 << PARTS_BITS;
/** From 2⁻⁴⁸ (4 · 10⁻¹⁵) up to 2⁶⁴ (an exabyte is 2⁶⁰). */
const LEAST_EXPONENT = -48;
const EXPONENTS = 112;
const LAST = EXPONENTS * PARTS;
const EXPONENT_BIAS = 1_023;

/**
 * Counts of values by size, in fixed memory: 14 KiB. A value's bucket is read off its own bits, its exponent and the
 * first digits of its fraction, as in HdrHistogram, so that `add` takes no logarithm and no search.
 */
export class Buckets {
  /** Bucket 0 is for what is too small, zero included; the last one for what is too large. */
  readonly #counts = new Uint32Array(LAST + 1);
  readonly #number = new Float64Array(1);
  readonly #bits = new Uint32Array(this.#number.buffer);
  /** The only buckets that may hold something are those between these. */
  #low = LAST;
  #high = 0;
  #least = Infinity;
  #most = -Infinity;
  #sum = 0;
  #count = 0;

  get count(): number {
    return this.#count;
  }

  get mean(): number {
    return this.#sum / this.#count;
  }

  get max(): number {
    return this.#most;
  }

  /** `value` is finite and not below 0. */
  add(value: number): void {
    const bucket = this.#bucketOf(value);
    this.#counts[bucket] = (this.#counts[bucket] ?? 0) + 1;
    if (bucket < this.#low) this.#low = bucket;
    if (bucket > this.#high) this.#high = bucket;
    if (value < this.#least) this.#least = value;
    if (value > this.#most) this.#most = value;
    this.#sum += value;
    this.#count += 1;
  }

  /** The value that a share of all, in (0, 1], do not exceed; NaN without values. */
  quantile(share: number): number {
    const rank = Math.ceil(share * this.#count);
    let seen = 0;
    for (let bucket = this.#low; bucket <= this.#high; bucket += 1) {
      seen += this.#counts[bucket] ?? 0;
      if (seen >= rank) return Math.min(this.#most, Math.max(this.#least, middleOf(bucket)));
    }
    return Number.NaN;
  }

  clear(): void {
    this.#counts.fill(0, this.#low, this.#high + 1);
    this.#low = LAST;
    this.#high = 0;
    this.#least = Infinity;
    this.#most = -Infinity;
    this.#sum = 0;
    this.#count = 0;
  }

  #bucketOf(value: number): number {
    this.#number[0] = value;
    const upper = this.#bits[UPPER] ?? 0;
    const place = (upper >>> (20 - PARTS_BITS)) - ((EXPONENT_BIAS + LEAST_EXPONENT) << PARTS_BITS) + 1;
    return place < 1 ? 0 : Math.min(place, LAST);
  }
}

/** Which half of a number holds its exponent depends on the machine's byte order. */
const UPPER = new Uint8Array(Uint32Array.of(1).buffer)[0] === 1 ? 1 : 0;

function middleOf(bucket: number): number {
  if (bucket === 0) return 0;
  if (bucket === LAST) return Infinity;
  const part = (bucket - 1) % PARTS;
  return 2 ** (LEAST_EXPONENT + Math.floor((bucket - 1) / PARTS)) * (1 + (part + 0.5) / PARTS);
}
