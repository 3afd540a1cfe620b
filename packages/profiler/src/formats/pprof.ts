import { gunzipSync, gzipSync } from 'node:zlib';
import { invalidProfile } from '../errors.js';
import { type Frame, type Samples, StackTree, type ValueType } from '../samples.js';
import { TIMED_VALUE_TYPES, evenTimeline } from '../timeline.js';
import { labelledValues } from '../labels.js';
import { frameFrom } from './call-frame.js';
import { type Field, MessageWriter, fieldsOf, numbersOf } from './protobuf.js';

/*
 * pprof, for `go tool pprof`, Pyroscope, Grafana and speedscope: a gzipped message of Protocol Buffers.
 * https://github.com/google/pprof/blob/main/proto/profile.proto
 */

const PROFILE = { sampleType: 1, sample: 2, mapping: 3, location: 4, function: 5, texts: 6, timeNanos: 9, durationNanos: 10, periodType: 11, period: 12, defaultSampleType: 14 } as const;
const VALUE_TYPE = { type: 1, unit: 2 } as const;
const SAMPLE = { locations: 1, values: 2, label: 3 } as const;
const LABEL = { key: 1, text: 2 } as const;
const MAPPING = { id: 1, hasFunctions: 7, hasFilenames: 8, hasLines: 9, hasInlineFrames: 10 } as const;
const LOCATION = { id: 1, mapping: 2, line: 4 } as const;
const LINE = { function: 1, line: 2, column: 3 } as const;
const FUNCTION = { id: 1, name: 2, systemName: 3, filename: 4, startLine: 5 } as const;

/** What pprof's readers know these values by, and how many of theirs make one of ours. */
const NAMES: Readonly<Record<ValueType['type'], readonly [type: string, unit: string, scale: number]>> = {
  samples: ['samples', 'count', 1],
  time: ['wall', 'nanoseconds', 1e3],
  allocated: ['alloc_space', 'bytes', 1],
  live: ['inuse_space', 'bytes', 1],
  waited: ['wait', 'nanoseconds', 1e3],
  transferred: ['io_space', 'bytes', 1],
};

export interface PprofRun {
  readonly startedAtMs: number | undefined;
  readonly durationMs: number;
  /** Between two samples, in the unit of the last value type; 0 where it is not known. */
  readonly period: number;
}

/** Gzipped. Reading it gives the same stacks and costs; when each sample was taken, pprof does not hold. */
export function writePprof(samples: Samples, { startedAtMs, durationMs, period }: PprofRun): Buffer {
  const { frames, nodeFrames, nodeParents, valueTypes } = samples;
  const texts = new Map([['', 0]]);
  const text = (value: string): number => {
    const known = texts.get(value) ?? texts.size;
    texts.set(value, known);
    return known;
  };
  const types = valueTypes.map(({ type }) => NAMES[type]);
  const typeOf = ([type, unit]: readonly [string, string, number]): MessageWriter => new MessageWriter().number(VALUE_TYPE.type, text(type)).number(VALUE_TYPE.unit, text(unit));

  const profile = new MessageWriter();
  for (const type of types) profile.message(PROFILE.sampleType, typeOf(type));
  for (const { node, labels, values } of labelledValues(samples)) {
    const amounts = types.map(([, , scale], column) => Math.round((values[column] ?? 0) * scale));
    if (amounts.every((amount) => amount === 0)) continue;
    const stack: number[] = []; // Innermost first.
    for (let at = node; at >= 0; at = nodeParents[at] ?? -1) stack.push((nodeFrames[at] ?? 0) + 1);
    const sample = new MessageWriter().packed(SAMPLE.locations, stack).packed(SAMPLE.values, amounts);
    for (const [key, value] of Object.entries(labels)) sample.message(SAMPLE.label, new MessageWriter().number(LABEL.key, text(key)).number(LABEL.text, text(value)));
    profile.message(PROFILE.sample, sample);
  }
  // `go tool pprof` looks up names itself unless a mapping says that they are there.
  const mapping = new MessageWriter().number(MAPPING.id, 1).number(MAPPING.hasFunctions, 1).number(MAPPING.hasFilenames, 1).number(MAPPING.hasLines, 1);
  profile.message(PROFILE.mapping, mapping.number(MAPPING.hasInlineFrames, 1));
  for (const [index, { name, url, line, column }] of frames.entries()) {
    const id = index + 1;
    const place = new MessageWriter().number(LINE.function, id).number(LINE.line, line).number(LINE.column, column);
    profile.message(PROFILE.location, new MessageWriter().number(LOCATION.id, id).number(LOCATION.mapping, 1).message(LOCATION.line, place));
    const named = new MessageWriter().number(FUNCTION.id, id).number(FUNCTION.name, text(name)).number(FUNCTION.systemName, text(name));
    profile.message(PROFILE.function, named.number(FUNCTION.filename, text(url)).number(FUNCTION.startLine, line));
  }
  const last = types.at(-1);
  if (startedAtMs !== undefined) profile.number(PROFILE.timeNanos, BigInt(Math.round(startedAtMs * 1e3)) * 1_000n);
  profile.number(PROFILE.durationNanos, Math.round(durationMs * 1e6));
  if (last !== undefined && period > 0) profile.message(PROFILE.periodType, typeOf(last)).number(PROFILE.period, Math.round(period * last[2]));
  for (const value of texts.keys()) profile.text(PROFILE.texts, value); // Last, when all are known.
  return gzipSync(profile.finish());
}

/** Larger ones are no profiles, but bombs. */
const MOST_BYTES = 2 ** 29;

export interface PprofContent {
  readonly startedAtMs: number | undefined;
  readonly durationMs: number;
  readonly samples: Samples;
  readonly of: 'cpu' | 'memory';
}

/**
 * Gzipped or not, ours or of another program. Of several values the default one is read, else the last.
 * @throws {ProfilerError} `ERR_PROFILER_INVALID_PROFILE`
 */
export function readPprof(file: Buffer): PprofContent {
  const content = new Content(unzipped(file));
  const { column, count, type, scale } = content.valueColumns();
  const tree = new StackTree();
  const counts: number[] = [];
  const costs: number[] = [];
  for (const { stack, values } of content.stacks()) {
    let node = -1;
    for (const frame of stack) node = tree.node(node, frame);
    if (node < 0) continue;
    counts[node] = (counts[node] ?? 0) + (count === undefined ? 0 : (values[count] ?? 0));
    costs[node] = (costs[node] ?? 0) + (values[column] ?? 0) / scale;
  }
  const filled = (sums: readonly number[]): Float64Array => Float64Array.from({ length: tree.nodeCount }, (_, node) => sums[node] ?? 0);
  const values = [filled(counts), filled(costs)] as const;
  const run = { startedAtMs: content.timeNanos === 0 ? undefined : content.timeNanos / 1e6, durationMs: content.durationNanos / 1e6 };
  if (type === 'allocated') {
    const valueTypes: readonly ValueType[] = [{ type: 'samples', unit: 'count' }, { type, unit: 'bytes' }];
    return { ...run, of: 'memory', samples: { valueTypes, ...tree.columns(), values } };
  }
  return { ...run, of: 'cpu', samples: { valueTypes: TIMED_VALUE_TYPES, ...tree.columns(), values, timeline: evenTimeline(...values) } };
}

/** @throws {ProfilerError} `ERR_PROFILER_INVALID_PROFILE` */
export function unzipped(file: Buffer): Buffer {
  if (file[0] !== 0x1f || file[1] !== 0x8b) return file;
  try {
    return gunzipSync(file, { maxOutputLength: MOST_BYTES });
  } catch (error) {
    throw invalidProfile('the file', `gzip that fails: ${error instanceof Error ? error.message : String(error)}`, 'gzip that is complete');
  }
}

/** Units of time that pprof's writers use, in parts of a microsecond. */
const PER_MICROSECOND: ReadonlyMap<string, number> = new Map([
  ['nanoseconds', 1e3],
  ['microseconds', 1],
  ['milliseconds', 1e-3],
  ['seconds', 1e-6],
]);

/** The message taken apart; what refers to texts by index is resolved when all of it has been seen. */
class Content {
  timeNanos = 0;
  durationNanos = 0;
  readonly #texts: string[] = [];
  readonly #types: Numbers[] = [];
  readonly #samples: Buffer[] = [];
  readonly #locations = new Map<number, readonly { readonly function: number; readonly line: number; readonly column: number }[]>();
  readonly #functions = new Map<number, Numbers>();
  readonly #frames = new Map<number, readonly Frame[]>();
  #defaultType = 0;

  constructor(message: Buffer) {
    for (const field of fieldsOf(message, 'the file')) this.#take(field);
  }

  #take({ field, value, bytes }: Field): void {
    if (field === PROFILE.texts) this.#texts.push(bytes.toString('utf8'));
    else if (field === PROFILE.sampleType) this.#types.push(numbersIn(bytes, 'a value type'));
    else if (field === PROFILE.sample) this.#samples.push(bytes);
    else if (field === PROFILE.location) this.#takeLocation(bytes);
    else if (field === PROFILE.function) {
      const named = numbersIn(bytes, 'a function');
      this.#functions.set(named[FUNCTION.id] ?? 0, named);
    } else if (field === PROFILE.timeNanos) this.timeNanos = value;
    else if (field === PROFILE.durationNanos) this.durationNanos = value;
    else if (field === PROFILE.defaultSampleType) this.#defaultType = value;
  }

  #takeLocation(message: Buffer): void {
    let id = 0;
    const lines = [];
    for (const { field, value, bytes } of fieldsOf(message, 'a location')) {
      if (field === LOCATION.id) id = value;
      if (field !== LOCATION.line) continue;
      const line = numbersIn(bytes, 'a line');
      lines.push({ function: line[LINE.function] ?? 0, line: line[LINE.line] ?? 0, column: line[LINE.column] ?? 0 });
    }
    this.#locations.set(id, lines);
  }

  valueColumns(): { column: number; count: number | undefined; type: 'time' | 'allocated'; scale: number } {
    if (this.#types.length === 0) throw invalidProfile('the file', 'a message without value types', 'JSON or pprof');
    const types = this.#types.map((type) => ({ type: this.#text(type[VALUE_TYPE.type]), unit: this.#text(type[VALUE_TYPE.unit]) }));
    const wanted = this.#text(this.#defaultType);
    const found = types.findIndex(({ type }) => wanted !== '' && type === wanted);
    const column = found < 0 ? types.length - 1 : found;
    const unit = types[column]?.unit ?? '';
    // The count that belongs to a value comes before it: objects before space, samples before time.
    const before = types.findLastIndex((type, index) => index < column && type.unit === 'count');
    const count = before < 0 ? undefined : before;
    const scale = PER_MICROSECOND.get(unit);
    if (scale === undefined && unit !== 'bytes') throw invalidProfile('the unit of the value', unit, `bytes, ${[...PER_MICROSECOND.keys()].join(', ')}`);
    return { column, count, type: scale === undefined ? 'allocated' : 'time', scale: scale ?? 1 };
  }

  /** Outermost frame first. */
  *stacks(): Generator<{ readonly stack: readonly Frame[]; readonly values: readonly number[] }> {
    for (const message of this.#samples) {
      const stack: Frame[] = [];
      const values: number[] = [];
      for (const field of fieldsOf(message, 'a sample')) {
        if (field.field === SAMPLE.locations) for (const id of numbersOf(field, 'a sample')) stack.push(...this.#framesAt(id));
        else if (field.field === SAMPLE.values) values.push(...numbersOf(field, 'a sample'));
      }
      const wrong = values.find((value) => value < 0);
      if (wrong !== undefined) throw invalidProfile('a value of a sample', wrong, 'at least 0');
      yield { stack: stack.toReversed(), values };
    }
  }

  #framesAt(id: number): readonly Frame[] {
    const known = this.#frames.get(id);
    if (known !== undefined) return known;
    const lines = this.#locations.get(id);
    if (lines === undefined) throw invalidProfile('a location of a sample', id, 'the id of a location');
    const frames = lines.map((line) => this.#frame(line));
    this.#frames.set(id, frames);
    return frames;
  }

  #frame({ function: id, line, column }: { readonly function: number; readonly line: number; readonly column: number }): Frame {
    const named = this.#functions.get(id);
    if (named === undefined) throw invalidProfile('the function of a location', id, 'the id of a function');
    const startLine = named[FUNCTION.startLine] ?? 0;
    // Others write the line that was running, and a location for each; of a function it is one frame.
    return frameFrom({ name: this.#text(named[FUNCTION.name]), url: this.#text(named[FUNCTION.filename]), line: startLine === 0 ? line : startLine, column: startLine === line ? column : 0 });
  }

  #text(index = 0): string {
    const text = this.#texts[index];
    if (text === undefined && index > 0) throw invalidProfile('the index of a text', index, `below ${this.#texts.length}`);
    return text ?? '';
  }
}

type Numbers = Readonly<Record<number, number>>;

/** The numbers of a message that has each field once. */
function numbersIn(message: Buffer, where: string): Numbers {
  return Object.fromEntries(Array.from(fieldsOf(message, where), ({ field, value }) => [field, value]));
}
