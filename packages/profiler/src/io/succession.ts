/** So soon after an answer begins what was waiting for it, in ms, in most cases. */
const GAP_MS = 2;
/** Ends that are remembered: some that came while the slowest operation was under way. A power of two. */
const REMEMBERED = 1_024;

/**
 * Tells operations that begin as another has answered, as in a loop with `await` in it, from such as begin together. Each end is
 * followed by one at most: of ten that begin at once right after an end, nine follow on nothing.
 */
export class Succession {
  /** As operations end, and so in order. */
  readonly #ends = new Float64Array(REMEMBERED);
  readonly #followed = new Uint8Array(REMEMBERED);
  #count = 0;

  /** Whether this one followed on another. To be called as it ends. */
  add(beganMs: number, endedMs: number): boolean {
    const follows = this.#take(beganMs);
    const index = this.#count % REMEMBERED;
    this.#ends[index] = endedMs;
    this.#followed[index] = 0;
    this.#count += 1;
    return follows;
  }

  /** The last end before `atMs` that nobody followed, if it is near enough. */
  #take(atMs: number): boolean {
    const oldest = Math.max(0, this.#count - REMEMBERED);
    for (let at = this.#firstAfter(atMs, oldest) - 1; at >= oldest; at -= 1) {
      const index = at % REMEMBERED;
      if ((this.#ends[index] ?? 0) < atMs - GAP_MS) return false;
      if (this.#followed[index] !== 0) continue;
      this.#followed[index] = 1;
      return true;
    }
    return false;
  }

  #firstAfter(atMs: number, oldest: number): number {
    let [from, to] = [oldest, this.#count];
    while (from < to) {
      const middle = (from + to) >>> 1;
      if ((this.#ends[middle % REMEMBERED] ?? 0) > atMs) to = middle;
      else from = middle + 1;
    }
    return from;
  }
}
