import type { Frame, Samples, ValueType } from './samples.js';

/** What a function costs, in the unit of the {@link Costs} it is part of. */
export interface FunctionCost extends Frame {
  /** In the function itself. */
  readonly self: number;
  /** In the function and all it called. A recursive function counts once a sample. */
  readonly total: number;
  /** Share of `busy`, 0…1. */
  readonly selfRatio: number;
  readonly totalRatio: number;
}

/** What a run cost, by function. */
export interface Costs {
  /** Microseconds of CPU samples, bytes of memory samples. */
  readonly unit: ValueType['unit'];
  /** All that was sampled, `idle` included. */
  readonly total: number;
  /** `total` without `idle`. */
  readonly busy: number;
  /** The event loop waited. */
  readonly idle: number;
  readonly gc: number;
  /** Native code with no JavaScript on the stack. */
  readonly program: number;
  /** Every function that cost anything, the largest `self` first. Idle and garbage collection are no functions. */
  readonly functions: readonly FunctionCost[];
}

/** Self and total of every function, from the last of the value types. */
export function costsOf(samples: Samples): Costs {
  const { frames, valueTypes } = samples;
  const { self, total } = sumsByFrame(samples);

  const sums = { script: 0, profiler: 0, node: 0, native: 0, program: 0, gc: 0, idle: 0 };
  for (const [index, { kind }] of frames.entries()) sums[kind] += self[index] ?? 0;
  const all = Object.values(sums).reduce((sum, part) => sum + part, 0);
  const busy = all - sums.idle;

  const functions = frames
    .map((frame, index) => functionCost(frame, self[index] ?? 0, total[index] ?? 0, busy))
    .filter(({ kind, total }) => total > 0 && (kind === 'script' || kind === 'profiler' || kind === 'node' || kind === 'native'))
    .sort((a, b) => b.self - a.self || b.total - a.total);
  return { unit: valueTypes.at(-1)?.unit ?? 'count', total: all, busy, idle: sums.idle, gc: sums.gc, program: sums.program, functions };
}

const functionCost = (frame: Frame, self: number, total: number, busy: number): FunctionCost => ({
  ...frame,
  self,
  total,
  selfRatio: busy === 0 ? 0 : self / busy,
  totalRatio: busy === 0 ? 0 : total / busy,
});

/** For each node, what fell on it and on all below it. */
export function subtreeSums({ nodeParents, values }: Samples): Float64Array {
  const sums = Float64Array.from(values.at(-1) ?? []);
  // Callers come before what they call: from the end, every sum is complete when it is handed up.
  for (let node = nodeParents.length - 1; node >= 0; node -= 1) {
    const parent = nodeParents[node] ?? -1;
    if (parent >= 0) sums[parent] = (sums[parent] ?? 0) + (sums[node] ?? 0);
  }
  return sums;
}

/** Adds up nodes by frame; to a frame's total go only its outermost nodes, or recursion would count twice. */
export function sumsByFrame(samples: Samples): { readonly self: Float64Array; readonly total: Float64Array } {
  const { frames, nodeFrames } = samples;
  const own = samples.values.at(-1) ?? new Float64Array();
  const sums = subtreeSums(samples);
  const self = new Float64Array(frames.length);
  const total = new Float64Array(frames.length);
  const open = new Int32Array(frames.length); // How often each frame is on the path to the node being visited.
  walk(samples, {
    enter: (node) => {
      const frame = nodeFrames[node] ?? 0;
      self[frame] = (self[frame] ?? 0) + (own[node] ?? 0);
      if (open[frame] === 0) total[frame] = (total[frame] ?? 0) + (sums[node] ?? 0);
      open[frame] = (open[frame] ?? 0) + 1;
    },
    leave: (node) => {
      const frame = nodeFrames[node] ?? 0;
      open[frame] = (open[frame] ?? 0) - 1;
    },
  });
  return { self, total };
}

interface Visit {
  readonly enter: (node: number, depth: number) => void;
  readonly leave?: (node: number) => void;
  readonly order?: (a: number, b: number) => number;
}

/** Visits every node after its caller and leaves it after its callees; `order` sorts the callees of one node. */
export function walk(
  { nodeParents }: Samples,
  { enter, leave, order }: Visit,
): void {
  const children = childrenOf(nodeParents);
  /** Last first, as they are taken from the end. */
  const sorted = (nodes: readonly number[]): number[] => (order ? nodes.toSorted(order) : nodes).toReversed();
  const pending = sorted(children[0] ?? []).map((node) => ({ node, depth: 0, entered: false }));
  // A stack of its own, not recursion: a file read in may be deeper than the call stack.
  for (let top = pending.at(-1); top !== undefined; top = pending.at(-1)) {
    if (top.entered) {
      leave?.(top.node);
      pending.pop();
      continue;
    }
    top.entered = true;
    enter(top.node, top.depth);
    for (const node of sorted(children[top.node + 1] ?? [])) pending.push({ node, depth: top.depth + 1, entered: false });
  }
}

/** At n + 1 the callees of node n, at 0 the nodes without caller. */
function childrenOf(nodeParents: Int32Array): number[][] {
  const children: number[][] = Array.from({ length: nodeParents.length + 1 }, () => []);
  for (const [node, parent] of nodeParents.entries()) children[parent + 1]?.push(node);
  return children;
}
