import { invalidOption } from './errors.js';
import { checkNames } from './option-names.js';
import type { Point } from './query.js';

/** How the past beyond the latest samples is kept. */
export interface TierOptions {
  /** Width of a bucket, in ms. An integer from 1_000 to 86_400_000. */
  readonly stepMs: number;
  /** Buckets kept. An integer from 1 to 10⁵. */
  readonly size: number;
}

export const defaultTiers: readonly TierOptions[] = [
  { stepMs: 10_000, size: 180 },
  { stepMs: 60_000, size: 720 },
];

const MIN_STEP_MS = 1_000;
const MAX_STEP_MS = 86_400_000;
const MAX_SIZE = 100_000;
const MAX_TIERS = 4;

/** @throws {MonitorError} `ERR_MONITOR_INVALID_OPTION` */
export function resolveTiers(tiers: readonly TierOptions[]): readonly TierOptions[] {
  if (!Array.isArray(tiers) || tiers.length > MAX_TIERS) throw invalidOption('tiers', tiers, `an array of at most ${MAX_TIERS}`);
  const resolved = tiers.map((tier: TierOptions, index) => {
    const at = `tiers[${index}]`;
    checkNames(`${at} field`, tier, ['stepMs', 'size']);
    const { stepMs, size } = tier;
    if (!Number.isInteger(stepMs) || stepMs < MIN_STEP_MS || stepMs > MAX_STEP_MS) throw invalidOption(`${at}.stepMs`, stepMs, `an integer from ${MIN_STEP_MS} to ${MAX_STEP_MS}`);
    if (!Number.isInteger(size) || size < 1 || size > MAX_SIZE) throw invalidOption(`${at}.size`, size, `an integer from 1 to ${MAX_SIZE}`);
    return { stepMs, size };
  });
  resolved.sort((one, other) => one.stepMs - other.stepMs);
  resolved.forEach(({ stepMs }, index) => {
    if (resolved[index + 1]?.stepMs === stepMs) throw invalidOption('tiers', stepMs, 'every stepMs at most once');
  });
  return resolved;
}

/** What a tier keeps of one series: a ring of buckets, a row of each of their figures. */
export interface TierValues {
  readonly min: Float64Array;
  readonly max: Float64Array;
  readonly sum: Float64Array;
  readonly last: Float64Array;
  /** 0 where a bucket has no value; the other figures are then left over from an older one. */
  readonly counts: Float64Array;
}

/**
 * Buckets of one width that all series share, as they do the times of samples. A bucket is filled as samples come, so
 * that it says all of them however few of them the history keeps.
 */
export class Tier {
  readonly stepMs: number;
  readonly #size: number;
  /** Start of each bucket, as a ring. */
  readonly #startsMs: Float64Array;
  /** Buckets begun; the latest is number `count - 1`. */
  #count = 0;
  #slot = 0;
  /** The bucket under way has just begun: what its slot held of each series is to go. */
  #fresh = false;

  constructor({ stepMs, size }: TierOptions) {
    this.stepMs = stepMs;
    this.#size = size;
    this.#startsMs = new Float64Array(size);
  }

  /** Memory of one series. */
  get seriesBytes(): number {
    return this.#size * 5 * Float64Array.BYTES_PER_ELEMENT;
  }

  /** From when on it holds everything: -Infinity as long as it has forgotten nothing. */
  get sinceMs(): number {
    return this.#count <= this.#size ? -Infinity : (this.#startsMs[this.#count % this.#size] ?? Infinity);
  }

  values(): TierValues {
    const row = (): Float64Array => new Float64Array(this.#size);
    return { min: row(), max: row(), sum: row(), last: row(), counts: row() };
  }

  /** Goes to the bucket of `timeMs`, which is never before that of the call before. */
  advance(timeMs: number): void {
    const startMs = Math.floor(timeMs / this.stepMs) * this.stepMs;
    this.#fresh = this.#count === 0 || this.#startsMs[this.#slot] !== startMs;
    if (!this.#fresh) return;
    this.#slot = this.#count % this.#size;
    this.#startsMs[this.#slot] = startMs;
    this.#count += 1;
  }

  /** Adds a value, or none (NaN), to the bucket under way: once a series and sample. */
  add({ min, max, sum, last, counts }: TierValues, value: number): void {
    const slot = this.#slot;
    const count = this.#fresh ? 0 : (counts[slot] ?? 0);
    if (Number.isNaN(value)) {
      counts[slot] = count;
      return;
    }
    min[slot] = count === 0 ? value : Math.min(min[slot] ?? value, value);
    max[slot] = count === 0 ? value : Math.max(max[slot] ?? value, value);
    sum[slot] = (count === 0 ? 0 : (sum[slot] ?? 0)) + value;
    last[slot] = value;
    counts[slot] = count + 1;
  }

  /** Buckets of one series that overlap the time from `fromMs` to `toMs`, oldest first, without the empty ones. */
  read({ min, max, sum, last, counts }: TierValues, fromMs: number, toMs: number): Point[] {
    const points: Point[] = [];
    for (let bucket = Math.max(0, this.#count - this.#size); bucket < this.#count; bucket += 1) {
      const slot = bucket % this.#size;
      const timeMs = this.#startsMs[slot] ?? Number.NaN;
      const count = counts[slot] ?? 0;
      if (count === 0 || timeMs + this.stepMs <= fromMs || timeMs > toMs) continue;
      points.push({ timeMs, value: (sum[slot] ?? 0) / count, min: min[slot] ?? Number.NaN, max: max[slot] ?? Number.NaN, last: last[slot] ?? Number.NaN, count });
    }
    return points;
  }
}
