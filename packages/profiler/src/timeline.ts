import type { Samples, Timeline } from './samples.js';

export const TIMED_VALUE_TYPES = [
  { type: 'samples', unit: 'count' },
  { type: 'time', unit: 'microseconds' },
] as const;

/** To each node its samples, and the time from each of them to the next, as DevTools counts. */
export function timedValues({ nodes, timesUs, endUs }: Timeline, nodeCount: number): [counts: Float64Array, times: Float64Array] {
  const counts = new Float64Array(nodeCount);
  const times = new Float64Array(nodeCount);
  for (const [index, node] of nodes.entries()) {
    const fromUs = timesUs[index] ?? endUs;
    const untilUs = timesUs[index + 1] ?? endUs;
    counts[node] = (counts[node] ?? 0) + 1;
    times[node] = (times[node] ?? 0) + Math.max(0, untilUs - fromUs); // The last sample may lie behind the end.
  }
  return [counts, times];
}

/** CPU samples without those taken before `fromUs`. All of them if that is no time of theirs. */
export function since(samples: Samples, fromUs: number): Samples {
  const { timeline, lineTicks, nodeFrames } = samples;
  if (timeline === undefined || fromUs <= timeline.startUs || fromUs > timeline.endUs) return samples;
  const found = timeline.timesUs.findIndex((timeUs) => timeUs >= fromUs);
  const first = found < 0 ? timeline.timesUs.length : found;
  const rest: Timeline = { startUs: fromUs, endUs: timeline.endUs, nodes: timeline.nodes.slice(first), timesUs: timeline.timesUs.slice(first) };
  const [counts, times] = timedValues(rest, nodeFrames.length);
  // Ticks have no time: they go with the last sample of their node.
  const ticks = lineTicks && new Map([...lineTicks].filter(([node]) => (counts[node] ?? 0) > 0));
  return { ...samples, values: [counts, times], timeline: rest, ...(ticks && { lineTicks: ticks }) };
}
