import type { Cluster } from '../workers/cluster.js';
import { releaseReservation, suspendReservation, type ClusterWorker, type Reservation } from '../workers/cluster-worker.js';
import type { ReadyQueue } from '../queue/ready-queue.js';
import { chooseGpus, fits, shareOf } from '../workers/resources.js';
import type { Gang } from '../tasks/gang.js';
import { dependsOnTasks, type Shape } from '../tasks/shape.js';
import type { Policy } from '../strategies/policy.js';
import type { Task } from '../tasks/task.js';
import { passReservation, roomFor } from './backfill.js';
import { canEverRun, isOneOf, obstacleBesideRoom } from './filter.js';
import { reserveTogether } from './gang-reservation.js';
import { Rankings } from './ranking.js';
import { expectedEndMs, reserve, type Expectations } from './reservation.js';
import { admitTogether } from '../queue/tenants.js';
import { Scorer } from './score.js';

/** Further back in line, few are left that would be both small and urgent. */
const BACKFILL_DEPTH = 64;

/** What decides beside the queue and the cluster: how workers are ranked, and whether a blocked task may be passed. */
export interface Rules extends Expectations {
  readonly scorer: Scorer;
  readonly rankings: Rankings;
  /** Tasks without room that one pass looks beyond. */
  readonly depth: number;
  readonly reserves: Policy['reserves'];
  /** The order of those that pass, where it is not that of the queue. */
  readonly passOrder: Policy['passOrder'];
}

export function rulesOf(policy: Policy, cluster: Cluster, reestimate: Rules['reestimate']): Rules {
  const { backfill } = policy;
  const depth = typeof backfill === 'number' ? backfill : backfill ? BACKFILL_DEPTH : 0;
  const scorer = new Scorer(policy, cluster);
  return { scorer, rankings: new Rankings(cluster, scorer), depth, reserves: policy.reserves?.bind(policy), passOrder: policy.passOrder?.bind(policy), reestimate };
}

/** A decision: the task has its capacity on its worker from now on and is to be started there. */
export type PlacedTask = Task & { readonly worker: ClusterWorker };

/**
 * The decision core: which tasks start now, and where. It moves tasks from `queue` onto `cluster` and keeps the reservations
 * there; nothing else is read or written. No clock, no timer, no randomness, no promise: the same calls give the same
 * placements, in a live scheduler, a test or a simulation.
 *
 * What the policy or the estimator throws ends the pass where it is, with its task back in the queue; it is thrown on where nothing
 * was placed before, else by the next plan.
 *
 * Shaped for a long queue on busy workers: a shape of task that finds no room is set aside with all who share it.
 */
export function plan(queue: ReadyQueue, cluster: Cluster, rules: Rules, nowMs: number): PlacedTask[] {
  queue.advance(nowMs);
  const placed: PlacedTask[] = [];
  let before = -1;
  // Once more where a task may have waited for one that was placed behind it.
  for (let again = true; again && queue.ready > 0 && placed.length > before; ) {
    before = placed.length;
    cluster.pass += 1;
    const pass = new Pass(queue, cluster, rules, nowMs, placed);
    const failure = pass.walk();
    if (failure !== undefined && placed.length === 0) throw failure.error;
    again = failure === undefined && pass.metTaskAffinity;
  }
  return placed;
}

/** Fewer workers are looked at themselves: what keeps the table up to date would cost more than it saves. */
const FEW = 8;
const NO_GPUS: readonly number[] = [];

/** One walk along the queue. */
class Pass {
  readonly #queue: ReadyQueue;
  readonly #cluster: Cluster;
  readonly #rules: Rules;
  readonly #nowMs: number;
  readonly #placed: PlacedTask[];
  readonly #skipped: Task[] = [];
  /** Those that may pass the head, in their own order from the back, once there is a head; still in line. */
  #passing: Task[] | undefined;
  /** Some task would start where others run. */
  metTaskAffinity = false;
  /** The first task that is not overdue and found no room. */
  #head: Task | undefined;
  readonly #previousHead: Reservation | undefined;
  /** Some workers are held. */
  #holds = false;
  #placing: Task | undefined;
  #metReservation = false;
  /** May the task that is being placed start on the worker now? */
  readonly #accepts = (worker: ClusterWorker): boolean => {
    const obstacle = obstacleBesideRoom(this.#placing as Task, worker, this.#cluster, this.#nowMs);
    if (obstacle === 'reserved') this.#metReservation = true;
    return obstacle === undefined;
  };

  constructor(queue: ReadyQueue, cluster: Cluster, rules: Rules, nowMs: number, placed: PlacedTask[]) {
    this.#placed = placed;
    this.#queue = queue;
    this.#cluster = cluster;
    this.#rules = rules;
    this.#nowMs = nowMs;
    this.#previousHead = cluster.headReservation;
    // Set aside until its task's turn has come: it must not stand in the way of those that are now before it.
    if (this.#previousHead?.firm === false) suspendReservation(this.#previousHead);
  }

  /** To the end of the queue, or to where something of the caller's own throws: an estimator, a score, an order. */
  walk(): { readonly error: unknown } | undefined {
    let failure: { readonly error: unknown } | undefined;
    let task: Task | undefined;
    let before = this.#placed.length;
    try {
      while ((task = this.#next()) !== undefined) {
        before = this.#placed.length;
        this.#place(task);
      }
    } catch (error) {
      failure = { error };
      this.#undo(before);
      if (task !== undefined && this.#skipped.at(-1) !== task) this.#skipped.push(task);
    }
    const failureAtEnd = this.#end();
    return failure ?? failureAtEnd;
  }

  #next(): Task | undefined {
    const { depth } = this.#rules;
    if (this.#cluster.heldInPass === this.#cluster.pass || (depth > 0 && this.#skipped.length >= depth)) return undefined;
    if (this.#passing === undefined) return this.#queue.pop();
    const task = this.#passing.pop();
    if (task !== undefined) this.#queue.takeOut(task);
    return task;
  }

  /** Takes capacity for the task, or sees to it that nobody passes who must not. */
  #place(task: Task): void {
    const { shape, gang } = task;
    this.#metReservation = false;
    if (!(gang === undefined ? isPlaceable(shape, this.#cluster) : gang.queued.every((member) => isPlaceable(member.shape, this.#cluster)))) {
      releaseReservation(task);
      this.#queue.park(task);
    } else if (gang === undefined ? shape.tenant?.admits(shape.demand) === false : !admitTogether(gang.queued)) {
      this.#skipped.push(task);
      this.#queue.setAside(shape.lane); // Over its tenant's quota: in nobody's way.
    } else if (shape.noRoomInPass === this.#cluster.pass || !(gang === undefined ? this.#placeOne(task) : this.#placeAll(gang))) this.#skip(task);
  }

  #placeOne(task: Task): boolean {
    const worker = this.#best(task);
    if (worker === undefined) return false;
    this.#take(task, worker);
    this.#queue.started(task);
    return true;
  }

  /** All members, or none. */
  #placeAll(gang: Gang<Task>): boolean {
    const start = this.#placed.length;
    for (const member of gang.queued) {
      const worker = this.#best(member);
      if (worker !== undefined) this.#take(member, worker);
      else {
        this.#undo(start);
        return false;
      }
    }
    for (let index = start; index < this.#placed.length; index += 1) this.#queue.started(this.#placed[index] as Task);
    const leader = this.#placed[start];
    if (leader !== undefined) releaseReservation(leader);
    return true;
  }

  /** Gives back what was taken for the tasks from `start` on. */
  #undo(start: number): void {
    for (const task of this.#placed.splice(start)) {
      passReservation(task, task.worker, task.gpus, this.#nowMs, 1);
      this.#cluster.release(task, this.#nowMs);
    }
  }

  #take(task: Task, worker: ClusterWorker): void {
    const gpus = task.shape.demand.gpu === 0 ? NO_GPUS : (chooseGpus(task.shape.demand.gpu, roomFor(task, worker, this.#nowMs)) ?? NO_GPUS);
    if (worker.reservation !== undefined) passReservation(task, worker, gpus, this.#nowMs);
    this.#cluster.allocate(task, worker, gpus, this.#nowMs);
    this.#placed.push(task as PlacedTask);
  }

  /** What the order of a task that comes back throws. */
  #end(): { readonly error: unknown } | undefined {
    const previous = this.#previousHead;
    if (previous !== undefined && !previous.firm && previous.task !== this.#head) releaseReservation(previous.task);
    this.#cluster.headReservation = this.#head?.reservation;
    this.#queue.bringBack();
    let failure: { readonly error: unknown } | undefined;
    for (const task of this.#skipped)
      try {
        this.#queue.restore(task);
      } catch (error) {
        failure ??= { error };
      }
    return failure;
  }

  /** Among the workers it could start on the one with the highest score, the first of equals. */
  #best(task: Task): ClusterWorker | undefined {
    const { shape } = task;
    const { scorer, rankings } = this.#rules;
    this.#placing = task;
    if (shape.demand.gpu > 0 && !task.noted) {
      task.noted = true;
      scorer.fragmentation?.note(shape);
    }
    const ranking = !this.#holds && !dependsOnTasks(shape) && scorer.dependsOnShapeAlone(task, this.#nowMs) ? rankings.of(shape) : undefined;
    const best = ranking === undefined ? this.#bestOfAll(task) : ranking.best(this.#accepts);
    // A reservation may let a shorter task of the same shape pass; a lack of room is the same for all of them.
    if (best === undefined && !this.#metReservation) shape.noRoomInPass = this.#cluster.pass;
    return best;
  }

  #bestOfAll(task: Task): ClusterWorker | undefined {
    const { demand } = task.shape;
    const { scorer } = this.#rules;
    const { workers } = this.#cluster;
    const table = workers.length < FEW ? undefined : this.#cluster.table;
    if (table?.mayFit(demand) === false) return undefined;
    let best: ClusterWorker | undefined;
    let bestScore = Number.NaN; // Not computed while there is nobody to compare with.
    for (let index = 0; index < workers.length; index += 1) {
      if (table?.fits(demand, index) === false) continue;
      const worker = workers[index] as ClusterWorker;
      if (((table === undefined || demand.gpu > 0) && !fits(demand, worker.free)) || !this.#accepts(worker)) continue;
      if (best === undefined) best = worker;
      else {
        if (Number.isNaN(bestScore)) bestScore = scorer.score(task, best, this.#nowMs);
        const score = scorer.score(task, worker, this.#nowMs);
        if (score > bestScore) {
          best = worker;
          bestScore = score;
        }
      }
    }
    return best;
  }

  #skip(task: Task): void {
    const { shape, overdue, gang } = task;
    const backfill = this.#rules.depth > 0;
    this.#skipped.push(task);
    if (gang === undefined ? dependsOnTasks(shape) : gang.queued.some((member) => dependsOnTasks(member.shape))) {
      this.metTaskAffinity = true;
      this.#queue.setAside(shape.lane); // What it waits for is not room: nobody has to wait with it.
      if (overdue && shape.requiredTasks.length === 0) this.#holdWhereOthersEnd(task);
      return;
    }
    const roomless = shape.noRoomInPass === this.#cluster.pass;
    // Those behind it of the same shape find no room either; but overdue ones each have a worker set aside, while there are any.
    if (roomless && !(overdue && backfill)) this.#queue.setAside(shape.lane);
    if (this.#queue.isExhausted) return; // Nobody is left who could pass.
    if (!backfill) {
      // It has lost its place to a task for which others were stopped: that one must not wait for it.
      if (!this.#metReservation) for (const { shape: held } of gang?.queued ?? [task]) this.#hold(held);
    } else if (overdue) {
      if (this.#reserve(task) === undefined && roomless) this.#queue.setAside(shape.lane);
    } else if (this.#head === undefined && (this.#rules.reserves === undefined || this.#rules.reserves(task, this.#nowMs, this.#queue.backlogMs))) {
      this.#head = task;
      this.#reserve(task);
      const { passOrder } = this.#rules;
      if (passOrder !== undefined) this.#passing = this.#rest((other) => passOrder(other, this.#nowMs));
    }
  }

  #reserve(task: Task): Reservation | undefined {
    return task.gang === undefined ? reserve(task, this.#cluster.workers, this.#rules, this.#nowMs) : reserveTogether(task.gang, this.#cluster, this.#nowMs);
  }

  /** Those left in line for whom there is room, the first by `order` last. In this pass there will only be less. */
  #rest(order: (task: Task) => number): Task[] {
    const { workers, pass } = this.#cluster;
    const rest: { readonly task: Task; readonly key: number }[] = [];
    const suits = ({ demand, noRoomInPass }: Shape): boolean => noRoomInPass !== pass && workers.some(({ free }) => fits(demand, free));
    for (const task of this.#queue.inLine(suits)) rest.push({ task, key: order(task) });
    return rest.sort((a, b) => b.key - a.key || b.task.sequence - a.task.sequence).map(({ task }) => task);
  }

  /** Nobody starts on the worker where the fewest run that the task must not run beside, and those the least long, until they have ended. */
  #holdWhereOthersEnd({ shape }: Task): void {
    const { workers, pass } = this.#cluster;
    let found: ClusterWorker | undefined;
    let [fewest, soonestMs] = [Infinity, Infinity];
    for (const worker of workers) {
      if (!canEverRun(shape, worker) || worker.heldInPass === pass || worker.reservation !== undefined) continue;
      const inTheWay = worker.running.filter((task) => isOneOf(task, shape.forbiddenTasks));
      const endMs = Math.max(0, ...inTheWay.map((other) => expectedEndMs(other, worker.speed, this.#nowMs)));
      if (inTheWay.length > fewest || (inTheWay.length === fewest && endMs >= soonestMs)) continue;
      [found, fewest, soonestMs] = [worker, inTheWay.length, endMs];
    }
    if (found === undefined) return;
    this.#holds = true;
    found.heldInPass = pass;
  }

  #hold(shape: Shape): void {
    const { workers, pass } = this.#cluster;
    this.#holds = true;
    if (isPlaceable(shape, this.#cluster) && shape.runsAnywhere) {
      this.#cluster.heldInPass = pass;
      return;
    }
    for (const worker of workers) if (canEverRun(shape, worker)) worker.heldInPass = pass;
  }
}

/** Is there a worker that could run tasks of this shape when idle? */
export function isPlaceable(shape: Shape, cluster: Cluster): boolean {
  if (shape.placeableVersion !== cluster.version) {
    let able = 0;
    for (const worker of cluster.workers) if (canEverRun(shape, worker)) able += 1;
    shape.placeableVersion = cluster.version;
    shape.placeable = able > 0;
    shape.runsAnywhere = able === cluster.workers.length;
    shape.sizeRatio = shareOf(shape.demand, cluster.totals);
  }
  return shape.placeable;
}
