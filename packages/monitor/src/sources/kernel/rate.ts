/**
 * How fast a counter grows; NaN when that cannot be said: at the first reading, and after the counter went back, as it
 * does when a device is replaced or a driver starts over. Each keeps its own time, so that a reading that failed halfway
 * leaves no counter compared with the time of another.
 */
export class Rate {
  /** Counter and seconds at the reading before: in a typed array, since a plain field that holds a double is allocated at every change. */
  readonly #previous = new Float64Array(2).fill(Number.NaN);

  /** Per second, since the reading before. */
  next(count: number, seconds: number): number {
    const grown = count - (this.#previous[0] ?? Number.NaN);
    const elapsed = seconds - (this.#previous[1] ?? Number.NaN);
    this.#previous[0] = count;
    this.#previous[1] = seconds;
    return grown >= 0 ? grown / elapsed : Number.NaN;
  }
}
