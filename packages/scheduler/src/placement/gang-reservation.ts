import type { Cluster } from '../workers/cluster.js';
import { releaseReservation, type ClusterWorker, type Reservation, type RunningTask } from '../workers/cluster-worker.js';
import type { Gang } from '../tasks/gang.js';
import { chooseGpus, copiesIn, copyRoom, fits, move, type Room } from '../workers/resources.js';
import type { Task } from '../tasks/task.js';
import { isFor } from './backfill.js';
import { canEverRun } from './filter.js';
import { expectedEndMs } from './reservation.js';

/**
 * Reserves workers for all queued members of a gang from the soonest time at which they fit together, the first fit for each;
 * `undefined` if they never do. It is kept until that time has come, as a reservation that wanders is none.
 */
export function reserveTogether(gang: Gang<Task>, cluster: Cluster, nowMs: number): Reservation | undefined {
  const { leader } = gang;
  const [kept] = gang.reservations;
  if (leader === undefined) return undefined;
  if (kept !== undefined && kept.startMs > nowMs && gang.reservations.every((each) => !each.worker.draining && (each.worker.reservation ?? each) === each)) {
    for (const each of gang.reservations) {
      each.worker.reservation = each;
      each.firm = leader.overdue;
    }
    return kept;
  }
  releaseReservation(leader);
  const workers = cluster.workers.filter((worker) => !worker.draining && (worker.reservation === undefined || isFor(worker.reservation, leader)));
  const found = soonestTogether(gang.queued, workers, nowMs);
  if (found === undefined) return undefined;
  gang.reservations = [...found.rooms].map(([worker, spare]) => ({ task: leader, worker, startMs: found.startMs, spare, firm: leader.overdue }));
  for (const each of gang.reservations) each.worker.reservation = each;
  leader.reservation = gang.reservations[0];
  return leader.reservation;
}

/**
 * Could the members never run together, even if nothing else ran? Exact where all need the same; else it holds what they need in all
 * against what there is.
 */
export function neverFitTogether(members: readonly Task[], cluster: Cluster): boolean {
  const [first] = members;
  if (first === undefined) return false;
  if (members.every(({ shape }) => shape === first.shape)) {
    let copies = 0;
    for (const worker of cluster.workers) if (canEverRun(first.shape, worker)) copies += copiesIn(first.shape.demand, worker.capacity);
    return copies < members.length;
  }
  const { amounts, gpu } = cluster.totals;
  const needed = new Map<number, number>();
  let gpus = 0;
  for (const { shape: { demand } } of members) {
    gpus += demand.gpu;
    for (const [at, dimension] of demand.dimensions.entries()) needed.set(dimension, (needed.get(dimension) ?? 0) + (demand.amounts[at] ?? 0));
  }
  return gpus > gpu || [...needed].some(([dimension, amount]) => amount > (amounts[dimension] ?? 0));
}

interface Start {
  readonly startMs: number;
  /** What is left beside the members, by the workers they are on. */
  readonly rooms: ReadonlyMap<ClusterWorker, Room>;
}

function soonestTogether(members: readonly Task[], workers: readonly ClusterWorker[], nowMs: number): Start | undefined {
  const ends = workers.flatMap((worker) => worker.running.map((task) => ({ task, worker, endMs: expectedEndMs(task, worker.speed, nowMs) }))).sort((a, b) => a.endMs - b.endMs);
  let low = 0;
  let high = ends.length;
  let best: Start | undefined;
  // The more has ended the more fits: the fewest ends that suffice.
  while (low <= high) {
    const middle = (low + high) >> 1;
    const rooms = placeTogether(members, workers, ends.slice(0, middle));
    if (rooms === undefined) low = middle + 1;
    else {
      best = { startMs: middle === 0 ? nowMs : (ends[middle - 1]?.endMs ?? nowMs), rooms };
      high = middle - 1;
    }
  }
  return best;
}

function placeTogether(members: readonly Task[], workers: readonly ClusterWorker[], ended: readonly { readonly task: RunningTask; readonly worker: ClusterWorker }[]): Map<ClusterWorker, Room> | undefined {
  const rooms = new Map<ClusterWorker, Room>();
  const roomOf = (worker: ClusterWorker): Room => {
    let room = rooms.get(worker);
    if (room === undefined) rooms.set(worker, (room = copyRoom(worker.free)));
    return room;
  };
  for (const { task, worker } of ended) move(task.shape.demand, task.gpus, roomOf(worker), 1);
  const taken = new Set<ClusterWorker>();
  for (const { shape } of members) {
    const worker = workers.find((each) => canEverRun(shape, each) && fits(shape.demand, rooms.get(each) ?? each.free));
    if (worker === undefined) return undefined;
    const room = roomOf(worker);
    move(shape.demand, chooseGpus(shape.demand.gpu, room.gpus) ?? [], room, -1);
    taken.add(worker);
  }
  for (const worker of rooms.keys()) if (!taken.has(worker)) rooms.delete(worker);
  return rooms;
}
