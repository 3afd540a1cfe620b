interface Seen {
  readonly atMs: number;
  readonly value: number;
}

/** The least, or the greatest, of what was seen within a time; in memory for as many values as differ, and constant time on average. */
export class SlidingExtreme {
  readonly #withinMs: number;
  readonly #outdoes: (one: number, other: number) => boolean;
  /** Each later and less extreme than the one before: only these can come to be the most extreme yet. */
  readonly #candidates: Seen[] = [];

  constructor(which: 'least' | 'greatest', withinMs: number) {
    this.#withinMs = withinMs;
    this.#outdoes = which === 'least' ? (one, other) => one <= other : (one, other) => one >= other;
  }

  /** @returns the most extreme since `withinMs` before, this one included */
  add(value: number, atMs: number): number {
    const candidates = this.#candidates;
    while (candidates.length > 0 && this.#outdoes(value, (candidates.at(-1) as Seen).value)) candidates.pop();
    candidates.push({ atMs, value });
    while ((candidates[0] as Seen).atMs < atMs - this.#withinMs) candidates.shift();
    return (candidates[0] as Seen).value;
  }
}
