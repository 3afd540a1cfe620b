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
export function eventLoopStalls({ runtime, cpu, durationMs }: ProfileData, { stallMs }: Required<BottleneckThresholds>): Bottleneck[] {
  const stalls = runtime?.eventLoop.stalls.filter((stall) => stall.durationMs >= stallMs).toSorted((a, b) => b.durationMs - a.durationMs) ?? [];
  const share = stalls.reduce((sum, stall) => sum + stall.durationMs, 0) / durationMs;
  if (share > MOST_SHARE) return [];
  // Seldom sampled, or idle, the process had no core: no code of its own is to blame for that one.
  const blamed = stalls.map((stall) => ({ ...stall, held: cpu && during(cpu, stall.atMs, stall.durationMs) })).find(({ held }) => held === undefined || held.seenRatio >= LEAST_SEEN);
  if (blamed === undefined) return [];
  const frame = blamed.held?.frame;
  return [
    {
      kind: 'event-loop-stall',
      title: `The event loop was held for ${milliseconds(blamed.durationMs)}${frame ? ` by ${named(frame)}` : ''}`,
      evidence: `${count(stalls.length)} ${stalls.length === 1 ? 'stall' : 'stalls'} over ${milliseconds(stallMs)}, ${percent(share)} of the time; requests waited meanwhile`,
      nextStep: 'Break the work up (setImmediate between pieces) or move it to a worker thread.',
      value: blamed.durationMs,
      error: 0,
      threshold: stallMs,
      unit: 'ms',
      confidence: 1,
      share,
      ...(frame && { frame }),
    },
  ];
}

/** Who ran, and for which share of the time samples say that anybody did. */
function during(cpu: Samples, atMs: number, durationMs: number): { readonly frame: Frame | undefined; readonly seenRatio: number } | undefined {
  const { timeline } = cpu;
  if (timeline === undefined) return undefined;
  const fromUs = timeline.startUs + atMs * 1e3;
  const part = between(cpu, fromUs, fromUs + durationMs * 1e3);
  const [top] = ownCosts(part);
  const busy = part.values[0]?.reduce((sum, count, node) => sum + (part.frames[part.nodeFrames[node] ?? -1]?.kind === 'idle' ? 0 : count), 0) ?? 0;
  return { frame: top?.frame, seenRatio: (busy * intervalOf(timeline)) / (durationMs * 1e3) };
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
