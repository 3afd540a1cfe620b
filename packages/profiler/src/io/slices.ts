const MOST_SLICES = 600;
/** Less time than these slices take has no rate. */
const LEAST_SLICES = 3;

/** Bytes over time, in slices that grow as the recording does: never more than 600. */
export class Slices {
  bytes: number[] = [];
  sliceMs = 100;
  #beganMs = 0;

  begin(nowMs: number): void {
    this.#beganMs = nowMs;
  }

  add(bytes: number, nowMs: number): void {
    let slice = Math.max(0, Math.floor((nowMs - this.#beganMs) / this.sliceMs));
    for (; slice >= MOST_SLICES; slice = Math.floor((nowMs - this.#beganMs) / this.sliceMs)) this.halve();
    while (this.bytes.length <= slice) this.bytes.push(0);
    this.bytes[slice] = (this.bytes[slice] ?? 0) + bytes;
  }

  /** Nothing more has come until now, which counts where a rate is asked for. */
  end(nowMs: number): void {
    this.add(0, nowMs);
  }

  /** Half as many slices, each twice as long. */
  halve(): void {
    this.bytes = Array.from({ length: Math.ceil(this.bytes.length / 2) }, (_, index) => (this.bytes[2 * index] ?? 0) + (this.bytes[2 * index + 1] ?? 0));
    this.sliceMs *= 2;
  }

  /** Over a second, or all of a shorter recording, so that one short burst is not taken for a rate. */
  peakBytesPerSecond(): number {
    const width = Math.max(LEAST_SLICES, Math.min(this.bytes.length, Math.round(1_000 / this.sliceMs)));
    let [sum, peak] = [0, 0];
    for (const [index, bytes] of this.bytes.entries()) {
      sum += bytes - (this.bytes[index - width] ?? 0);
      peak = Math.max(peak, sum);
    }
    return peak / ((width * this.sliceMs) / 1e3);
  }
}
