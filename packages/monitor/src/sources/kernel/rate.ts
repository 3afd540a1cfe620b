/**
 * What a counter grew by since it was read last; NaN when that cannot be said: at the first reading, and after the
 * counter went back, as it does when a device is replaced or a driver starts over.
 */
export class Delta {
  /** In a typed array, since a plain field that holds a double is allocated anew at every change. */
  readonly #previous = new Float64Array(1).fill(Number.NaN);

  next(current: number): number {
    const delta = current - (this.#previous[0] ?? Number.NaN);
    this.#previous[0] = current;
    return delta >= 0 ? delta : Number.NaN;
  }
}
