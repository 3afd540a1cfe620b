import type { ProfileData } from '../profile-data.js';
import type { Samples } from '../samples.js';

/** What the time line shows beside each other, all over the same time. */
export interface Lanes {
  readonly durationMs: number;
  readonly lanes: readonly Lane[];
}

export interface Lane {
  readonly name: string;
  readonly unit: 'ratio' | 'bytes' | 'bytes per second';
  /** Evenly spread over the time. */
  readonly values: readonly number[];
  /** Begin and length of what is marked, in ms, and what it is. */
  readonly marks: readonly (readonly [number, number, string])[];
}

const SLOTS = 300;

export function lanesOf({ cpu, io, runtime, durationMs }: ProfileData): Lanes {
  const lanes: Lane[] = [];
  const marks = [
    ...(runtime?.gc.pauses.map(({ atMs, durationMs: length, kind }) => [round(atMs), round(length), `${kind === 'weakCallbacks' ? 'weak callbacks' : kind} GC`] as const) ?? []),
    ...(runtime?.eventLoop.stalls.map(({ atMs, durationMs: length }) => [round(atMs), round(length), 'stall'] as const) ?? []),
  ];
  if (cpu?.timeline) lanes.push({ name: 'Thread busy', unit: 'ratio', values: busyRatios(cpu), marks });
  else if (marks.length > 0) lanes.push({ name: 'Pauses', unit: 'ratio', values: [], marks });
  const readings = runtime?.heap.readings ?? [];
  if (readings.length > 1) {
    const spread = (size: 'usedBytes' | 'rssBytes' | 'externalBytes'): number[] => resampled(readings.map((reading) => [reading.atMs, reading[size]] as const), durationMs);
    lanes.push({ name: 'Heap used', unit: 'bytes', values: spread('usedBytes'), marks: [] }, { name: 'External memory', unit: 'bytes', values: spread('externalBytes'), marks: [] }, { name: 'Resident memory', unit: 'bytes', values: spread('rssBytes'), marks: [] });
  }
  if (io && io.slices.length > 0) {
    const rates = (of: 'diskBytes' | 'networkBytes'): number[] =>
      resampled(io.slices.map((slice, index) => [index * io.sliceMs, Math.round((slice[of] * 1e3) / io.sliceMs)] as const), durationMs);
    lanes.push({ name: 'Disk', unit: 'bytes per second', values: rates('diskBytes'), marks: [] }, { name: 'Network', unit: 'bytes per second', values: rates('networkBytes'), marks: [] });
  }
  return { durationMs, lanes: lanes.filter(({ values, marks: own }) => own.length > 0 || values.some((value) => value > 0)) };
}

const round = (ms: number): number => Math.round(ms * 10) / 10;

/** Share of each slot in which the thread did something. */
function busyRatios({ timeline, frames, nodeFrames }: Samples): number[] {
  if (timeline === undefined || timeline.endUs <= timeline.startUs) return [];
  const { nodes, timesUs, startUs, endUs } = timeline;
  const slotUs = (endUs - startUs) / SLOTS;
  const busyUs = new Float64Array(SLOTS);
  for (const [index, node] of nodes.entries()) {
    if (frames[nodeFrames[node] ?? -1]?.kind === 'idle') continue;
    const from = Math.max(startUs, timesUs[index] ?? endUs);
    const until = Math.min(endUs, timesUs[index + 1] ?? endUs);
    const last = Math.min(SLOTS - 1, Math.floor((until - startUs) / slotUs));
    for (let slot = Math.floor((from - startUs) / slotUs); slot <= last; slot += 1) {
      const slotFrom = startUs + slot * slotUs;
      busyUs[slot] = (busyUs[slot] ?? 0) + Math.max(0, Math.min(until, slotFrom + slotUs) - Math.max(from, slotFrom));
    }
  }
  return Array.from(busyUs, (us) => Math.min(1, Math.round((us / slotUs) * 100) / 100));
}

/** Each slot has the last value known by then. */
function resampled(known: readonly (readonly [number, number])[], durationMs: number): number[] {
  const length = Math.min(SLOTS, Math.max(2, known.length * 4));
  let at = 0;
  return Array.from({ length }, (_, slot) => {
    while (at + 1 < known.length && (known[at + 1]?.[0] ?? Infinity) <= (slot / (length - 1)) * durationMs) at += 1;
    return known[at]?.[1] ?? 0;
  });
}
