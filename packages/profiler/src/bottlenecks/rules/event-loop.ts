import type { ProfileData } from '../../profile-data.js';
import type { Frame, Samples } from '../../samples.js';
import { between } from '../../timeline.js';
import type { Bottleneck, BottleneckThresholds } from '../bottleneck.js';
import { count, milliseconds, percent } from '../evidence.js';
import { named, ownCosts } from '../own-costs.js';

/** A program that never lets the loop turn is a batch and has nobody waiting. */
const MOST_SHARE = 0.8;

/** The event loop was held while there was other work for it. */
export function eventLoopStalls({ runtime, cpu, durationMs }: ProfileData, { stallMs }: Required<BottleneckThresholds>): Bottleneck[] {
  const stalls = runtime?.eventLoop.stalls.filter((stall) => stall.durationMs >= stallMs) ?? [];
  const [longest] = stalls.toSorted((a, b) => b.durationMs - a.durationMs);
  const share = stalls.reduce((sum, stall) => sum + stall.durationMs, 0) / durationMs;
  if (longest === undefined || share > MOST_SHARE) return [];
  const held = cpu && during(cpu, longest.atMs, longest.durationMs);
  // Mostly idle, the process had no core: no code of its own is to blame.
  if (held && held.busyRatio < 0.5) return [];
  const frame = held?.frame;
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

function during(cpu: Samples, atMs: number, durationMs: number): { readonly frame: Frame | undefined; readonly busyRatio: number } | undefined {
  const { timeline } = cpu;
  if (timeline === undefined) return undefined;
  const fromUs = timeline.startUs + atMs * 1e3;
  const part = between(cpu, fromUs, fromUs + durationMs * 1e3);
  const [top] = ownCosts(part);
  const costs = part.values.at(-1) ?? new Float64Array();
  let [busy, all] = [0, 0];
  for (const [node, cost] of costs.entries()) {
    all += cost;
    if (part.frames[part.nodeFrames[node] ?? -1]?.kind !== 'idle') busy += cost;
  }
  return { frame: top?.frame, busyRatio: all === 0 ? 1 : busy / all };
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
