import type { ClusterWorker } from '../workers/cluster-worker.js';
import { chooseGpus, copiesIn, move, type Demand } from '../workers/resources.js';
import type { Shape } from '../tasks/shape.js';

/** Shapes looked at: the most frequent ones are nearly all of the tasks. */
const TYPICAL = 8;
/** Tasks between two looks at what is typical; fewer in the beginning. */
const LEAST_TASKS = 8;
const MOST_TASKS = 2_048;

interface Typical {
  readonly demand: Demand;
  /** Share of it among the typical tasks. */
  readonly weight: number;
}

/**
 * How much room for typical tasks a placement costs: the number of copies of each that would still fit on the worker, weighted by
 * how often it is asked for. It knows no tie rule and no tuning; compare the fragmentation gradient of Weng et al. (USENIX ATC
 * 2023), which weighs the GPU shares that typical tasks cannot use. `npx nx bench scheduler --only=gpu-allocation`
 */
export class Fragmentation {
  /** Changes with what is typical. */
  version = 0;
  readonly #shapes = new Set<Shape>();
  #typical: readonly Typical[] = [];
  #seen = 0;
  #lookAt = LEAST_TASKS;

  /** A task that needs a GPU is to be placed. */
  note(shape: Shape): void {
    this.#shapes.add(shape);
    this.#seen += 1;
    if (this.#seen < this.#lookAt && this.#typical.length > 0) return;
    this.#lookAt = this.#seen + Math.min(MOST_TASKS, Math.max(LEAST_TASKS, this.#seen));
    this.version += 1;
    const ranked = [...this.#shapes].sort((a, b) => b.asked - a.asked);
    // What was frequent long ago fades; what has faded is forgotten.
    for (const seen of ranked.slice(TYPICAL)) if (seen.asked < 1) this.#shapes.delete(seen);
    const typical = ranked.slice(0, TYPICAL);
    const all = typical.reduce((sum, { asked }) => sum + asked, 0);
    this.#typical = typical.map(({ demand, asked }) => ({ demand, weight: asked / all }));
    if (this.#seen > MOST_TASKS) for (const seen of ranked) seen.asked /= 2;
  }

  /** 0 for a placement that costs nothing, towards -1 for one that costs much. */
  of({ demand }: Shape, worker: ClusterWorker): number {
    const gpus = chooseGpus(demand.gpu, worker.free.gpus);
    if (gpus === undefined) return -1;
    const before = this.#roomOn(worker);
    move(demand, gpus, worker.free, -1);
    const after = this.#copies(worker);
    move(demand, gpus, worker.free, 1);
    const loss = before - after;
    return -loss / (1 + loss);
  }

  #roomOn(worker: ClusterWorker): number {
    if (worker.roomVersion !== this.version) {
      worker.roomVersion = this.version;
      worker.roomForTypical = this.#copies(worker);
    }
    return worker.roomForTypical;
  }

  #copies({ free }: ClusterWorker): number {
    let sum = 0;
    for (const { demand, weight } of this.#typical) sum += weight * copiesIn(demand, free);
    return sum;
  }
}
