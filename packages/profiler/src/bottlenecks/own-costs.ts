import { sumsByFrame, walk } from '../call-tree.js';
import type { Frame, Samples } from '../samples.js';
import { scriptName } from '../script-path.js';

/** What one function of the program costs. */
export interface OwnCost {
  readonly frame: Frame;
  /** In the function and in what it calls of Node and V8, as those are not the program's to change. */
  readonly own: number;
  readonly ownSamples: number;
  /** In all it calls, too. */
  readonly total: number;
}

/** Of the functions of the program, the most expensive first. The unit is that of the last value type. */
export function ownCosts(samples: Samples): readonly OwnCost[] {
  const { frames } = samples;
  const own = new Float64Array(frames.length);
  const counts = new Float64Array(frames.length);
  eachOwner(samples, (owner, _node, cost, count) => {
    own[owner] = (own[owner] ?? 0) + cost;
    counts[owner] = (counts[owner] ?? 0) + count;
  });
  const { total } = sumsByFrame(samples);
  return frames
    .map((frame, index) => ({ frame, own: own[index] ?? 0, ownSamples: counts[index] ?? 0, total: total[index] ?? 0 }))
    .filter(({ frame, total }) => frame.kind === 'script' && total > 0)
    .sort((a, b) => b.own - a.own);
}

/** Calls `visit` for each node with the frame of the program that has it called, itself included. */
export function eachOwner(samples: Samples, visit: (owner: number, node: number, cost: number, samples: number) => void): void {
  const { frames, nodeFrames, values } = samples;
  const costs = values.at(-1) ?? new Float64Array();
  const counts = values[0] ?? new Float64Array();
  const path: number[] = []; // The owner of each node that is open; -1 before the first of the program.
  walk(samples, {
    enter: (node) => {
      const frame = nodeFrames[node] ?? 0;
      const owner = frames[frame]?.kind === 'script' ? frame : (path.at(-1) ?? -1);
      path.push(owner);
      if (owner >= 0) visit(owner, node, costs[node] ?? 0, counts[node] ?? 0);
    },
    leave: () => void path.pop(),
  });
}

/** With its place, which V8 does not know of allocations of a script that was collected since. */
export const named = ({ name, url, line }: Frame): string => (url === '' ? name : `${name} (${scriptName(url)}:${line})`);
