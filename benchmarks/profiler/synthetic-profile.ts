import { seededRandom } from '@fog/testkit';
import { type Profile, parseProfile } from '@fog/profiler';

/** Samples on a random tree of so many nodes, as a large application has, in the format of Chrome DevTools. */
export function syntheticProfile({ nodes, samples, seed }: { readonly nodes: number; readonly samples: number; readonly seed: number }): Profile {
  const random = seededRandom(seed);
  const depths = [0];
  const made = Array.from({ length: nodes }, (_, index) => ({
    id: index + 1,
    callFrame: { functionName: index === 0 ? '(root)' : `function${index % 4_000}`, scriptId: String(index % 300), url: index === 0 ? '' : `file:///app/module${index % 300}.js`, lineNumber: index % 997, columnNumber: 1 },
    hitCount: 0,
    children: [] as number[],
  }));
  for (let index = 1; index < nodes; index += 1) {
    // Near the node before, so that stacks are deep, but never too deep.
    let parent = Math.max(0, index - 1 - Math.floor(random() ** 3 * 200));
    while ((depths[parent] ?? 0) > 60) parent = Math.floor(random() * parent);
    depths[index] = (depths[parent] ?? 0) + 1;
    made[parent]?.children.push(index + 1);
  }
  const taken = Array.from({ length: samples }, () => 2 + Math.floor(random() * (nodes - 1)));
  return parseProfile(JSON.stringify({ nodes: made, startTime: 0, endTime: samples * 1_000, samples: taken, timeDeltas: taken.map(() => 1_000) }));
}

/** The same tree as objects in objects, which d3-flame-graph takes. */
export interface FlameNode {
  readonly name: string;
  value: number;
  readonly children: FlameNode[];
}

export function flameNodesOf(profile: Profile): FlameNode {
  const root: FlameNode = { name: 'all', value: 0, children: [] };
  const { nodeFrames, nodeParents, frames, values } = profile.cpu ?? { nodeFrames: [], nodeParents: [], frames: [], values: [] };
  const own = values.at(-1) ?? [];
  const nodes = Array.from(nodeFrames, (frame, node): FlameNode => ({ name: frames[frame]?.name ?? '', value: own[node] ?? 0, children: [] }));
  for (let node = nodes.length - 1; node >= 0; node -= 1) {
    const made = nodes[node];
    const parent = nodes[nodeParents[node] ?? -1] ?? root;
    if (made === undefined) continue;
    parent.children.push(made);
    parent.value += made.value; // Callers come first: from the end, each is complete when it is handed up.
  }
  return root;
}
