/** Changes kept; a reader further behind reads everything anew, which costs it no more than so many changes. */
const KEPT = 4_096;

/** Which workers have changed, in order, in fixed memory: every reader keeps its own place. */
export class ChangeLog {
  readonly #ring = new Int32Array(KEPT);
  /** Changes so far; a reader that has seen them all is there. */
  position = 0;

  add(worker: number): void {
    this.#ring[this.position & (KEPT - 1)] = worker;
    this.position += 1;
  }

  /** Are all changes since `position` still kept? */
  reaches(position: number): boolean {
    return this.position - position <= KEPT;
  }

  /** The worker of a change that is still kept. */
  at(position: number): number {
    return this.#ring[position & (KEPT - 1)] ?? 0;
  }
}
