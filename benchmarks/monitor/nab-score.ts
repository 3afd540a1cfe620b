import type { LabelledSeries } from './nab-corpus.js';

/** A detector's scores of one series. */
export interface Scored {
  readonly series: LabelledSeries;
  readonly scores: readonly number[];
}

/** Weights of the corpus' standard profile. */
const FALSE_POSITIVE = 0.11;
const MISSED = 1;

/** The first 15 %, at most 750 samples, are for the detector to learn from: not scored. */
const probationOf = (length: number): number => Math.min(Math.floor(0.15 * length), 750);

/**
 * What a detection is worth by its place (Lavin and Ahmad 2015): near 1 at a window's start, 0 at its end, and soon
 * -1 behind it.
 */
const worthAt = (position: number): number => (position > 3 ? -1 : 2 / (1 + Math.exp(5 * position)) - 1);

/** The score of 100 for each window found at its start, 0 for none found and nothing said, at a threshold. */
export function scoreAt(scored: readonly Scored[], threshold: number): number {
  let sum = 0;
  let windowsTotal = 0;
  for (const { series, scores } of scored) {
    windowsTotal += series.windows.length;
    const found = series.windows.map(() => -MISSED);
    for (let sample = probationOf(scores.length); sample < scores.length; sample += 1) {
      if ((scores[sample] ?? 0) < threshold) continue;
      const inside = series.windows.findIndex(([from, to]) => sample >= from && sample <= to);
      const window = series.windows[inside];
      if (window === undefined) sum += FALSE_POSITIVE * falseWorth(series, sample);
      else found[inside] = Math.max(found[inside] ?? -MISSED, worthAt(-(window[1] - sample + 1) / (window[1] - window[0] + 1)) / worthAt(-1));
    }
    for (const worth of found) sum += worth;
  }
  return (100 * (sum + MISSED * windowsTotal)) / (windowsTotal + MISSED * windowsTotal);
}

function falseWorth({ windows }: LabelledSeries, sample: number): number {
  const before = windows.findLast(([, to]) => to < sample);
  return before === undefined ? -1 : worthAt((sample - before[1]) / (before[1] - before[0]));
}

/** The threshold that does best on `scored`, as the corpus chooses it: one for all series. */
export function bestThreshold(scored: readonly Scored[]): number {
  const all = new Set(scored.flatMap(({ scores }) => scores.filter((score) => score > 0)));
  const candidates = [...all].sort((one, other) => one - other);
  const step = Math.max(1, Math.floor(candidates.length / CANDIDATES));
  let best = { threshold: Infinity, score: scoreAt(scored, Infinity) };
  for (let index = 0; index < candidates.length; index += step) {
    const threshold = candidates[index] ?? Infinity;
    const score = scoreAt(scored, threshold);
    if (score > best.score) best = { threshold, score };
  }
  return best.threshold;
}

const CANDIDATES = 200;

/** The same with a threshold chosen on the other half of the series: what to expect of series never seen. */
export function crossScore(scored: readonly Scored[]): number {
  const halves = [0, 1].map((half) => scored.filter((_, index) => index % 2 === half)) as [Scored[], Scored[]];
  const windowsOf = (half: readonly Scored[]): number => half.reduce((sum, { series }) => sum + series.windows.length, 0);
  const [one, other] = halves;
  const weighed = scoreAt(one, bestThreshold(other)) * windowsOf(one) + scoreAt(other, bestThreshold(one)) * windowsOf(other);
  return weighed / (windowsOf(one) + windowsOf(other));
}
