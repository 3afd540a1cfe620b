import type { ProfileData } from '../../profile-data.js';
import type { Frame, Samples, Timeline } from '../../samples.js';
import { between } from '../../timeline.js';
import type { Bottleneck, BottleneckThresholds } from '../bottleneck.js';
import { count, milliseconds, percent } from '../evidence.js';
import { named, ownCosts } from '../own-costs.js';

/** A program that never lets the loop turn is a batch and has nobody waiting. */
const MOST_SHARE = 0.8;
/** Of a stall that the program's own code is to blame for. */
const LEAST_SEEN = 0.25;

/** The event loop was held while there was other work for it. */
export function eventLoopStalls({ runtime, cpu, io, durationMs }: ProfileData, { stallMs }: Required<BottleneckThresholds>): Bottleneck[] {
  const startedMs = io?.beforeRequests.durationMs ?? 0; // Nobody waits for a service that starts.
  const long = runtime?.eventLoop.stalls.filter((stall) => stall.durationMs >= stallMs && stall.atMs + stall.durationMs > startedMs) ?? [];
  const stalls = long
    .map((stall) => ({ ...stall, held: cpu && during(cpu, stall.atMs, stall.durationMs) }))
    // Hardly seen in it, no code of the program is to blame: the process had no core, or something else held the thread.
    .filter(({ held }) => held === undefined || held.seenRatio >= LEAST_SEEN)
    .toSorted((a, b) => b.durationMs - a.durationMs);
  const share = stalls.reduce((sum, stall) => sum + stall.durationMs, 0) / durationMs;
  const [longest] = stalls;
  if (longest === undefined || share > MOST_SHARE) return [];
  const frame = longest.held?.frame;
  return [
    {
      kind: 'event-loop-stall',
      title: `The event loop was held for ${milliseconds(longest.durationMs)}${frame ? ` by ${named(frame)}` : ''}`,
      evidence: `${count(stalls.length)} ${stalls.length === 1 ? 'stall' : 'stalls'} over ${milliseconds(stallMs)}, ${percent(share)} of the time; requests waited meanwhile`,
      nextStep: 'Break the work up (setImmediate between pieces) or move it to a worker thread.',
      value: longest.durationMs,
      error: 0,
      threshold: stallMs,
      unit: 'ms',
      confidence: 1,
      share,
      ...(frame && { frame }),
    },
  ];
}

/** Who of the program ran most, and for which share of the time samples say that anything of it ran. */
function during(cpu: Samples, atMs: number, durationMs: number): { readonly frame: Frame | undefined; readonly seenRatio: number } | undefined {
  const { timeline } = cpu;
  if (timeline === undefined) return undefined;
  const fromUs = timeline.startUs + atMs * 1e3;
  const part = between(cpu, fromUs, fromUs + durationMs * 1e3);
  const costs = ownCosts(part);
  const seen = costs.reduce((sum, { ownSamples }) => sum + ownSamples, 0);
  return { frame: costs[0]?.frame, seenRatio: (seen * intervalOf(timeline)) / (durationMs * 1e3) };
}

/** The usual time between two samples, in microseconds. */
function intervalOf({ timesUs }: Timeline): number {
  const gaps = timesUs.subarray(1).map((timeUs, index) => timeUs - (timesUs[index] ?? timeUs)).sort();
  return gaps[gaps.length >> 1] ?? 0;
}

/** Promises by the ten thousand. */
export function promiseStorm({ promises, durationMs }: ProfileData, { pendingPromises, promisesPerSecond }: Required<BottleneckThresholds>): Bottleneck[] {
  if (promises === undefined) return [];
  const { created, peakPending, sites } = promises;
  const perSecond = created / Math.max(1, durationMs / 1e3);
  const isPending = peakPending >= pendingPromises;
  if (!isPending && perSecond < promisesPerSecond) return [];
  const [top] = ownCosts(sites);
  return [
    {
      kind: 'promise-storm',
      title: isPending ? `${count(peakPending)} promises were open at once` : `${count(perSecond)} promises a second`,
      evidence: `${count(created)} created, at most ${count(peakPending)} open${top ? `; most by ${named(top.frame)}` : ''}`,
      nextStep: 'Work through the list with a bounded number at a time, and keep async out of inner loops.',
      value: isPending ? peakPending : perSecond,
      error: 0,
      threshold: isPending ? pendingPromises : promisesPerSecond,
      unit: 'count',
      confidence: 1,
      share: 1,
      ...(top && { frame: top.frame }),
    },
  ];
}
