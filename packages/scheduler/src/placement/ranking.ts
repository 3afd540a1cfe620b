import type { Cluster } from '../workers/cluster.js';
import type { ClusterWorker } from '../workers/cluster-worker.js';
import type { CapacityTable } from '../workers/capacity-table.js';
import { chooseGpus } from '../workers/resources.js';
import type { RankedWorkers, Shape } from '../tasks/shape.js';
import { canEverRun } from './filter.js';
import type { Scorer } from './score.js';

const NO_ROOM = -Infinity;

/**
 * The workers by their score for one shape of task, those without room left out. It follows the cluster's log of changes: a
 * decision costs a new score for each worker that changed since the last one for this shape, and a look at one leader per
 * block of about √n workers. A tree of two levels is as good as a deep one here: most decisions touch a few leaves of one
 * block, and a scan of neighbours in a typed array is as fast as the climb (`npx nx bench scheduler --only=placement`).
 */
export class Ranking implements RankedWorkers {
  readonly #shape: Shape;
  /** Of its demand. */
  readonly #dimensions: Int32Array;
  readonly #amounts: Float64Array;
  readonly #cluster: Cluster;
  readonly #scorer: Scorer;
  #table: CapacityTable;
  #version = -1;
  /** Of what was typical when the scores were computed. */
  #typical = 0;
  #position = 0;
  #shift = 0;
  /** By worker: its score, or {@link NO_ROOM}. */
  #scores = new Float64Array(0);
  /** By worker: the part of its score that does not hang on what is free, or {@link NO_ROOM} if it can never run the shape. */
  #bases = new Float64Array(0);
  /** By block: the index of its first best worker; -1 where that has to be looked for. */
  #leaders = new Int32Array(0);

  constructor(shape: Shape, cluster: Cluster, scorer: Scorer) {
    this.#shape = shape;
    this.#dimensions = Int32Array.from(shape.demand.dimensions);
    this.#amounts = Float64Array.from(shape.demand.amounts);
    this.#cluster = cluster;
    this.#scorer = scorer;
    this.#table = cluster.table;
  }

  /** The worker with the highest score, the first of equals; among those that `accepts` agrees to. */
  best(accepts: (worker: ClusterWorker) => boolean): ClusterWorker | undefined {
    this.#follow();
    const { workers } = this.#cluster;
    const first = this.#lead();
    if (first === -1) return undefined;
    const worker = workers[first] as ClusterWorker;
    return accepts(worker) ? worker : this.#bestBut(first, accepts);
  }

  /** The same where the first is refused: reserved, as a rule. Those refused are left out until the search is over. */
  #bestBut(first: number, accepts: (worker: ClusterWorker) => boolean): ClusterWorker | undefined {
    const { workers } = this.#cluster;
    const refused = new Map<number, number>();
    let found: ClusterWorker | undefined;
    for (let index = first; index !== -1 && found === undefined; index = this.#lead()) {
      const worker = workers[index] as ClusterWorker;
      if (index !== first && accepts(worker)) found = worker;
      else {
        refused.set(index, this.#scores[index] ?? NO_ROOM);
        this.#set(index, NO_ROOM);
      }
    }
    for (const [index, score] of refused) this.#set(index, score);
    return found;
  }

  #follow(): void {
    const { version, changes, table } = this.#cluster;
    this.#table = table;
    const typical = this.#scorer.fragmentation?.version ?? 0;
    if (this.#version !== version) {
      this.#version = version;
      this.#typical = typical;
      this.#rebuild();
    } else if (this.#typical !== typical || !changes.reaches(this.#position)) {
      this.#typical = typical;
      this.#readAll();
    }
    else
      for (let position = this.#position; position < changes.position; position += 1) {
        const index = changes.at(position);
        const base = this.#bases[index] ?? NO_ROOM;
        if (base !== NO_ROOM) this.#set(index, this.#scoreOf(base, index));
      }
    this.#position = changes.position;
  }

  #rebuild(): void {
    const { workers } = this.#cluster;
    const size = workers.length;
    if (this.#scores.length !== size) {
      this.#shift = Math.max(4, Math.ceil(Math.log2(size) / 2));
      this.#scores = new Float64Array(size);
      this.#bases = new Float64Array(size);
      this.#leaders = new Int32Array(((size - 1) >> this.#shift) + 1);
    }
    for (const [index, worker] of workers.entries()) this.#bases[index] = canEverRun(this.#shape, worker) ? this.#scorer.workerScore(this.#shape, worker) : NO_ROOM;
    this.#readAll();
  }

  #readAll(): void {
    const { workers } = this.#cluster;
    for (let index = 0; index < workers.length; index += 1) {
      const base = this.#bases[index] ?? NO_ROOM;
      this.#scores[index] = base === NO_ROOM ? NO_ROOM : this.#scoreOf(base, index);
    }
    this.#leaders.fill(-1);
  }

  /** `base` with what {@link Scorer.roomScore} would say, or {@link NO_ROOM}. */
  #scoreOf(base: number, index: number): number {
    const load = this.#table.loadWith(this.#dimensions, this.#amounts, index);
    if (load === Infinity) return NO_ROOM;
    if (this.#table.hasGpus(index)) {
      const worker = this.#cluster.workers[index] as ClusterWorker;
      const { gpu } = this.#shape.demand;
      if (gpu > 0 && chooseGpus(gpu, worker.free.gpus) === undefined) return NO_ROOM;
      if (this.#scorer.isFragmentable(worker)) return base + this.#scorer.roomScore(this.#shape, worker);
    }
    return base + this.#scorer.loadWeight * load;
  }

  #set(index: number, score: number): void {
    const before = this.#scores[index] ?? NO_ROOM;
    if (before === score) return;
    this.#scores[index] = score;
    const block = index >> this.#shift;
    const leader = this.#leaders[block] ?? -1;
    if (leader === -1) return;
    const best = this.#scores[leader] ?? NO_ROOM;
    if (leader === index) {
      if (score < before) this.#leaders[block] = -1;
    } else if (score > best || (score === best && index < leader)) this.#leaders[block] = index;
  }

  /** The index of the first best worker; -1 if none has room. */
  #lead(): number {
    const leaders = this.#leaders;
    let best = -1;
    let bestScore = NO_ROOM;
    for (let block = 0; block < leaders.length; block += 1) {
      let leader = leaders[block] ?? -1;
      if (leader === -1) leader = leaders[block] = this.#leaderOf(block);
      const score = this.#scores[leader] ?? NO_ROOM;
      if (score > bestScore) {
        best = leader;
        bestScore = score;
      }
    }
    return best;
  }

  #leaderOf(block: number): number {
    const scores = this.#scores;
    const start = block << this.#shift;
    const end = Math.min(scores.length, start + (1 << this.#shift));
    let best = start;
    let bestScore = scores[start] ?? NO_ROOM;
    for (let index = start + 1; index < end; index += 1) {
      const score = scores[index] ?? NO_ROOM;
      if (score > bestScore) {
        best = index;
        bestScore = score;
      }
    }
    return best;
  }
}

/** Fewer workers are looked at one by one just as fast. */
const LEAST_WORKERS = 8;
/** A shape that is not seen again is not worth a ranking: data sizes among the needs may make every task's shape its own. */
const LEAST_TASKS = 3;
/** Entries of all rankings together, which hold 16 bytes for each; in small fleets a ranking counts as if it had the least. */
const MOST_ENTRIES = 2_097_152;
const LEAST_ENTRIES = 2_048;

/** Rankings for the shapes that decide often. */
export class Rankings {
  readonly #cluster: Cluster;
  readonly #scorer: Scorer;
  /** In the order they got theirs. */
  readonly #ranked = new Set<Shape>();

  constructor(cluster: Cluster, scorer: Scorer) {
    this.#cluster = cluster;
    this.#scorer = scorer;
  }

  /** `undefined` where a look at every worker is cheaper. */
  of(shape: Shape): RankedWorkers | undefined {
    if (shape.ranking !== undefined) return shape.ranking;
    const size = this.#cluster.workers.length;
    if (size < LEAST_WORKERS || shape.asked < LEAST_TASKS) return undefined;
    for (const oldest of this.#ranked) {
      if ((this.#ranked.size + 1) * Math.max(LEAST_ENTRIES, size) <= MOST_ENTRIES) break;
      this.#ranked.delete(oldest);
      oldest.ranking = undefined;
    }
    this.#ranked.add(shape);
    shape.ranking = new Ranking(shape, this.#cluster, this.#scorer);
    return shape.ranking;
  }
}
