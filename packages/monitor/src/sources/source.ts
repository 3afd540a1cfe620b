/** A source of values: something that can fail on its own without harm to the others. */
export interface Source {
  /** Said when it fails. */
  readonly name: string;
  /**
   * Fetches what cannot be had without waiting, for the next `collect` to record. Nobody waits for it but `sample()`:
   * one that hangs leaves a gap in its own series and nowhere else. `undefined` if there is nothing to fetch now.
   */
  prepare?(): Promise<void> | undefined;
  /** Records the values of now. What it throws is counted as this source's failure. */
  collect(timeMs: number): void;
  close?(): void;
}
