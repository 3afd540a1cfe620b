import { type LineTicks, type Samples, StackTree, type Timeline } from './samples.js';
import { timedValues } from './timeline.js';

/** All samples in one tree: costs and counts of equal stacks add up. They must be of the same kind. */
export function mergeSamples(all: readonly Samples[]): Samples | undefined {
  const [first, ...others] = all;
  if (first === undefined || others.length === 0) return first;
  const tree = new StackTree();
  const nodesOf = all.map((samples) => addTo(tree, samples));
  const values = first.valueTypes.map((_, column) => {
    const sums = new Float64Array(tree.nodeCount);
    for (const [index, samples] of all.entries()) addUp(sums, samples.values[column], nodesOf[index]);
    return sums;
  });
  const merged: Samples = { valueTypes: first.valueTypes, ...tree.columns(), values, ...mergedTicks(all, nodesOf), ...mergedBuiltins(all) };
  const timelines = all.flatMap(({ timeline }, index) => (timeline ? [{ ...timeline, nodes: timeline.nodes.map((node) => nodesOf[index]?.[node] ?? 0) }] : []));
  if (timelines.length < all.length) return merged;
  const timeline = laidEndToEnd(timelines);
  return { ...merged, timeline: { ...timeline, ...mergedLabels(all) }, values: timedValues(timeline, tree.nodeCount), ...mergedLabelSets(all) };
}

function mergedBuiltins(all: readonly Samples[]): Pick<Samples, 'builtins'> {
  const builtins = all.flatMap((samples) => [...(samples.builtins ?? [])]);
  return builtins.length === 0 ? {} : { builtins: new Map(builtins) };
}

const isLabelled = ({ labelSets }: Samples): boolean => labelSets !== undefined;

/** Equal sets of different profiles stay two; whoever adds up goes by what is in them. */
function mergedLabelSets(all: readonly Samples[]): Pick<Samples, 'labelSets'> {
  return all.some(isLabelled) ? { labelSets: all.flatMap(({ labelSets = [{}] }) => labelSets) } : {};
}

function mergedLabels(all: readonly Samples[]): Pick<Timeline, 'labels'> {
  if (!all.some(isLabelled)) return {};
  const labels: number[] = [];
  let offset = 0;
  for (const { timeline, labelSets = [{}] } of all) {
    for (const index of timeline?.nodes.keys() ?? []) labels.push(offset + (timeline?.labels?.[index] ?? 0));
    offset += labelSets.length;
  }
  return { labels: Int32Array.from(labels) };
}

/** The node in `tree` of each node of `samples`. */
function addTo(tree: StackTree, { frames, nodeFrames, nodeParents }: Samples): Int32Array {
  const nodes = new Int32Array(nodeFrames.length);
  for (const [node, index] of nodeFrames.entries()) {
    const frame = frames[index];
    const parent = nodeParents[node] ?? -1;
    if (frame !== undefined) nodes[node] = tree.node(parent < 0 ? -1 : (nodes[parent] ?? -1), frame); // Callers come first.
  }
  return nodes;
}

/** Adds the values of nodes to those of their nodes in another tree. */
function addUp(sums: Float64Array, values: Float64Array = new Float64Array(), nodes: Int32Array = new Int32Array()): Float64Array {
  for (const [node, value] of values.entries()) {
    const target = nodes[node] ?? 0;
    sums[target] = (sums[target] ?? 0) + value;
  }
  return sums;
}

/** One after the other, whatever lay between them or however they overlapped: their costs then add up to the last bit of time. */
function laidEndToEnd(timelines: readonly Timeline[]): Timeline {
  const count = timelines.reduce((sum, { nodes }) => sum + nodes.length, 0);
  const startUs = timelines[0]?.startUs ?? 0;
  const merged = { startUs, endUs: startUs, nodes: new Int32Array(count), timesUs: new Float64Array(count) };
  let index = 0;
  for (const [ordinal, { nodes, timesUs, startUs, endUs }] of timelines.entries()) {
    // What lies before the first sample costs nobody anything; kept in the middle it would cost the sample before it.
    const fromUs = ordinal === 0 ? startUs : (timesUs[0] ?? endUs);
    const shiftUs = merged.endUs - fromUs;
    merged.nodes.set(nodes, index);
    merged.timesUs.set(timesUs.map((timeUs) => timeUs + shiftUs), index);
    merged.endUs = endUs + shiftUs;
    index += nodes.length;
  }
  return merged;
}

function mergedTicks(all: readonly Samples[], nodesOf: readonly Int32Array[]): Pick<Samples, 'lineTicks' | 'inlined'> {
  const lines = new Map<number, Map<number, number>>();
  const inlined = new Map<number, number>();
  for (const [index, samples] of all.entries()) {
    const nodes = nodesOf[index];
    for (const [node, ticks] of samples.lineTicks ?? []) {
      const known = lines.get(nodes?.[node] ?? 0) ?? new Map<number, number>();
      for (const { line, ticks: more } of ticks) known.set(line, (known.get(line) ?? 0) + more);
      lines.set(nodes?.[node] ?? 0, known);
    }
    for (const [node, count] of samples.inlined ?? []) inlined.set(nodes?.[node] ?? 0, (inlined.get(nodes?.[node] ?? 0) ?? 0) + count);
  }
  const lineTicks = new Map([...lines].map(([node, ticks]) => [node, Array.from(ticks, ([line, count]): LineTicks => ({ line, ticks: count }))]));
  return { ...(lineTicks.size > 0 && { lineTicks }), ...(inlined.size > 0 && { inlined }) };
}

/** Two samplings in one tree, frames and nodes those of either. */
export interface Compared {
  /** With the values of `after`. */
  readonly samples: Samples;
  /** What fell on each node before, from the last of the value types. */
  readonly before: Float64Array;
}

export function compareSamples(before: Samples, after: Samples): Compared {
  const tree = new StackTree();
  const afterNodes = addTo(tree, after);
  const beforeNodes = addTo(tree, { ...before, frames: matchedFrames(before, after) });
  const spread = (values: Float64Array | undefined, nodes: Int32Array): Float64Array => addUp(new Float64Array(tree.nodeCount), values, nodes);
  return {
    samples: { valueTypes: after.valueTypes, ...tree.columns(), values: after.values.map((values) => spread(values, afterNodes)) },
    before: spread(before.values.at(-1), beforeNodes),
  };
}

/** Frames of before as they are called after: a function that has moved within its file is still the same, if its name tells it apart. */
function matchedFrames(before: Samples, after: Samples): Samples['frames'] {
  const byName = ({ frames }: Samples): Map<string, number> => {
    const found = new Map<string, number>();
    for (const [index, { name, url, kind }] of frames.entries()) {
      const key = JSON.stringify([name, url, kind]);
      found.set(key, found.has(key) ? -1 : index);
    }
    return found;
  };
  const [old, now] = [byName(before), byName(after)];
  return before.frames.map((frame) => {
    const key = JSON.stringify([frame.name, frame.url, frame.kind]);
    return (old.get(key) === -1 ? undefined : after.frames[now.get(key) ?? -1]) ?? frame;
  });
}
