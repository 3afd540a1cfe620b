/** What a window of uses tells. */
export interface UseWindow {
  /** Mean length of a use in it. */
  readonly meanMs: number;
  /** Most leases at once in it. */
  readonly leased: number;
}

/** Uses may take so much longer than usual before it counts. */
const TOLERANCE = 1.5;
/** Share of a new limit in the next one. */
const SMOOTHING = 0.2;
/** Share of a window in what is usual. */
const LONG_SHARE = 0.05;
const WINDOW_MS = 1_000;
const WINDOW_USES = 10;

/**
 * The next limit, from the last: somewhat more while uses take as long as they usually do, less in the measure that they take
 * longer. (Gradient2 of Netflix's concurrency-limits, 2018.) A pool that does not need its limit says nothing about it.
 */
export function nextLimit(limit: number, usualMs: number, { meanMs, leased }: UseWindow): number {
  if (leased < limit / 2) return limit;
  const gradient = Math.max(0.5, Math.min(1, (TOLERANCE * usualMs) / meanMs));
  const next = limit * gradient + Math.sqrt(limit);
  return limit * (1 - SMOOTHING) + next * SMOOTHING;
}

/** Gathers uses in windows of at least a second and ten uses, and has the limit follow. */
export class Sizing {
  #limit: number;
  #usualMs: number | undefined = undefined;
  #startMs: number | undefined = undefined;
  #uses = 0;
  #sumMs = 0;
  #leased = 0;

  constructor(min: number, max: number) {
    // From the middle, as either end may be far off.
    this.#limit = Math.max(1, Math.ceil((min + max) / 2));
  }

  /** Most resources, for now. */
  limit(min: number, max: number): number {
    this.#limit = Math.min(max, Math.max(1, min, this.#limit));
    return Math.round(this.#limit);
  }

  /** Whether the limit may have changed. */
  used(useMs: number, leased: number, nowMs: number): boolean {
    this.#startMs ??= nowMs;
    this.#uses += 1;
    this.#sumMs += useMs;
    this.#leased = Math.max(this.#leased, leased);
    if (nowMs - this.#startMs < WINDOW_MS || this.#uses < WINDOW_USES) return false;
    const meanMs = this.#sumMs / this.#uses;
    this.#usualMs = this.#usualMs === undefined ? meanMs : this.#usualMs + (meanMs - this.#usualMs) * LONG_SHARE;
    // After a load that has gone the usual is too long, and comes down faster than by its average.
    if (this.#usualMs > 2 * meanMs) this.#usualMs *= 0.95;
    this.#limit = nextLimit(this.#limit, this.#usualMs, { meanMs, leased: this.#leased });
    this.#startMs = nowMs;
    this.#uses = 0;
    this.#sumMs = 0;
    this.#leased = 0;
    return true;
  }
}
