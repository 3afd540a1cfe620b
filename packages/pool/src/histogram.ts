/** Buckets an octave: a value is told to within 1/32 of itself. */
const SUB_BITS = 4;
const SUB_BUCKETS = 2 ** SUB_BITS;
/** In us, 71 minutes; what is longer counts as this long. */
const MOST_US = 2 ** 32 - 1;
const BUCKETS = (32 - SUB_BITS + 1) * SUB_BUCKETS;

export interface Percentiles {
  readonly p50Ms: number;
  readonly p95Ms: number;
  readonly p99Ms: number;
  readonly maxMs: number;
}

/**
 * How long things took, in 2 KB whatever their number: buckets that widen with the value, each octave in 16. (As Gil
 * Tene's HdrHistogram does.)
 */
export class Histogram {
  readonly #counts = new Uint32Array(BUCKETS);
  #total = 0;
  #maxUs = 0;
  #read: { readonly total: number; readonly zeros: number; readonly percentiles: Percentiles } | undefined;

  get total(): number {
    return this.#total;
  }

  /**
   * @param durationMs at least 0
   * @param weight for how many it stands, which took about as long
   */
  record(durationMs: number, weight: number = 1): void {
    const us = Math.min(Math.round(durationMs * 1_000), MOST_US);
    const bucket = bucketOf(us);
    this.#counts[bucket] = (this.#counts[bucket] ?? 0) + weight;
    this.#total += weight;
    if (us > this.#maxUs) this.#maxUs = us;
  }

  /** @param zeros how many took no time and were not recorded */
  percentiles(zeros = 0): Percentiles {
    // In a storm of time-outs each error has its statistics, and nothing is recorded between.
    if (this.#read?.total === this.#total && this.#read.zeros === zeros) return this.#read.percentiles;
    const percentiles = this.#compute(zeros);
    this.#read = { total: this.#total, zeros, percentiles };
    return percentiles;
  }

  #compute(zeros: number): Percentiles {
    const all = zeros + this.#total;
    const ranks = [0.5, 0.95, 0.99].map((share) => Math.ceil(all * share));
    const found = ranks.map(() => 0);
    let seen = zeros;
    let next = ranks.findIndex((rank) => rank > seen);
    for (let bucket = 0; bucket < BUCKETS && next !== -1 && next < ranks.length; bucket += 1) {
      seen += this.#counts[bucket] ?? 0;
      while (next < ranks.length && (ranks[next] ?? 0) <= seen) {
        found[next] = Math.min(middleOf(bucket), this.#maxUs) / 1_000;
        next += 1;
      }
    }
    const [p50Ms = 0, p95Ms = 0, p99Ms = 0] = found;
    return { p50Ms, p95Ms, p99Ms, maxMs: this.#maxUs / 1_000 };
  }
}

/** Below 32 a bucket a value, then 16 for each doubling. */
function bucketOf(us: number): number {
  if (us < 2 * SUB_BUCKETS) return us;
  const shift = 31 - Math.clz32(us) - SUB_BITS;
  return (shift << SUB_BITS) + (us >>> shift);
}

function middleOf(bucket: number): number {
  if (bucket < 2 * SUB_BUCKETS) return bucket;
  const shift = (bucket >> SUB_BITS) - 1;
  const low = (SUB_BUCKETS + (bucket & (SUB_BUCKETS - 1))) * 2 ** shift;
  return low + (2 ** shift - 1) / 2;
}
