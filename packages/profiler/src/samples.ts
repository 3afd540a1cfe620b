/** Where a frame's code comes from. */
export type FrameKind =
  /** JavaScript of the program and its dependencies. */
  | 'script'
  /** JavaScript of this profiler. */
  | 'profiler'
  /** JavaScript of Node itself, `node:…`. */
  | 'node'
  /** A built-in or native function, by name. */
  | 'native'
  /** Native code with no JavaScript on the stack. */
  | 'program'
  /** Garbage collection. */
  | 'gc'
  /** The event loop waits. */
  | 'idle';

/** A function, or what stands in the place of one. */
export interface Frame {
  readonly name: string;
  /** As V8 has it: a `file:` URL, a path, `node:…`, or empty for what has no source. */
  readonly url: string;
  /** Of the function's beginning, in I/O of the call; counted from 1 as in stack traces; 0 where there is none. */
  readonly line: number;
  readonly column: number;
  readonly kind: FrameKind;
}

/** What a number of a sample counts, and in which unit. */
export type ValueType =
  | { readonly type: 'samples'; readonly unit: 'count' }
  | { readonly type: 'time'; readonly unit: 'microseconds' }
  | { readonly type: 'allocated'; readonly unit: 'bytes' }
  | { readonly type: 'live'; readonly unit: 'bytes' }
  | { readonly type: 'waited'; readonly unit: 'microseconds' }
  | { readonly type: 'transferred'; readonly unit: 'bytes' };

/** How many samples saw a function at one of its lines (from 1). */
export interface LineTicks {
  readonly line: number;
  readonly ticks: number;
}

/** The samples in the order in which they were taken. */
export interface Timeline {
  /** When the recording began and ended, in microseconds of V8's monotonic clock. */
  readonly startUs: number;
  readonly endUs: number;
  /** The node that sample n fell on. */
  readonly nodes: Int32Array;
  /** When sample n was taken, on the clock of `startUs`; ascending. */
  readonly timesUs: Float64Array;
  /** The labels that sample n was taken under: index into `labelSets`. */
  readonly labels?: Int32Array;
}

/**
 * Stacks and what they cost, as a tree: a node is a frame called from its parent node. Columns instead of objects,
 * so that a million samples are a few typed arrays. Knows no file format.
 */
export interface Samples {
  /** What `values` holds; the last one is the cost that reports show. */
  readonly valueTypes: readonly ValueType[];
  /** Each frame once. */
  readonly frames: readonly Frame[];
  /** Index into `frames`, by node. */
  readonly nodeFrames: Int32Array;
  /** Index of the caller, by node; -1 where there is none. A caller comes before what it calls. */
  readonly nodeParents: Int32Array;
  /** For each value type, what fell on each node itself, its callees left out. */
  readonly values: readonly Float64Array[];
  /** Of CPU samples alone. */
  readonly timeline?: Timeline;
  /** By node, where V8 tells: the lines that `samples` fell on. */
  readonly lineTicks?: ReadonlyMap<number, readonly LineTicks[]>;
  /** By node, how many of its `samples` V8 had booked on the caller that the function was inlined into. */
  readonly inlined?: ReadonlyMap<number, number>;
  /** Sets of labels, each once; at 0 the empty one. */
  readonly labelSets?: readonly Readonly<Record<string, string>>[];
  /** What of the language a sampled line calls that costs much by nature, by `url:line`. */
  readonly builtins?: ReadonlyMap<string, string>;
}

/** Of which of a profile's samples. */
export type SamplesKind = 'cpu' | 'memory' | 'io';

/** Number of samples. */
export function sampleCount({ valueTypes, values }: Samples): number {
  const counts = values[valueTypes.findIndex(({ type }) => type === 'samples')];
  return counts?.reduce((sum, count) => sum + count, 0) ?? 0;
}

/** Grows the tree of {@link Samples}: equal frames become one, equal calls from one node become one node. */
export class StackTree {
  readonly frames: Frame[] = [];
  readonly #nodeFrames: number[] = [];
  readonly #nodeParents: number[] = [];
  readonly #frameIndex = new Map<string, number>();
  readonly #nodeIndex = new Map<number, number>();

  /** The node of `frame` called from `parent`, made if it is new. */
  node(parent: number, frame: Frame): number {
    const index = this.#frame(frame);
    // One number for both: 2 ** 22 frames are more than a program has functions.
    const key = (parent + 1) * 2 ** 22 + index;
    const known = this.#nodeIndex.get(key);
    if (known !== undefined) return known;
    const node = this.#nodeFrames.push(index) - 1;
    this.#nodeParents.push(parent);
    this.#nodeIndex.set(key, node);
    return node;
  }

  get nodeCount(): number {
    return this.#nodeFrames.length;
  }

  columns(): Pick<Samples, 'frames' | 'nodeFrames' | 'nodeParents'> {
    return { frames: this.frames, nodeFrames: Int32Array.from(this.#nodeFrames), nodeParents: Int32Array.from(this.#nodeParents) };
  }

  #frame(frame: Frame): number {
    const key = JSON.stringify([frame.name, frame.url, frame.line, frame.column, frame.kind]);
    const known = this.#frameIndex.get(key);
    if (known !== undefined) return known;
    const index = this.frames.push(frame) - 1;
    this.#frameIndex.set(key, index);
    return index;
  }
}
