/**
 * An operation follows on the one before if it begins so soon after its answer, in ms: the program waited for nothing else,
 * though perhaps for a core.
 */
const GAP_MS = 4;
/** On a machine with more to do than it has cores, one in so many follows later, by so much at most. */
const LATE_ONE_IN = 20;
const LATEST_MS = 100;

/**
 * The longest row of operations of which each began when the one before had answered, and never two at once: what a loop
 * with `await` in it does.
 */
export class Row {
  longest = 0;
  /** From the beginning of its first operation to the end of its last; the time between, where one was late, left out. */
  longestMs = 0;
  #length = 0;
  #late = 0;
  #lateMs = 0;
  #beganMs = 0;
  #endedMs = -Infinity;

  add(beganMs: number, endedMs: number): void {
    const gapMs = beganMs - this.#endedMs;
    if (gapMs > GAP_MS && gapMs <= LATEST_MS && this.#length >= (this.#late + 1) * LATE_ONE_IN) {
      this.#late += 1;
      this.#lateMs += gapMs;
    } else if (gapMs < 0 || gapMs > GAP_MS) {
      this.#length = this.#late = this.#lateMs = 0;
      this.#beganMs = beganMs;
    }
    this.#length += 1;
    this.#endedMs = Math.max(this.#endedMs, endedMs);
    if (this.#length <= this.longest) return;
    this.longest = this.#length;
    this.longestMs = this.#endedMs - this.#beganMs - this.#lateMs;
  }
}
