const SECONDS = 10;

/** Events per second over the last ten, counted second by second in fixed memory. */
export class Throughput {
  readonly #startMs: number;
  readonly #counts = new Float64Array(SECONDS);
  #second: number;

  constructor(nowMs: number) {
    this.#startMs = nowMs;
    this.#second = Math.floor(nowMs / 1_000);
  }

  add(nowMs: number): void {
    this.#forgetUntil(nowMs);
    const slot = this.#second % SECONDS;
    this.#counts[slot] = (this.#counts[slot] ?? 0) + 1;
  }

  /** The running second counts by the part of it that is over. */
  perSecond(nowMs: number): number {
    this.#forgetUntil(nowMs);
    const startMs = Math.max(this.#startMs, (this.#second - SECONDS + 1) * 1_000);
    const count = this.#counts.reduce((sum, value) => sum + value, 0);
    return count === 0 ? 0 : (count * 1_000) / Math.max(1, nowMs - startMs);
  }

  #forgetUntil(nowMs: number): void {
    const second = Math.floor(nowMs / 1_000);
    if (second === this.#second) return;
    for (let passed = Math.max(this.#second + 1, second - SECONDS + 1); passed <= second; passed += 1) this.#counts[passed % SECONDS] = 0;
    this.#second = second;
  }
}
