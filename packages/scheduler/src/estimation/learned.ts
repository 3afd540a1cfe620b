import type { Estimate, Estimator, TaskFeatures } from './estimator.js';
import { checkModel, FORMAT, VERSION, type Model } from './model.js';
import { NameModel } from './name-model.js';
import { Prior } from './prior.js';
import { RunningQuantile } from './running-quantile.js';

/** Most names remembered; the one that ran longest ago goes first. */
const NAMES = 10_000;
/** Below the resolution of the clock run times are noise. */
const SHORTEST_MS = 0.001;
/** A name's own spread counts as much as that of all names after this many runs. */
const SPREAD_RUNS = 8;
/** Keeps the ratio of two errors a number where predictions are perfect. */
const LEAST_SQUARED_ERROR = 1e-6;
const NEWEST = 0.05;

/**
 * Learns the median and the 10 % and 90 % quantiles of run times per name, on a logarithmic scale, where run times scatter evenly.
 *
 * A new name starts from the prior and moves to its own runs as fast as those are better: the prior weighs as many runs as the ratio
 * of the two squared errors, both of which are learned (empirical Bayes; Efron and Morris, 1973). The spread is shrunk the
 * same way to that of all names, until the name has runs enough for quantiles of its own.
 */
export class LearnedEstimator implements Estimator {
  #names = new Map<string, NameModel>();
  #prior = new Prior();
  #namedSquaredError = 0.25;
  #priorSquaredError = 4;
  #above: RunningQuantile = new RunningQuantile(0.9, Math.log(2));
  #below: RunningQuantile = new RunningQuantile(0.1, -Math.log(2));

  predict(task: TaskFeatures): Estimate {
    const prior = this.#prior.median(task);
    const own = this.#names.get(task.name)?.expect(task);
    if (own === undefined) return estimate(prior, prior + this.#prior.spreadBelow, prior + this.#prior.spreadAbove, 0);
    const { runs } = own;
    const priorRuns = this.#namedSquaredError / Math.max(LEAST_SQUARED_ERROR, this.#priorSquaredError);
    const median = (runs * own.median + priorRuns * prior) / (runs + priorRuns);
    const above = (runs * own.above + SPREAD_RUNS * this.#above.value) / (runs + SPREAD_RUNS);
    const below = (runs * own.below + SPREAD_RUNS * this.#below.value) / (runs + SPREAD_RUNS);
    return estimate(median, median + Math.min(0, below), median + Math.max(0, above), runs);
  }

  observe(task: TaskFeatures, durationMs: number): void {
    const duration = Math.log(Math.max(SHORTEST_MS, durationMs));
    this.#priorSquaredError += NEWEST * ((duration - this.#prior.median(task)) ** 2 - this.#priorSquaredError);
    this.#prior.observe(task, duration);
    let model = this.#names.get(task.name);
    const own = model?.expect(task);
    if (own !== undefined) {
      const residual = duration - own.median;
      this.#namedSquaredError += NEWEST * (residual ** 2 - this.#namedSquaredError);
      this.#above.add(residual);
      this.#below.add(residual);
    }
    if (model === undefined || this.#names.size >= NAMES) model = this.#refresh(task.name, model);
    model.observe(task, duration);
  }

  /** Puts the name last in the order of leaving. */
  #refresh(name: string, model = new NameModel()): NameModel {
    this.#names.delete(name);
    const [oldest] = this.#names.size >= NAMES ? this.#names.keys() : [];
    if (oldest !== undefined) this.#names.delete(oldest);
    this.#names.set(name, model);
    return model;
  }

  exportModel(): unknown {
    return {
      format: FORMAT,
      version: VERSION,
      prior: this.#prior.toModel(),
      squaredErrors: [this.#namedSquaredError, this.#priorSquaredError],
      spread: [
        [this.#above.value, this.#above.count],
        [this.#below.value, this.#below.count],
      ],
      names: Object.fromEntries([...this.#names].map(([name, model]) => [name, model.toRecord()])),
    } satisfies Model;
  }

  importModel(model: unknown): void {
    checkModel(model);
    this.#prior = new Prior(model.prior);
    [this.#namedSquaredError, this.#priorSquaredError] = model.squaredErrors;
    this.#above = new RunningQuantile(0.9, ...model.spread[0]);
    this.#below = new RunningQuantile(0.1, ...model.spread[1]);
    this.#names = new Map(Object.entries(model.names).map(([name, record]) => [name, new NameModel(record)]));
  }
}

function estimate(median: number, lower: number, upper: number, runs: number): Estimate {
  return { medianMs: Math.exp(median), lowerMs: Math.exp(lower), upperMs: Math.exp(upper), runs };
}
