import { invalidOption } from '../errors.js';
import type { Samples } from '../history.js';
import { checkNames } from '../option-names.js';

export interface CoincidenceOptions {
  /** The time in question, on the monitor's clock. @default when the alert began; of a series the latest sample */
  readonly atMs?: number;
  /** How far back from there to look, in ms, above 0: what was usual is taken from it. @default 300_000 */
  readonly windowMs?: number;
  /** Most series to name. An integer ≥ 1. @default 10 */
  readonly limit?: number;
}

/**
 * A series that moved at about the same time as another one: a hint where to look, not a cause. Two series may move
 * together because a third moves both, or by chance.
 */
export interface Coincidence {
  readonly series: string;
  /** From 0 to 1: how far it moved, and how alike, together. What to rank by, no probability. */
  readonly score: number;
  /** Its mean before and after it moved. */
  readonly before: number;
  readonly after: number;
  /** When it moved. */
  readonly movedAtMs: number;
  /** How long before the series in question it moved, in ms; negative: after it. */
  readonly leadMs: number;
  /** Of both over the window, from -1 to 1. */
  readonly correlation: number;
}

export function resolveCoincidenceOptions(options: CoincidenceOptions): { atMs: number | undefined; windowMs: number; limit: number } {
  checkNames('option', options, ['atMs', 'windowMs', 'limit']);
  const { atMs, windowMs = 300_000, limit = 10 } = options;
  if (atMs !== undefined && !Number.isFinite(atMs)) throw invalidOption('atMs', atMs, 'a time in ms');
  if (typeof windowMs !== 'number' || !(windowMs > 0)) throw invalidOption('windowMs', windowMs, 'above 0');
  if (!Number.isInteger(limit) || limit < 1) throw invalidOption('limit', limit, 'an integer of 1 or more');
  return { atMs, windowMs, limit };
}

/** Samples on either side of a change: fewer say little about a mean. */
const LEAST_SIDE = 3;
/** Means apart by so many deviations count half. */
const HALF_WAY = 4;
/** Below, it is not worth telling. */
const LEAST_SCORE = 0.15;

/** Ranks the series that moved together with `target`, the most telling first. All cover the same stretch of time. */
export function coincidences(target: Samples, others: ReadonlyMap<string, Samples>, limit: number): Coincidence[] {
  const moved = changePoint(target);
  if (moved === undefined) return [];
  const found: Coincidence[] = [];
  for (const [series, samples] of others) {
    const change = changePoint(samples);
    if (change === undefined) continue;
    const correlation = correlate(target, samples);
    const score = (change.strength / (change.strength + HALF_WAY)) * Math.abs(correlation);
    if (!(score >= LEAST_SCORE)) continue;
    found.push({ series, score, before: change.before, after: change.after, movedAtMs: change.atMs, leadMs: moved.atMs - change.atMs, correlation });
  }
  return found.sort((one, other) => other.score - one.score).slice(0, limit);
}

interface Change {
  readonly atMs: number;
  readonly before: number;
  readonly after: number;
  /** Distance of the means, in deviations of what is left when they are taken off. */
  readonly strength: number;
}

/**
 * Where the mean moved most: of all cuts in two, the one that leaves the least sum of squares (binary segmentation, Scott
 * and Knott 1974), in one pass over sums.
 */
function changePoint({ timesMs, values }: Samples): Change | undefined {
  const { length } = values;
  if (length < 2 * LEAST_SIDE) return undefined;
  // Counted from the first value, so that large numbers with small changes keep their digits.
  const origin = values[0] ?? 0;
  let total = 0;
  let squares = 0;
  for (const value of values) {
    total += value - origin;
    squares += (value - origin) ** 2;
  }
  let best = { index: 0, gain: -Infinity, left: 0 };
  let left = 0;
  for (let index = 1; index <= length - LEAST_SIDE; index += 1) {
    left += (values[index - 1] ?? 0) - origin;
    if (index < LEAST_SIDE) continue;
    const gain = left ** 2 / index + (total - left) ** 2 / (length - index);
    if (gain > best.gain) best = { index, gain, left };
  }
  const before = best.left / best.index;
  const after = (total - best.left) / (length - best.index);
  const rest = Math.sqrt(Math.max(0, squares - best.gain) / length);
  const distance = Math.abs(after - before);
  if (!(distance > ROUNDING * (Math.abs(origin) + 1))) return undefined;
  return { atMs: timesMs[best.index] ?? Number.NaN, before: before + origin, after: after + origin, strength: distance / Math.max(rest, ROUNDING * distance) };
}

const ROUNDING = 1e-9;

/** Pearson's coefficient over the times at which both have a value; 0 where one of them does not change. */
function correlate(one: Samples, other: Samples): number {
  let [count, sumX, sumY, sumXX, sumYY, sumXY] = [0, 0, 0, 0, 0, 0];
  const [originX, originY] = [one.values[0] ?? 0, other.values[0] ?? 0];
  for (let i = 0, j = 0; i < one.values.length && j < other.values.length; ) {
    const [timeX, timeY] = [one.timesMs[i] ?? 0, other.timesMs[j] ?? 0];
    if (timeX < timeY) i += 1;
    else if (timeY < timeX) j += 1;
    else {
      const [x, y] = [(one.values[i] ?? 0) - originX, (other.values[j] ?? 0) - originY];
      count += 1;
      sumX += x;
      sumY += y;
      sumXX += x * x;
      sumYY += y * y;
      sumXY += x * y;
      i += 1;
      j += 1;
    }
  }
  const spread = (count * sumXX - sumX ** 2) * (count * sumYY - sumY ** 2);
  return spread > 0 ? Math.max(-1, Math.min(1, (count * sumXY - sumX * sumY) / Math.sqrt(spread))) : 0;
}
