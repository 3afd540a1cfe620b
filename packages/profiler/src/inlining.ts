import type { Frame, LineTicks, Samples, Timeline } from './samples.js';
import { timedValues } from './timeline.js';

/** A function in the text of its script; lines count from 1, both ends are part of it. */
export interface FunctionRange {
  readonly frame: Frame;
  readonly firstLine: number;
  readonly lastLine: number;
  /** What it is written as, nested functions included. */
  readonly text: string;
}

/** The functions of each script by URL, outer ones before those nested in them. */
export type FunctionRanges = ReadonlyMap<string, readonly FunctionRange[]>;

/**
 * V8 books the samples of an inlined function on the function that its code was copied into, and tells by
 * `positionTicks` alone which lines they fell on. A line that cannot be of the function it is booked on goes to the
 * function around that line, if the caller's text leads there by name and nothing else fits; else it stays where it is.
 * The functions between caller and inlined callee, inlined too, are those that names lead through, where only one way does;
 * else they are left out.
 */
export function recoverInlined(samples: Samples, ranges: FunctionRanges): Samples {
  const { lineTicks, timeline } = samples;
  if (lineTicks === undefined || timeline === undefined) return samples;
  const grown = new GrownTree(samples);
  const sharesOf = new Map<number, readonly Share[]>();
  const ticksLeft = new Map<number, readonly LineTicks[]>();
  for (const [node, ticks] of lineTicks) {
    const caller = samples.frames[samples.nodeFrames[node] ?? -1];
    if (caller === undefined) continue;
    const shares = new Map<number, LineTicks[]>();
    for (const tick of ticks) {
      const callee = inlinedAt(caller, tick.line, ranges);
      const path = callee === undefined ? [] : [...between(caller, callee, ranges), callee];
      const holder = path.reduce((parent, { frame }) => grown.child(parent, frame), node);
      shares.set(holder, [...(shares.get(holder) ?? []), tick]);
    }
    for (const [holder, own] of shares) ticksLeft.set(holder, [...(ticksLeft.get(holder) ?? []), ...own]);
    if (shares.size > 1 || !shares.has(node)) sharesOf.set(node, [...shares].map(([holder, own]) => ({ node: holder, ticks: sumOf(own), given: 0 })));
  }
  if (sharesOf.size === 0) return samples;

  const inlined = new Map<number, number>();
  const nodes = timeline.nodes.map((node) => {
    const shares = sharesOf.get(node);
    if (shares === undefined) return node;
    const { node: holder } = next(shares);
    if (holder !== node) inlined.set(holder, (inlined.get(holder) ?? 0) + 1);
    return holder;
  });
  const moved: Timeline = { ...timeline, nodes };
  return { ...samples, ...grown.columns(), values: timedValues(moved, grown.nodeCount), timeline: moved, lineTicks: ticksLeft, inlined };
}

/** Names through which lines might be explained that no function of `ranges` explains: those of scripts not read yet. */
export function namesOfUnexplained(samples: Samples, ranges: FunctionRanges): ReadonlySet<string> {
  const names = new Set<string>();
  for (const [node, ticks] of samples.lineTicks ?? []) {
    const caller = samples.frames[samples.nodeFrames[node] ?? -1];
    const own = caller && ownRange(caller, ranges);
    if (caller === undefined || own === undefined) continue;
    if (ticks.some(({ line }) => !within(own, line) && inlinedAt(caller, line, ranges) === undefined)) for (const name of reachOf(own, ranges).names) names.add(name);
  }
  return names;
}

interface Share {
  readonly node: number;
  readonly ticks: number;
  given: number;
}

const sumOf = (ticks: readonly LineTicks[]): number => ticks.reduce((sum, tick) => sum + tick.ticks, 0);

/** Ticks have no time: the samples of a node are dealt out in turn, by what each of `shares` still has to get. */
function next(shares: readonly Share[]): Share {
  let least: Share | undefined;
  for (const share of shares) if (least === undefined || (share.given + 0.5) / share.ticks < (least.given + 0.5) / least.ticks) least = share;
  if (least === undefined) throw new RangeError('a node without shares');
  least.given += 1;
  return least;
}

const within = ({ firstLine, lastLine }: FunctionRange, line: number): boolean => firstLine <= line && line <= lastLine;

const contains = (outer: FunctionRange, inner: FunctionRange): boolean =>
  outer.firstLine <= inner.firstLine && inner.lastLine <= outer.lastLine && outer.text.length >= inner.text.length;

function ownRange(frame: Frame, ranges: FunctionRanges): FunctionRange | undefined {
  return ranges.get(frame.url)?.find((range) => range.frame.line === frame.line && range.frame.column === frame.column);
}

/** The function whose code was inlined into `caller` and has `line`; `undefined` where it is the caller's own, or unclear. */
function inlinedAt(caller: Frame, line: number, ranges: FunctionRanges): FunctionRange | undefined {
  const own = ownRange(caller, ranges);
  if (own === undefined) return undefined;
  const holders = holdersOf(line, ranges.get(caller.url) ?? []);
  if (holders.includes(own)) return undefined;
  const reach = reachOf(own, ranges);
  const fitting: FunctionRange[] = [];
  for (const [url, functions] of ranges) {
    const [outermost, ...others] = url === caller.url ? holders : holdersOf(line, functions);
    if (outermost === undefined || others.some((other) => !contains(outermost, other))) continue;
    if (url === caller.url ? reach.functions.has(outermost) : reach.names.has(outermost.frame.name)) fitting.push(outermost);
  }
  return fitting.length === 1 ? fitting[0] : undefined;
}

/** The functions through which names lead from `caller` to `callee`, outermost first; none where that is unclear. */
function between(caller: Frame, callee: FunctionRange, ranges: FunctionRanges): readonly FunctionRange[] {
  const own = ownRange(caller, ranges);
  if (own === undefined) return [];
  const candidates = [...reachOf(own, ranges).functions];
  const path: FunctionRange[] = [];
  for (let [via, ...others] = callersIn(candidates, callee); via !== undefined && others.length === 0; [via, ...others] = callersIn(candidates, via)) {
    if (via === own) return path;
    if (path.includes(via)) return [];
    path.unshift(via);
  }
  return [];
}

const callersIn = (candidates: readonly FunctionRange[], called: FunctionRange): FunctionRange[] => candidates.filter((one) => one !== called && namesIn(one).has(called.frame.name));

/** The functions that may have code of their own on a line: the innermost around all of it, and those that begin or end there. */
function holdersOf(line: number, functions: readonly FunctionRange[]): FunctionRange[] {
  const around = functions.filter(({ firstLine, lastLine }) => firstLine < line && line < lastLine).at(-1); // Inner ones come last.
  return functions.filter((range) => range === around || (within(range, line) && (range.firstLine === line || range.lastLine === line) && (around === undefined || contains(around, range))));
}

interface Reach {
  readonly functions: ReadonlySet<FunctionRange>;
  readonly names: ReadonlySet<string>;
}

const reaches = new WeakMap<FunctionRange, Reach>();

/** The functions of a script that a function's text leads to by name, directly or through others, and all names on the way. */
function reachOf(start: FunctionRange, ranges: FunctionRanges): Reach {
  const known = reaches.get(start);
  if (known !== undefined) return known;
  const script = ranges.get(start.frame.url) ?? [];
  const functions = new Set([start]);
  const names = new Set<string>();
  for (const range of functions) {
    for (const name of namesIn(range)) names.add(name);
    for (const other of script) if (names.has(other.frame.name) || contains(range, other)) functions.add(other); // Seen by this loop too.
  }
  const reach = { functions, names };
  reaches.set(start, reach);
  return reach;
}

const namesOf = new WeakMap<FunctionRange, ReadonlySet<string>>();

/** All names that a function is written with. */
function namesIn(range: FunctionRange): ReadonlySet<string> {
  const known = namesOf.get(range);
  if (known !== undefined) return known;
  const names = new Set(Array.from(range.text.matchAll(/[\p{ID_Start}$_#][\p{ID_Continue}$]*/gu), ([name]) => name));
  namesOf.set(range, names);
  return names;
}

/** The tree of `samples` with nodes added behind its own, so that those keep their numbers. */
class GrownTree {
  readonly #frames: Frame[];
  readonly #nodeFrames: number[];
  readonly #nodeParents: number[];
  readonly #children = new Map<string, number>();

  constructor({ frames, nodeFrames, nodeParents }: Samples) {
    this.#frames = [...frames];
    this.#nodeFrames = [...nodeFrames];
    this.#nodeParents = [...nodeParents];
    for (const [node, parent] of nodeParents.entries()) this.#children.set(`${parent} ${nodeFrames[node]}`, node);
  }

  get nodeCount(): number {
    return this.#nodeFrames.length;
  }

  child(parent: number, wanted: Frame): number {
    const frame = this.#frameIndex(wanted);
    const key = `${parent} ${frame}`;
    const known = this.#children.get(key);
    if (known !== undefined) return known;
    const node = this.#nodeFrames.push(frame) - 1;
    this.#nodeParents.push(parent);
    this.#children.set(key, node);
    return node;
  }

  columns(): Pick<Samples, 'frames' | 'nodeFrames' | 'nodeParents'> {
    return { frames: this.#frames, nodeFrames: Int32Array.from(this.#nodeFrames), nodeParents: Int32Array.from(this.#nodeParents) };
  }

  /** By place: in samples, V8 puts the class before a method's name, in ranges it does not. */
  #frameIndex({ url, line, column, name, kind }: Frame): number {
    const known = this.#frames.findIndex((frame) => frame.line === line && frame.column === column && frame.url === url);
    return known >= 0 ? known : this.#frames.push({ name, url, line, column, kind }) - 1;
  }
}
