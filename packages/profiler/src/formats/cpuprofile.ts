import { invalidProfile } from '../errors.js';
import { type Frame, type LineTicks, type Samples, StackTree, type Timeline } from '../samples.js';
import { TIMED_VALUE_TYPES, evenTimeline, timedValues } from '../timeline.js';
import { CallFrameWriter, PROGRAM, ROOT, isRoot, toFrame } from './call-frame.js';
import { type Unchecked, numberIn, numbersIn, objectIn, objectsIn } from './json.js';

/*
 * The `.cpuprofile` of Chrome DevTools: `Profiler.Profile` of the DevTools protocol as JSON.
 * https://chromedevtools.github.io/devtools-protocol/v8/Profiler/#type-Profile
 */

/** Whether a file's top level looks like a CPU profile. */
export const isCpuProfile = ({ value }: Unchecked): boolean => Object.hasOwn(value, 'nodes');

/** @throws {ProfilerError} `ERR_PROFILER_INVALID_PROFILE` */
export function readCpuProfile(file: Unchecked): Samples {
  const nodes = nodesById(objectsIn(file, 'nodes'));
  const startUs = numberIn(file, 'startTime');
  const endUs = numberIn(file, 'endTime');
  if (endUs < startUs) throw invalidProfile('endTime', endUs, `at least startTime, ${startUs}`);

  const { tree, nodeOf } = buildTree(nodes);
  const timeline = readTimeline(file, { startUs, endUs }, nodes, nodeOf);
  const lineTicks = readLineTicks(nodes, nodeOf);
  const values = timedValues(timeline, tree.nodeCount); // Last, as `nodeOf` may add a node.
  return { valueTypes: TIMED_VALUE_TYPES, ...tree.columns(), values, timeline, ...(lineTicks.size > 0 && { lineTicks }) };
}

interface FileNode {
  readonly json: Unchecked;
  readonly frame: Frame | 'root';
  parent: number | undefined;
}

function nodesById(items: readonly Unchecked[]): ReadonlyMap<number, FileNode> {
  const nodes = new Map<number, FileNode>();
  for (const json of items) {
    const id = numberIn(json, 'id');
    if (nodes.has(id)) throw invalidProfile(`${json.where}.id`, id, 'an id that no other node has');
    const callFrame = objectIn(json, 'callFrame');
    nodes.set(id, { json, frame: isRoot(callFrame) ? 'root' : toFrame(callFrame), parent: undefined });
  }
  for (const [id, { json }] of nodes) {
    for (const childId of numbersIn(json, 'children') ?? []) {
      const child = nodes.get(childId);
      if (child === undefined) throw invalidProfile(`a child in ${json.where}`, childId, 'the id of a node');
      if (child.parent !== undefined) throw invalidProfile(`the parent of node ${childId}`, id, `one node alone, as ${child.parent} is it already`);
      child.parent = id;
    }
  }
  return nodes;
}

/** Callers first, whatever their order in the file; a root is no function and gets no node. */
function buildTree(nodes: ReadonlyMap<number, FileNode>): { tree: StackTree; nodeOf: (id: number) => number | undefined } {
  const tree = new StackTree();
  const built = new Map<number, number>();
  const pending = [...nodes].filter(([, { parent }]) => parent === undefined).map(([id]) => ({ id, parent: -1 }));
  for (const { id, parent } of pending) {
    const node = nodes.get(id);
    if (node === undefined) continue;
    const index = node.frame === 'root' ? -1 : tree.node(parent, node.frame);
    built.set(id, index);
    for (const child of numbersIn(node.json, 'children') ?? []) pending.push({ id: child, parent: index });
  }
  if (built.size < nodes.size) throw invalidProfile('nodes', `${nodes.size} nodes of which ${nodes.size - built.size} lie in a cycle`, 'a tree');
  return {
    tree,
    nodeOf: (id) => {
      const index = built.get(id);
      return index === -1 ? tree.node(-1, PROGRAM) : index; // What V8 put on the root itself has no stack at all.
    },
  };
}

type NodeOf = ReturnType<typeof buildTree>['nodeOf'];

function readTimeline(file: Unchecked, span: Pick<Timeline, 'startUs' | 'endUs'>, nodes: ReadonlyMap<number, FileNode>, nodeOf: NodeOf): Timeline {
  const ids = numbersIn(file, 'samples') ?? hits(nodes);
  const deltas = numbersIn(file, 'timeDeltas') ?? evenDeltas(span, ids.length);
  if (deltas.length !== ids.length) throw invalidProfile('the length of timeDeltas', deltas.length, `${ids.length}, as samples has`);
  const timeline = { ...span, nodes: new Int32Array(ids.length), timesUs: new Float64Array(ids.length) };
  let timeUs = span.startUs;
  let ascending = true;
  for (const [index, id] of ids.entries()) {
    const node = nodeOf(id);
    if (node === undefined) throw invalidProfile(`samples[${index}]`, id, 'the id of a node');
    const deltaUs = deltas[index] ?? 0;
    if (deltaUs < 0) ascending = false;
    timeUs += deltaUs;
    timeline.nodes[index] = node;
    timeline.timesUs[index] = timeUs;
  }
  return ascending ? timeline : inOrder(timeline);
}

/** Some versions of V8 write a few negative deltas. */
function inOrder(timeline: Timeline): Timeline {
  const { nodes, timesUs } = timeline;
  const order = Array.from(timesUs.keys()).sort((a, b) => (timesUs[a] ?? 0) - (timesUs[b] ?? 0));
  return { ...timeline, nodes: Int32Array.from(order, (index) => nodes[index] ?? 0), timesUs: Float64Array.from(order, (index) => timesUs[index] ?? 0) };
}

/** Files without `samples` know how often a node was hit, but not when. */
function hits(nodes: ReadonlyMap<number, FileNode>): number[] {
  return [...nodes].flatMap(([id, { json }]) => {
    const count = numberIn(json, 'hitCount', 0);
    if (!Number.isInteger(count) || count < 0 || count > 1e7) throw invalidProfile(`${json.where}.hitCount`, count, 'a count of samples');
    return Array.from({ length: count }, () => id);
  });
}

const evenDeltas = ({ startUs, endUs }: Pick<Timeline, 'startUs' | 'endUs'>, count: number): number[] =>
  Array.from({ length: count }, (_, index) => (index === 0 ? 0 : (endUs - startUs) / count));

function readLineTicks(nodes: ReadonlyMap<number, FileNode>, nodeOf: NodeOf): Map<number, LineTicks[]> {
  const lineTicks = new Map<number, LineTicks[]>();
  for (const [id, { json }] of nodes) {
    const ticks = objectsIn(json, 'positionTicks').map((tick) => ({ line: numberIn(tick, 'line'), ticks: numberIn(tick, 'ticks') }));
    const node = ticks.length === 0 ? undefined : nodeOf(id);
    if (node === undefined) continue;
    const known = lineTicks.get(node);
    if (known === undefined) lineTicks.set(node, ticks);
    else known.push(...ticks);
  }
  return lineTicks;
}

/** The JSON text; reading it gives the same stacks, costs and times. */
export function writeCpuProfile(samples: Samples): string {
  const { frames, nodeFrames, nodeParents, values, lineTicks, timeline } = samples;
  const writer = new CallFrameWriter();
  const idOf = (node: number): number => node + 2; // 1 is the root.
  const children = new Map<number, number[]>();
  for (const [node, parent] of nodeParents.entries()) {
    const siblings = children.get(idOf(parent)) ?? [];
    siblings.push(idOf(node));
    children.set(idOf(parent), siblings);
  }
  const nodes = Array.from(nodeFrames, (frame, node) => ({
    id: idOf(node),
    callFrame: writer.write(frames[frame] ?? PROGRAM),
    hitCount: values[0]?.[node] ?? 0,
    children: children.get(idOf(node)) ?? [],
    ...(lineTicks?.has(node) && { positionTicks: lineTicks.get(node) }),
  }));
  const { startUs, endUs, nodes: sampled, timesUs } = timeline ?? evenTimeline(values[0] ?? new Float64Array(), values.at(-1) ?? new Float64Array());
  return JSON.stringify({
    nodes: [{ id: 1, callFrame: ROOT, hitCount: 0, children: children.get(1) ?? [] }, ...nodes],
    startTime: startUs,
    endTime: endUs,
    samples: Array.from(sampled, idOf),
    timeDeltas: Array.from(timesUs, (timeUs, index) => timeUs - (timesUs[index - 1] ?? startUs)),
  });
}
