import type { Policy, PolicyTask } from './policy.js';

/** Run times below it count as equal, or the shortest tasks would be thought to suffer from any wait at all. */
const SHORTEST_RUN_MS = 100;
/** Nor can more than a million years be told from each other: with all that a number can hold, what is computed of it could not be compared. */
const LONGEST_RUN_MS = 3e16;

const runMsOf = (medianMs: number): number => Math.min(LONGEST_RUN_MS, Math.max(SHORTEST_RUN_MS, medianMs));
/**
 * How much more a task counts when its time has run out to the last moment at which it could start. With more, a few more deadlines are
 * kept, and those whose deadline cannot be starve behind them.
 */
const URGENCY = 10;

/** Above 1, short tasks count for more than by their expansion factor alone. */
const SHORTNESS = 1.3;
/** How much small tasks count for more: less is moved out of the way for them. */
const SMALLNESS = 0.4;
/**
 * Expansion factors from which on a worker is set aside: of small tasks, and of those that need all there is. For large ones much
 * has to stand idle until they start, so that they are given more time to find a gap by themselves.
 */
const RESERVED_SMALL = 10;
const RESERVED_LARGE = 20;
/** Waits, in backlogs, that halve them. */
const PATIENCE = 4;

/**
 * By expansion factor, (wait + run) / run: whoever waits longest for what they asked; a little more for short and for small tasks,
 * which cost others less. Nearly as good in the mean as shortest first, and nobody starves, since waiting alone brings everyone to the
 * front. A step of priority counts as a factor of two.
 * A deadline grows in weight as the slack shrinks, by the exponential of the apparent tardiness cost rule (Vepsalainen and
 * Morton, 1987), and loses it when there is less than a chance of one in ten to keep it.
 */
function order({ submittedMs, priority, deadlineAtMs, estimate, sizeRatio }: PolicyTask, nowMs: number): number {
  const { lowerMs, medianMs, upperMs } = estimate;
  const runMs = runMsOf(medianMs);
  let factor = (Math.max(0, nowMs - submittedMs) + runMs) / runMs ** SHORTNESS;
  if (sizeRatio > 0) factor *= sizeRatio ** -SMALLNESS;
  if (priority !== 0) factor *= 2 ** priority;
  if (nowMs + lowerMs <= deadlineAtMs && deadlineAtMs !== Infinity) {
    const slackMs = Math.max(0, deadlineAtMs - nowMs - upperMs);
    factor *= 1 + URGENCY * Math.exp(-slackMs / upperMs);
  }
  return -factor;
}

/**
 * A task of a day would wait for weeks by its expansion factor alone. So it counts for more as the wait grows against the backlog, in
 * which all that waits now could run: a wait that is long for anybody, or a queue so short that setting a worker aside costs few.
 */
function reserves({ submittedMs, estimate, sizeRatio }: PolicyTask, nowMs: number, backlogMs: number): boolean {
  const runMs = runMsOf(estimate.medianMs);
  const waitMs = nowMs - submittedMs;
  const factor = ((waitMs + runMs) / runMs) * (1 + waitMs / Math.max(1, PATIENCE * backlogMs));
  return factor > RESERVED_SMALL + (RESERVED_LARGE - RESERVED_SMALL) * sizeRatio;
}

/** Learned run times decide the order, who may pass whom, and which worker ends it soonest; packed, to keep room for large tasks. */
export const adaptive: Policy = {
  name: 'adaptive',
  order,
  reorders: true,
  weights: { deadline: 8, experience: 4, interruption: 4, affinity: 4, speed: 2, load: 1, fragmentation: 1, spareGpu: 1 },
  backfill: 512,
  reserves,
};
