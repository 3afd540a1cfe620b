/** Runs remembered: what was shorter ago tells more, and beyond these next to nothing is left of the weight. */
export const RUNS = 8;
/** Weight of a run, compared with the one after it. */
const FADE = 0.75;

/** The last runs in one context, as logarithms of ms; newer ones weigh more. */
export class RecentRuns {
  /** From the oldest to the newest. */
  readonly #runs: number[];
  /** All that there were. */
  count: number;

  constructor(runs: readonly number[] = [], count: number = runs.length) {
    this.#runs = runs.slice(-RUNS);
    this.count = count;
  }

  get runs(): readonly number[] {
    return this.#runs;
  }

  /** Whether these are the same runs, or the last of the same. */
  isPartOf(other: RecentRuns): boolean {
    const others = other.#runs;
    const ahead = others.length - this.#runs.length;
    return ahead >= 0 && this.#runs.every((run, place) => run === others[place + ahead]);
  }

  add(run: number): void {
    if (this.#runs.length === RUNS) this.#runs.shift();
    this.#runs.push(run);
    this.count += 1;
  }

  /** Weights by place; they add up to 1. */
  weights(): Float64Array {
    return WEIGHTS[this.#runs.length] as Float64Array;
  }

  /** How well the runs foretell `run`, 0 … 1: the mean accuracy, min / max, of taking each of them for it. */
  accuracy(run: number, scale: number): number {
    const weights = this.weights();
    let sum = 0;
    for (let place = 0; place < weights.length; place += 1) sum += (weights[place] ?? 0) * Math.exp(-Math.abs((this.#runs[place] ?? 0) + scale - run));
    return sum;
  }
}

/** By number of runs. */
const WEIGHTS: readonly Float64Array[] = Array.from({ length: RUNS + 1 }, (_, size) => {
  const weights = Float64Array.from({ length: size }, (_weight, place) => FADE ** (size - 1 - place));
  const sum = weights.reduce((total, weight) => total + weight, 0);
  return weights.map((weight) => weight / sum);
});
