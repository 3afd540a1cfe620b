import type { Estimate } from '../estimation/estimator.js';

/** How good the predictions were; one reading. */
export interface Insights {
  /** Successful runs compared with what was predicted when they started. */
  readonly runs: number;
  /** Mean over the runs of min(predicted, actual) / max(predicted, actual), predicted being the median; `NaN` before the first. */
  readonly accuracyRatio: number;
  /** Share of the runs no longer than their upper estimate: 0.9 is what it aims for; `NaN` before the first. */
  readonly coverageRatio: number;
  /**
   * How much longer runs were expected to take on the worker chosen than on the best one known for their name, as a mean share;
   * 0 where the strategy gives `experience` no weight.
   */
  readonly regretRatio: number;
  /** The same per task name, of the ten thousand names seen last. */
  readonly names: Readonly<Record<string, NameInsights>>;
}

export interface NameInsights {
  readonly runs: number;
  readonly accuracyRatio: number;
  readonly coverageRatio: number;
  /** Mean run time on a worker of speed 1. */
  readonly meanMs: number;
}

const NAMES = 10_000;
/** Below the resolution of the clock run times are noise, and a run of 0 ms would make every prediction wrong. */
const SHORTEST_MS = 0.001;

class Tally {
  runs = 0;
  accuracySum = 0;
  covered = 0;
  sumMs = 0;

  add(accuracy: number, isCovered: boolean, durationMs: number): void {
    this.runs += 1;
    this.accuracySum += accuracy;
    if (isCovered) this.covered += 1;
    this.sumMs += durationMs;
  }

  reading(): NameInsights {
    const { runs } = this;
    return { runs, accuracyRatio: this.accuracySum / runs, coverageRatio: this.covered / runs, meanMs: this.sumMs / runs };
  }
}

/** Compares predictions with what came of them, whoever made them. */
export class InsightsTracker {
  readonly #all = new Tally();
  readonly #names = new Map<string, Tally>();
  #regretSum = 0;

  observe(name: string, { medianMs, upperMs }: Estimate, durationMs: number): void {
    const predictedMs = Math.max(SHORTEST_MS, medianMs);
    const actualMs = Math.max(SHORTEST_MS, durationMs);
    const accuracy = Math.min(predictedMs, actualMs) / Math.max(predictedMs, actualMs);
    this.#all.add(accuracy, durationMs <= upperMs, durationMs);
    this.#tallyOf(name).add(accuracy, durationMs <= upperMs, durationMs);
  }

  #tallyOf(name: string): Tally {
    let tally = this.#names.get(name);
    if (tally !== undefined && this.#names.size < NAMES) return tally;
    // Only from here on does it matter who was seen last.
    this.#names.delete(name);
    const [oldest] = this.#names.size >= NAMES ? this.#names.keys() : [];
    if (oldest !== undefined) this.#names.delete(oldest);
    tally ??= new Tally();
    this.#names.set(name, tally);
    return tally;
  }

  /** What a run was expected to lose by not being on the best worker known. */
  regret(ratio: number): void {
    this.#regretSum += ratio;
  }

  reading(): Insights {
    const { runs, accuracyRatio, coverageRatio } = this.#all.reading();
    return { runs, accuracyRatio, coverageRatio, regretRatio: runs === 0 ? 0 : this.#regretSum / runs, names: Object.fromEntries([...this.#names].map(([name, tally]) => [name, tally.reading()])) };
  }
}
