import { invalidOption } from '../errors.js';
import { ConformalLevel } from './conformal.js';
import { CONTEXT_COUNT, keysOf, OWN, ownOf, SAID, scaleOf } from './contexts.js';
import type { Estimate, Estimator, TaskFeatures } from './estimator.js';
import { Evidence } from './evidence.js';
import { Generations } from './generations.js';
import { checkModel, FORMAT, VERSION, type Model } from './model.js';
import { RecentRuns, RUNS } from './recent-runs.js';
import { TrackRecord, weightOf } from './track-record.js';

/** Contexts remembered, about a dozen for each kind of task; those not met for longest are forgotten. */
const CONTEXTS = 200_000;
/** Names whose own record is kept. */
const RECORDS = 20_000;
/** Below the resolution of the clock run times are noise. */
const SHORTEST_MS = 0.001;
/** Before anything is known: what the caller says, else 100 ms; and as likely as not ten times more or less. */
const UNKNOWN = Math.log(100);
const UNKNOWN_SPREAD = Math.log(10);
/** A context with this many runs has half the weight of one with many. */
const HALF_TRUSTED_RUNS = 0.5;
/** One run in so many is compared with its quantiles: that takes as long as a prediction. */
const JUDGED = 4;
const AS_SAID = new RecentRuns([0]);
/** How fast the share of runs that exceed their caller's estimate is followed, and the share from which on it is no limit. */
const NEWEST = 0.005;
const EXCEEDED_SHARE = 0.02;

/** What a scheduler learns with by default, with nothing learned yet. */
export function createEstimator(): Estimator {
  return new LearnedEstimator();
}

/**
 * Learns run times from every company a task can be put in: tenant, name, needs and caller's estimate in all useful combinations,
 * and relative to the estimate and to the size of the data. Each is an expert that remembers its last few runs and sleeps until it
 * has any. Their runs are mixed, weighted by how well each has foretold the name's own runs lately, shrunk to how well it
 * has foretold all; so a new name starts from its tenant and its likes, and moves to its own runs as they prove better.
 * The mixture is read at its most likely value and at two quantiles, whose levels are kept right by what came true.
 */
export class LearnedEstimator implements Estimator {
  #contexts = new Generations<RecentRuns>(CONTEXTS);
  #records = new Generations<TrackRecord>(RECORDS);
  #record = TrackRecord.ofAll();
  #upper = new ConformalLevel(0.9);
  #lower = new ConformalLevel(0.1);
  #exceededShare = 0;
  #observed = 0;
  /** Used for one call at a time. */
  readonly #scratch = new Evidence(CONTEXT_COUNT * RUNS + 4);

  predict(task: TaskFeatures, elapsedMs = 0): Estimate {
    const keys = keysOf(task);
    const evidence = this.#evidence(task, keys);
    const runs = this.#contexts.get(keys[OWN] ?? '')?.count ?? 0;
    if (elapsedMs > 0) return this.#outlasting(evidence, task, elapsedMs, runs);
    const median = evidence.mostLikely();
    const lower = Math.min(median, evidence.quantile(this.#lower.level));
    const upper = Math.max(median, evidence.quantile(this.#upper.level));
    return { medianMs: toMs(median), lowerMs: toMs(lower), upperMs: toMs(upper), runs };
  }

  /** Of those that took longer than it has run already. Where none did: up to its caller's estimate, or as long again. */
  #outlasting(evidence: Evidence, { estimateMs = 0 }: TaskFeatures, elapsedMs: number, runs: number): Estimate {
    const elapsed = Math.log(elapsedMs);
    const beyond = (share: number): number => {
      const found = toMs(evidence.quantile(share, elapsed));
      return found > elapsedMs ? found : estimateMs > elapsedMs ? estimateMs : 2 * elapsedMs;
    };
    return { medianMs: beyond(0.5), lowerMs: beyond(0.1), upperMs: beyond(0.9), runs };
  }

  #evidence(task: TaskFeatures, keys: readonly string[]): Evidence {
    const evidence = this.#scratch;
    evidence.clear();
    const own = this.#records.get(keys[OWN] ?? '');
    const estimate = task.estimateMs === undefined ? Infinity : Math.log(task.estimateMs);
    const most = this.#exceededShare > EXCEEDED_SHARE ? Infinity : estimate;
    let alone = true;
    for (let context = 0; context < CONTEXT_COUNT; context += 1) {
      const key = keys[context] ?? '';
      const recent = key === '' ? undefined : this.#runsOf(context, key);
      if (recent === undefined) continue;
      if (context !== SAID) alone = false;
      else if (alone) continue;
      const trusted = recent.runs.length / (recent.runs.length + HALF_TRUSTED_RUNS);
      evidence.addRuns(recent, scaleOf(context, task), trusted * weightOf(context, own, this.#record), most);
    }
    if (alone) for (const sign of [-1, 0, 0, 1]) evidence.add((estimate === Infinity ? UNKNOWN : estimate) + sign * UNKNOWN_SPREAD, 1);
    return evidence;
  }

  #runsOf(context: number, key: string): RecentRuns | undefined {
    return context === SAID ? AS_SAID : this.#contexts.get(key);
  }

  observe(task: TaskFeatures, durationMs: number): void {
    if (!(durationMs >= 0 && durationMs < Infinity)) throw invalidOption('durationMs', durationMs, 'a number ≥ 0');
    const keys = keysOf(task);
    const run = Math.log(Math.max(SHORTEST_MS, durationMs));
    const ownKey = keys[OWN] ?? '';
    const own = this.#records.get(ownKey) ?? TrackRecord.own();
    this.#records.set(ownKey, own);
    if (this.#observed % JUDGED === 0) this.#judge(this.#evidence(task, keys), run);
    this.#observed += 1;
    if (task.estimateMs !== undefined) this.#exceededShare += NEWEST * ((durationMs > task.estimateMs ? 1 : 0) - this.#exceededShare);
    for (let context = 0; context < CONTEXT_COUNT; context += 1) {
      const key = keys[context] ?? '';
      if (key === '') continue;
      const scale = scaleOf(context, task);
      const recent = this.#runsOf(context, key) ?? new RecentRuns();
      if (recent.runs.length > 0 && !this.#echoes(recent, context, keys)) {
        const loss = 1 - recent.accuracy(run, scale);
        own.add(context, loss);
        this.#record.add(context, loss);
      }
      if (context === SAID) continue;
      recent.add(run - scale);
      this.#contexts.set(key, recent);
    }
  }

  /** Whether what a company of others as well remembers is the task's own alone: then it has proved nothing of others, whose runs it may have next. */
  #echoes(recent: RecentRuns, context: number, keys: readonly string[]): boolean {
    const own = ownOf(context);
    const ownRuns = own === undefined ? undefined : this.#contexts.get(keys[own] ?? '');
    return ownRuns !== undefined && recent.isPartOf(ownRuns);
  }

  #judge(evidence: Evidence, run: number): void {
    this.#upper.observe(run <= evidence.quantile(this.#upper.level));
    this.#lower.observe(run <= evidence.quantile(this.#lower.level));
  }

  exportModel(): unknown {
    return {
      format: FORMAT,
      version: VERSION,
      levels: [this.#lower.level, this.#upper.level],
      exceededShare: this.#exceededShare,
      record: [[...this.#record.losses], [...this.#record.runs]],
      contexts: Object.fromEntries([...this.#contexts.entries()].map(([key, recent]) => [key, [recent.count, recent.runs]] as const)),
      records: Object.fromEntries([...this.#records.entries()].map(([key, record]) => [key, [[...record.losses], [...record.runs]]] as const)),
    } satisfies Model;
  }

  importModel(model: unknown): void {
    checkModel(model);
    const { levels, exceededShare, record, contexts, records } = model;
    this.#lower = new ConformalLevel(0.1, levels[0]);
    this.#upper = new ConformalLevel(0.9, levels[1]);
    this.#exceededShare = exceededShare;
    this.#record = TrackRecord.ofAll(...record);
    this.#contexts = new Generations(CONTEXTS);
    for (const [key, [count, runs]] of Object.entries(contexts)) this.#contexts.set(key, new RecentRuns(runs, count));
    this.#records = new Generations(RECORDS);
    for (const [key, [ownLosses, runs]] of Object.entries(records)) this.#records.set(key, TrackRecord.own(ownLosses, runs));
  }
}

/** To the nanosecond: a run that took exactly as long as another one must not seem longer by a rounding error of the logarithm. */
const toMs = (logarithm: number): number => {
  const ms = Math.min(Number.MAX_VALUE, Math.exp(logarithm));
  return ms > MOST_ROUNDED_MS ? ms : Math.max(1e-6, Math.round(ms * 1e6) / 1e6);
};
const MOST_ROUNDED_MS = 2 ** 53 / 1e6;
