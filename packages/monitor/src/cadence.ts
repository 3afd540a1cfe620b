/** Back to the usual interval only after so long without cause: what was urgent once often is again. */
const QUIET_MS = 60_000;

/** How often to sample: seldom as long as all is well, often while an alert is pending or work stands still. */
export class Cadence {
  readonly #usualMs: number;
  readonly #urgentMs: number;
  /** In a typed array, as a plain field that holds a double is allocated at every change. */
  readonly #urgentUntilMs = new Float64Array([-Infinity]);

  constructor(usualMs: number, urgentMs: number) {
    this.#usualMs = usualMs;
    this.#urgentMs = urgentMs;
  }

  /** Time to the next sample, given whether there is cause for hurry now. */
  next(urgent: boolean, nowMs: number): number {
    if (urgent) this.#urgentUntilMs[0] = nowMs + QUIET_MS;
    return nowMs < (this.#urgentUntilMs[0] ?? 0) ? this.#urgentMs : this.#usualMs;
  }
}
