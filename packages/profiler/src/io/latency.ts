/** Buckets an octave: a quantile is right to 4.5 %. */
const PER_OCTAVE = 8;
/** From 1 us to over 4 hours. */
const BUCKETS = PER_OCTAVE * 34;

/** Percentiles of how long operations took, in ms. */
export interface Latency {
  readonly count: number;
  readonly totalMs: number;
  readonly p50Ms: number;
  readonly p90Ms: number;
  readonly p99Ms: number;
  readonly maxMs: number;
}

/** Counts durations in buckets that grow by a twelfth: any number of operations in 1 KB, as HdrHistogram does in more. */
export class LatencyHistogram {
  readonly #counts = new Uint32Array(BUCKETS);
  #count = 0;
  #totalMs = 0;
  #maxMs = 0;

  record(durationMs: number): void {
    const bucket = durationMs <= 0.001 ? 0 : Math.min(BUCKETS - 1, Math.round(Math.log2(durationMs * 1e3) * PER_OCTAVE));
    this.#counts[bucket] = (this.#counts[bucket] ?? 0) + 1;
    this.#count += 1;
    this.#totalMs += durationMs;
    if (durationMs > this.#maxMs) this.#maxMs = durationMs;
  }

  add(other: LatencyHistogram): void {
    for (const [bucket, count] of other.#counts.entries()) this.#counts[bucket] = (this.#counts[bucket] ?? 0) + count;
    this.#count += other.#count;
    this.#totalMs += other.#totalMs;
    this.#maxMs = Math.max(this.#maxMs, other.#maxMs);
  }

  read(): Latency {
    const at = (quantile: number): number => this.#quantile(quantile);
    return { count: this.#count, totalMs: this.#totalMs, p50Ms: at(0.5), p90Ms: at(0.9), p99Ms: at(0.99), maxMs: this.#maxMs };
  }

  #quantile(quantile: number): number {
    let left = Math.ceil(this.#count * quantile);
    for (const [bucket, count] of this.#counts.entries()) {
      left -= count;
      if (left <= 0 && this.#count > 0) return Math.min(this.#maxMs, 2 ** (bucket / PER_OCTAVE) / 1e3);
    }
    return 0;
  }
}
