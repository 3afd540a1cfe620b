import { invalidProfile } from './errors.js';
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

/** A time line for samples of which only the number and the time of each node are known: one node after the other. */
export function evenTimeline(counts: Float64Array, timesUs: Float64Array): Timeline {
  const count = counts.reduce((sum, own, node) => sum + samplesOf(own, timesUs[node]), 0);
  if (!(count <= MOST_SAMPLES)) throw invalidProfile('the number of samples', count, `at most ${MOST_SAMPLES}`);
  const timeline = { startUs: 0, endUs: 0, nodes: new Int32Array(count), timesUs: new Float64Array(count) };
  let index = 0;
  for (const [node, own] of counts.entries()) {
    const samples = samplesOf(own, timesUs[node]);
    for (let sample = 0; sample < samples; sample += 1) {
      timeline.nodes[index] = node;
      timeline.timesUs[index] = timeline.endUs + ((timesUs[node] ?? 0) * sample) / samples;
      index += 1;
    }
    timeline.endUs += timesUs[node] ?? 0;
  }
  return timeline;
}

const MOST_SAMPLES = 1e7;

/** What took time was sampled, even if nobody counted. */
const samplesOf = (count: number, timeUs = 0): number => Math.max(Math.ceil(count), timeUs > 0 ? 1 : 0);

/** CPU samples without those taken before `fromUs`. All of them if that is no time of theirs. */
export function since(samples: Samples, fromUs: number): Samples {
  const { timeline } = samples;
  return timeline === undefined || fromUs <= timeline.startUs || fromUs > timeline.endUs ? samples : between(samples, fromUs, Infinity);
}

/** CPU samples taken from `fromUs` on and before `untilUs`; the last one there costs until then. */
export function between(samples: Samples, fromUs: number, untilUs: number): Samples {
  const { timeline, lineTicks, nodeFrames } = samples;
  if (timeline === undefined) return samples;
  const startUs = Math.max(timeline.startUs, fromUs);
  const endUs = Math.max(startUs, Math.min(timeline.endUs, untilUs));
  const { timesUs } = timeline;
  const first = indexFrom(timesUs, startUs);
  const end = untilUs > timeline.endUs ? timesUs.length : indexFrom(timesUs, endUs);
  const rest: Timeline = { startUs, endUs, nodes: timeline.nodes.slice(first, end), timesUs: timesUs.slice(first, end), ...(timeline.labels && { labels: timeline.labels.slice(first, end) }) };
  const values = timedValues(rest, nodeFrames.length);
  // Ticks have no time: they go with the last sample of their node.
  const ticks = lineTicks && new Map([...lineTicks].filter(([node]) => (values[0][node] ?? 0) > 0));
  return { ...samples, values, timeline: rest, ...(ticks && { lineTicks: ticks }) };
}

/** Of the first sample at `fromUs` or later. */
function indexFrom(timesUs: Float64Array, fromUs: number): number {
  const found = timesUs.findIndex((timeUs) => timeUs >= fromUs);
  return found < 0 ? timesUs.length : found;
}
