import type { Policy, PolicyTask } from './policy.js';

/** A task without a deadline stands in line as if it were due this long after it came. */
const UNHURRIED_MS = 60_000;
/** A hopeless task stands in line as if it had had this many times the time; */
const DEMOTION = 10;
/** beyond this much by its square root, or it would wait for weeks because it had been given a day. */
const LONG_MS = 4 * 3_600_000;

/**
 * Earliest deadline first, as long as there is a chance of one in ten to keep it. A task without one is demoted, so that it
 * does not drag others into lateness with it; as its place in line is still a point in time, it comes up in the end.
 */
export function earliestDeadline({ deadlineAtMs, submittedMs, maxWaitMs, estimate }: PolicyTask, nowMs: number): number {
  if (deadlineAtMs === Infinity) return submittedMs + Math.min(UNHURRIED_MS, maxWaitMs);
  if (nowMs + estimate.lowerMs <= deadlineAtMs) return deadlineAtMs;
  const givenMs = deadlineAtMs - submittedMs;
  return submittedMs + DEMOTION * (givenMs <= LONG_MS ? givenMs : Math.sqrt(givenMs * LONG_MS));
}

/** By deadline, on workers fast enough to keep it. */
export const sla: Policy = {
  name: 'sla',
  order: earliestDeadline,
  reorders: true,
  weights: { deadline: 4, interruption: 4, affinity: 2, load: -1, speed: 1, spareGpu: 1 },
  backfill: true,
};
