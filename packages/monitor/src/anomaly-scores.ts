import { createAnomalyDetector, type AnomalyDetector } from './analysis/anomaly.js';
import type { Registry } from './registry.js';
import type { Series } from './series.js';
import type { Source } from './sources/source.js';

/** Scores series sample by sample; the scores are series of their own, so that thresholds and queries take them as any other. */
export class AnomalyScores implements Source {
  readonly name = 'anomaly scores';
  readonly #registry: Registry;
  readonly #watched: readonly { readonly series: string; readonly scores: Series; readonly detector: AnomalyDetector }[];

  constructor(names: readonly string[], registry: Registry) {
    this.#registry = registry;
    this.#watched = names.map((series) => ({ series, scores: registry.open('anomaly.score', { series }), detector: createAnomalyDetector() }));
  }

  collect(): void {
    for (const { series, scores, detector } of this.#watched) {
      const found = this.#registry.find(series);
      const value = found === undefined ? Number.NaN : this.#registry.latest(found);
      if (!Number.isNaN(value)) this.#registry.record(scores, detector.next(value));
    }
  }
}
