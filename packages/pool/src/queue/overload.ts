/**
 * Whether a queue that does not drain is overload or only a burst: it is overload from when the longest wait has been
 * above the target for a whole interval, until it is not. Then serving in turn would have everybody wait about as long as
 * they are willing to, so that most are served for nothing.
 *
 * The measure is that of CoDel (Nichols and Jacobson, Controlling Queue Delay, ACM Queue 10/5, 2012); what follows from it,
 * last in first out and a limit of twice the target, is from Ben Maurer, Fail at Scale, ACM Queue 13/8, 2015.
 */
export class Overload {
  readonly #targetMs: number;
  readonly #intervalMs: number;
  /** When the longest wait was first seen above the target. */
  #aboveSinceMs: number | undefined = undefined;
  #overloaded = false;

  constructor(targetMs: number, intervalMs: number) {
    this.#targetMs = targetMs;
    this.#intervalMs = intervalMs;
  }

  get isOverloaded(): boolean {
    return this.#overloaded;
  }

  /** Longest wait that is put up with now. */
  get limitMs(): number {
    return this.#overloaded ? 2 * this.#targetMs : Infinity;
  }

  /** @param longestWaitMs of those who wait; 0 if nobody does */
  look(longestWaitMs: number, nowMs: number): void {
    if (longestWaitMs <= this.#targetMs) {
      this.#aboveSinceMs = undefined;
      this.#overloaded = false;
      return;
    }
    this.#aboveSinceMs ??= nowMs;
    this.#overloaded = nowMs - this.#aboveSinceMs >= this.#intervalMs;
  }
}
