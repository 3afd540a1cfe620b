import type { Cluster } from '../workers/cluster.js';
import type { ClusterWorker } from '../workers/cluster-worker.js';
import type { Estimate, Estimator } from '../estimation/estimator.js';
import { InsightsTracker, type Insights } from './insights.js';
import { Experience } from '../placement/experience.js';
import { opened, sealed } from './learned-model.js';
import type { Task } from '../tasks/task.js';

/** Runs shorter than this are noise for a scheduler, and so many of them that learning from each would cost more than running it. */
const BRIEF_MS = 1;
/** Brief runs of one name that are all learned from; then one in so many is. */
const ALL_OF = 64;
const ONE_IN = 256;
/** Beyond it counting says nothing new. A power of two. */
const MOST_COUNTED = 65_536;
/** Names remembered; then all of them start again. */
const NAMES = 10_000;

/** Tells the estimator how long tasks ran, and keeps the score of its predictions. */
export class Learning {
  readonly #estimator: Estimator;
  readonly #experience: Experience;
  /** Where it counts for nothing it is not added to, only kept for the next export. */
  readonly #weighsExperience: boolean;
  readonly #cluster: Cluster;
  readonly #insights = new InsightsTracker();
  /** Brief runs by name, less {@link ALL_OF} for each that was not. */
  readonly #brief = new Map<string, { count: number; estimate: Estimate | undefined }>();

  constructor(estimator: Estimator, experience: Experience | undefined, cluster: Cluster) {
    this.#estimator = estimator;
    this.#experience = experience ?? new Experience();
    this.#weighsExperience = experience !== undefined;
    this.#cluster = cluster;
  }

  /** What to expect of a task; of one that is brief time and again the same as of the last of its name that was learned from. */
  predict(task: Task): Estimate {
    const brief = this.#brief.size === 0 ? undefined : this.#brief.get(task.name);
    if (brief === undefined || brief.count <= ALL_OF) return this.#estimator.predict(task);
    brief.estimate ??= this.#estimator.predict(task);
    return brief.estimate;
  }

  /** A task succeeded on the worker, in `durationMs` as on one of speed 1. Was anything learned from it? */
  ran(task: Task, worker: ClusterWorker | undefined, durationMs: number): boolean {
    if (durationMs < BRIEF_MS && this.#isOneOfMany(task.name)) return false;
    if (durationMs >= BRIEF_MS && this.#brief.size > 0) this.#tookLonger(task.name);
    const { estimate } = task; // Asked for before it is told of this very run.
    this.#estimator.observe(task, durationMs);
    this.#insights.observe(task.name, estimate, durationMs);
    if (worker === undefined || !this.#weighsExperience) return true;
    this.#insights.regret(this.#experience.regretRatio(task.name, worker, this.#cluster.workers));
    this.#experience.learn(task.name, worker, estimate.medianMs, durationMs, this.#cluster.workers.length);
    return true;
  }

  reading(): Insights {
    return this.#insights.reading();
  }

  exportModel(): unknown {
    return sealed(this.#estimator.exportModel(), this.#experience.exportModel());
  }

  importModel(model: unknown): void {
    const { estimator, experience } = opened(model);
    this.#estimator.importModel(estimator); // It may refuse, so that nothing else is changed before.
    this.#experience.importModel(experience);
    this.#brief.clear();
  }

  /** Once may be chance, a busy processor for one; time and again it changes what the name is like. */
  #tookLonger(name: string): void {
    const brief = this.#brief.get(name);
    if (brief === undefined) return;
    brief.count = Math.max(0, brief.count - ALL_OF);
    brief.estimate = undefined;
  }

  #isOneOfMany(name: string): boolean {
    const brief = this.#brief.get(name);
    if (brief === undefined) {
      if (this.#brief.size >= NAMES) this.#brief.clear();
      this.#brief.set(name, { count: 1, estimate: undefined });
      return false;
    }
    brief.count = brief.count < MOST_COUNTED ? brief.count + 1 : MOST_COUNTED >> 1;
    if (brief.count > ALL_OF && brief.count % ONE_IN !== 0) return true;
    brief.estimate = undefined;
    return false;
  }
}
