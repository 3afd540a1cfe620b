import { invalidProfile } from '../errors.js';
import type { ScriptPlaces } from './script-places.js';
import { type Samples, StackTree, type ValueType } from '../samples.js';
import { type CallFrame, CallFrameWriter, PROGRAM, ROOT, isRoot, toFrame } from './call-frame.js';
import { type Unchecked, numberIn, objectIn, objectsIn } from './json.js';

/*
 * The `.heapprofile` of Chrome DevTools: `HeapProfiler.SamplingHeapProfile` of the DevTools protocol as JSON.
 * https://chromedevtools.github.io/devtools-protocol/v8/HeapProfiler/#type-SamplingHeapProfile
 */

const valueTypes = (type: 'allocated' | 'live'): readonly ValueType[] => [
  { type: 'samples', unit: 'count' },
  { type, unit: 'bytes' },
];

/** Whether a file's top level looks like a heap profile. */
export const isHeapProfile = ({ value }: Unchecked): boolean => Object.hasOwn(value, 'head');

/**
 * `places` has those of functions of which V8 has collected the script.
 * @throws {ProfilerError} `ERR_PROFILER_INVALID_PROFILE`
 */
export function readHeapProfile(file: Unchecked, of: 'allocated' | 'live' = 'allocated', places?: ScriptPlaces): Samples {
  const tree = new StackTree();
  const counts: number[] = [];
  const bytes: number[] = [];
  const nodeOfId = new Map<number, number>();
  const add = (column: number[], node: number, amount: number): void => {
    column[node] = (column[node] ?? 0) + amount;
  };

  const pending = [{ json: objectIn(file, 'head'), parent: -1 }];
  for (const { json, parent } of pending) {
    const callFrame = objectIn(json, 'callFrame');
    const selfBytes = numberIn(json, 'selfSize');
    if (selfBytes < 0) throw invalidProfile(`${json.where}.selfSize`, selfBytes, 'at least 0');
    const node = isRoot(callFrame) ? -1 : tree.node(parent, toFrame(callFrame, places));
    const holder = node >= 0 || selfBytes === 0 ? node : tree.node(-1, PROGRAM); // Allocated with no JavaScript on the stack.
    nodeOfId.set(numberIn(json, 'id', -1), holder);
    if (holder >= 0) add(bytes, holder, selfBytes);
    for (const child of objectsIn(json, 'children')) pending.push({ json: child, parent: node });
  }
  for (const sample of objectsIn(file, 'samples')) {
    // V8 leaves out nodes of which all was collected, and may still list a sample of theirs.
    const node = nodeOfId.get(numberIn(sample, 'nodeId')) ?? -1;
    if (node >= 0) add(counts, node, 1);
  }
  const column = (values: readonly number[]): Float64Array => Float64Array.from({ length: tree.nodeCount }, (_, node) => values[node] ?? 0);
  return { valueTypes: valueTypes(of), ...tree.columns(), values: [column(counts), column(bytes)] };
}

/** The JSON text; reading it gives the same stacks and costs. */
export function writeHeapProfile({ frames, nodeFrames, nodeParents, values: [counts, bytes] }: Samples): string {
  const writer = new CallFrameWriter();
  const textOf = (callFrame: CallFrame, selfSize: number, id: number, children: readonly string[] = []): string =>
    `{"callFrame":${JSON.stringify(callFrame)},"selfSize":${selfSize},"id":${id},"children":[${children.toReversed().join()}]}`;
  // The innermost first, as callers come before what they call: a tree of objects would nest as deep as the stacks, and
  // JSON.stringify with it.
  const called = new Map<number, string[]>();
  for (let node = nodeFrames.length - 1; node >= 0; node -= 1) {
    const text = textOf(writer.write(frames[nodeFrames[node] ?? -1] ?? PROGRAM), bytes?.[node] ?? 0, node + 2, called.get(node));
    called.delete(node);
    const parent = nodeParents[node] ?? -1;
    const siblings = called.get(parent);
    if (siblings === undefined) called.set(parent, [text]);
    else siblings.push(text);
  }
  let ordinal = 0;
  const samples = Array.from(nodeFrames, (_, node) => {
    const count = counts?.[node] ?? 0;
    return Array.from({ length: count }, () => ({ size: (bytes?.[node] ?? 0) / count, nodeId: node + 2, ordinal: (ordinal += 1) }));
  }).flat();
  return `{"head":${textOf(ROOT, 0, 1, called.get(-1))},"samples":${JSON.stringify(samples)}}`;
}
