import fc from 'fast-check';
import type { Frame, FrameKind, Samples } from '../src/samples.js';
import { StackTree } from '../src/samples.js';
import { TIMED_VALUE_TYPES, timedValues } from '../src/timeline.js';

/** A sample as a plain reader would have it: when, and the stack from the outermost function inwards. */
export interface PlainSample {
  readonly deltaUs: number;
  readonly stack: readonly Frame[];
}

const hostile = ['', '<script>alert(1)</script>', '</script>', 'constructor', '__proto__', 'a;b\nc', '\ud800', '\u2028', '(idle)', 'x'.repeat(5_000)];

const frame = (index: number, kind: FrameKind): Frame => {
  const name = hostile[index % hostile.length] ?? '';
  const placed = kind === 'script' || kind === 'node';
  const url = kind === 'node' ? `node:module${index % 2}` : placed ? `file:///app/${index % 3}.js` : '';
  return { name: name === '' ? '(anonymous)' : name, url, line: placed ? index + 1 : 0, column: placed ? 1 : 0, kind };
};

const frames: Frame[] = [
  ...Array.from({ length: 12 }, (_, index) => frame(index, 'script')),
  ...[1, 2, 3].map((index) => frame(index, 'node')),
  ...[1, 3, 4].map((index) => frame(index, 'native')),
  { name: '(garbage collector)', url: '', line: 0, column: 0, kind: 'gc' },
  { name: '(program)', url: '', line: 0, column: 0, kind: 'program' },
  { name: '(idle)', url: '', line: 0, column: 0, kind: 'idle' },
];

/** Few frames with hostile names and deep stacks, so that recursion and equal callers are common. */
export const plainSamples: fc.Arbitrary<PlainSample[]> = fc.array(
  fc.record({ deltaUs: fc.integer({ min: 0, max: 2_000 }), stack: fc.array(fc.constantFrom(...frames), { minLength: 1, maxLength: 8 }) }),
  { maxLength: 40 },
);

export const START_US = 1_000_000;

/** Samples at `START_US` + the first delta, and so on; the last one lasts 100 us. */
export function samplesFrom(plain: readonly PlainSample[]): Samples {
  const tree = new StackTree();
  let timeUs = START_US;
  const taken = plain.map(({ deltaUs, stack }) => {
    let node = -1;
    for (const part of stack) node = tree.node(node, part);
    return { node, timeUs: (timeUs += deltaUs) };
  });
  const timeline = {
    startUs: START_US,
    endUs: timeUs + 100,
    nodes: Int32Array.from(taken, ({ node }) => node),
    timesUs: Float64Array.from(taken, (sample) => sample.timeUs),
  };
  return { valueTypes: TIMED_VALUE_TYPES, ...tree.columns(), values: timedValues(timeline, tree.nodeCount), timeline };
}

/** What each sample cost: the time until the next one. */
export const costsUs = (plain: readonly PlainSample[]): number[] => plain.map((_, index) => plain[index + 1]?.deltaUs ?? 100);

/** The stack of each sample as text, with its time, to compare trees whose nodes are numbered otherwise. */
export function stacksOf({ frames, nodeFrames, nodeParents, timeline }: Samples): string[] {
  return Array.from(timeline?.nodes ?? [], (leaf, index) => {
    const stack: unknown[] = [];
    for (let node = leaf; node >= 0; node = nodeParents[node] ?? -1) stack.unshift(frames[nodeFrames[node] ?? -1]);
    return JSON.stringify([timeline?.timesUs[index], stack]);
  });
}
