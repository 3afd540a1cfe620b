import { CONTEXT_COUNT } from './contexts.js';

/** How much of a record is kept from one run to the next: about twenty runs of a name, five hundred of all. */
const OWN_KEPT = 0.95;
const ALL_KEPT = 0.998;
/** A name's own record counts as much as that of all after this many runs. */
const SHRINKAGE_RUNS = 3;
/** How sharply a loss lowers a weight. */
const SHARPNESS = 6;
/** Before the first run all are thought to be equally good, as if by this many runs. */
const FIRST_LOSS = 0.5;
const FIRST_RUNS = 5;

/** The discounted mean loss of each context in foretelling the runs of one name, or of all. */
export class TrackRecord {
  readonly losses: Float64Array;
  readonly runs: Float64Array;
  readonly #kept: number;

  private constructor(kept: number, losses: ArrayLike<number>, runs: ArrayLike<number>) {
    this.#kept = kept;
    this.losses = Float64Array.from(losses);
    this.runs = Float64Array.from(runs);
  }

  static own(losses: ArrayLike<number> = new Float64Array(CONTEXT_COUNT), runs: ArrayLike<number> = new Float64Array(CONTEXT_COUNT)): TrackRecord {
    return new TrackRecord(OWN_KEPT, losses, runs);
  }

  static ofAll(losses: ArrayLike<number> = new Float64Array(CONTEXT_COUNT).fill(FIRST_LOSS), runs: ArrayLike<number> = new Float64Array(CONTEXT_COUNT).fill(FIRST_RUNS)): TrackRecord {
    return new TrackRecord(ALL_KEPT, losses, runs);
  }

  add(context: number, loss: number): void {
    const runs = (this.runs[context] ?? 0) * this.#kept + 1;
    this.runs[context] = runs;
    this.losses[context] = (this.losses[context] ?? 0) + (loss - (this.losses[context] ?? 0)) / runs;
  }
}

/** Weight of a context: falls exponentially with its loss, the name's own shrunk to that of all (Freund et al., 1997: experts that sleep). */
export function weightOf(context: number, own: TrackRecord | undefined, all: TrackRecord): number {
  const runs = own?.runs[context] ?? 0;
  const loss = (runs * (own?.losses[context] ?? 0) + SHRINKAGE_RUNS * (all.losses[context] ?? 0)) / (runs + SHRINKAGE_RUNS);
  return Math.exp(-SHARPNESS * loss);
}
