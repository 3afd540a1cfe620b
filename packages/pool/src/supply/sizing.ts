/** What a window of uses tells. */
export interface UseWindow {
  /** Mean length of a use in it. */
  readonly meanMs: number;
  /** Most leases at once in it. */
  readonly leased: number;
}

/** Uses may take so much longer than without load before it counts. */
const TOLERANCE = 1.5;
/** Share of the way to a new limit that is gone at once. */
const SMOOTHING = 0.5;
const WINDOW_MS = 1_000;
const WINDOW_USES = 10;
/** One window in so many runs at half the limit, to see how long uses take without load. */
const PROBE_EVERY = 60;

/**
 * The next limit, from the last: somewhat more while uses take as long as they do without load, less in the measure that they
 * take longer. A pool that does not need its limit says nothing about it. (After the gradient limits of Netflix's
 * concurrency-limits, 2018.)
 * @param baseMs how long uses take without load
 */
export function nextLimit(limit: number, baseMs: number, { meanMs, leased }: UseWindow): number {
  if (leased < limit / 2) return limit;
  const toleratedMs = TOLERANCE * baseMs;
  // Uses too short for the clock have a mean of 0.
  const gradient = meanMs <= toleratedMs ? 1 : Math.max(0.5, toleratedMs / meanMs);
  return limit + (limit * gradient + Math.sqrt(limit) - limit) * SMOOTHING;
}

/** Gathers uses in windows of at least a second and ten uses, and has the limit follow. */
export class Sizing {
  #limit: number;
  #baseMs = Infinity;
  #windows = 0;
  #startMs: number | undefined = undefined;
  #uses = 0;
  #sumMs = 0;
  #leased = 0;

  constructor(min: number, max: number) {
    // From below, where uses take as long as they do without load.
    this.#limit = Math.max(min, Math.ceil(Math.sqrt(max)));
  }

  /** Most resources, for now. */
  limit(min: number, max: number): number {
    this.#limit = Math.min(max, Math.max(1, min, this.#limit));
    return Math.max(1, min, Math.round(this.#isProbing ? this.#limit / 2 : this.#limit));
  }

  /** Whether the limit may have changed. */
  used(useMs: number, leased: number, nowMs: number): boolean {
    this.#startMs ??= nowMs;
    this.#uses += 1;
    this.#sumMs += useMs;
    this.#leased = Math.max(this.#leased, leased);
    if (nowMs - this.#startMs < WINDOW_MS || this.#uses < WINDOW_USES) return false;
    this.#follow({ meanMs: this.#sumMs / this.#uses, leased: this.#leased });
    this.#startMs = nowMs;
    this.#uses = 0;
    this.#sumMs = 0;
    this.#leased = 0;
    return true;
  }

  get #isProbing(): boolean {
    return this.#windows % PROBE_EVERY === PROBE_EVERY - 1;
  }

  #follow(window: UseWindow): void {
    if (this.#isProbing) this.#baseMs = window.meanMs;
    else {
      this.#baseMs = Math.min(this.#baseMs, window.meanMs);
      this.#limit = nextLimit(this.#limit, this.#baseMs, window);
    }
    this.#windows += 1;
  }
}
