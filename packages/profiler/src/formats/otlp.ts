import { type Labels, labelledValues } from '../labels.js';
import type { Frame, Samples, ValueType } from '../samples.js';
import { PROGRAM } from './call-frame.js';
import type { PprofRun } from './pprof.js';
import { MessageWriter } from './protobuf.js';

/*
 * Profiles of the OpenTelemetry protocol, `opentelemetry.proto.profiles.v1development.ProfilesData`. One profile holds one
 * kind of value there, so samples become two: their number and what they cost. As of release 1.10 of the protocol, in
 * which this signal is in development: fields may still change their numbers.
 * https://github.com/open-telemetry/opentelemetry-proto/blob/v1.10.0/opentelemetry/proto/profiles/v1development/profiles.proto
 */

const DATA = { resourceProfiles: 1, dictionary: 2 } as const;
const RESOURCE_PROFILES = { scopeProfiles: 2 } as const;
const SCOPE_PROFILES = { scope: 1, profiles: 2 } as const;
const SCOPE = { name: 1 } as const;
const PROFILE = { sampleType: 1, samples: 2, timeUnixNano: 3, durationNano: 4, periodType: 5, period: 6 } as const;
const VALUE_TYPE = { type: 1, unit: 2 } as const;
const SAMPLE = { stack: 1, attributes: 2, link: 3, values: 4 } as const;
const DICTIONARY = { mappings: 1, locations: 2, functions: 3, links: 4, strings: 5, attributes: 6, stacks: 7 } as const;
const STACK = { locations: 1 } as const;
const LOCATION = { lines: 3 } as const;
const LINE = { function: 1, line: 2, column: 3 } as const;
const FUNCTION = { name: 1, systemName: 2, filename: 3, startLine: 4 } as const;
const LINK = { traceId: 1, spanId: 2 } as const;
const ATTRIBUTE = { key: 1, value: 2 } as const;
const ANY_VALUE = { text: 1 } as const;

/** As OpenTelemetry's conventions name them, and how many of theirs make one of ours. */
const NAMES: Readonly<Record<ValueType['type'], readonly [type: string, unit: string, scale: number]>> = {
  samples: ['samples', 'count', 1],
  time: ['wall', 'nanoseconds', 1e3],
  allocated: ['alloc_space', 'bytes', 1],
  live: ['inuse_space', 'bytes', 1],
  waited: ['off_cpu', 'nanoseconds', 1e3],
  transferred: ['io_space', 'bytes', 1],
};

type Place = Omit<Frame, 'kind'>;

/** A table whose entries are referred to by index; the first one is empty, so that 0 can mean none. */
class Table<Entry> {
  readonly messages: MessageWriter[] = [new MessageWriter()];
  readonly #indexes = new Map<string, number>();
  readonly #write: (entry: Entry) => MessageWriter;

  constructor(write: (entry: Entry) => MessageWriter) {
    this.#write = write;
  }

  index(key: string, entry: Entry): number {
    const known = this.#indexes.get(key);
    if (known !== undefined) return known;
    const index = this.messages.push(this.#write(entry)) - 1;
    this.#indexes.set(key, index);
    return index;
  }
}

export function writeOtlp(samples: Samples, { startedAtMs, durationMs, period }: PprofRun): Buffer {
  const { frames, nodeFrames, nodeParents, valueTypes } = samples;
  const texts = new Map([['', 0]]);
  const text = (value: string): number => {
    const known = texts.get(value) ?? texts.size;
    texts.set(value, known);
    return known;
  };
  const stacks = new Table((locations: readonly number[]) => new MessageWriter().packed(STACK.locations, locations));
  const links = new Table(({ trace_id: trace = '', span_id: span = '' }: Labels) => new MessageWriter().bytes(LINK.traceId, Buffer.from(trace, 'hex')).bytes(LINK.spanId, Buffer.from(span, 'hex')));
  const attributes = new Table(([key, value]: readonly [string, string]) => new MessageWriter().number(ATTRIBUTE.key, text(key)).message(ATTRIBUTE.value, new MessageWriter().text(ANY_VALUE.text, value)));

  const functions = new Table(({ name, url, line }: Place) =>
    new MessageWriter().number(FUNCTION.name, text(name)).number(FUNCTION.systemName, text(name)).number(FUNCTION.filename, text(url)).number(FUNCTION.startLine, line),
  );
  const locations = new Table((place: Place) => {
    const { name, url, line, column } = place;
    const at = new MessageWriter().number(LINE.function, functions.index(JSON.stringify([name, url, line]), place)).number(LINE.line, line).number(LINE.column, column);
    return new MessageWriter().message(LOCATION.lines, at);
  });
  const located: number[] = [];
  const locationOf = (frame: number): number => {
    const { name, url, line, column } = frames[frame] ?? PROGRAM;
    return (located[frame] ??= locations.index(JSON.stringify([name, url, line, column]), { name, url, line, column }));
  };
  const stackOf = (node: number): number => {
    const path: number[] = []; // Innermost first.
    for (let at = node; at >= 0; at = nodeParents[at] ?? -1) path.push(locationOf(nodeFrames[at] ?? -1));
    return stacks.index(path.join(), path);
  };
  const attributesOf = (labels: Labels): number[] =>
    Object.entries(labels).filter(([key]) => !(isLinked(labels) && isLink(key))).map((entry) => attributes.index(JSON.stringify(entry), entry));
  const linkOf = (labels: Labels): number => (isLinked(labels) ? links.index(`${labels['trace_id']} ${labels['span_id']}`, labels) : 0);

  const typeOf = ([type, unit]: readonly [string, string, number]): MessageWriter => new MessageWriter().number(VALUE_TYPE.type, text(type)).number(VALUE_TYPE.unit, text(unit));
  const scope = new MessageWriter().message(SCOPE_PROFILES.scope, new MessageWriter().text(SCOPE.name, '@fog/profiler'));
  const labelled = labelledValues(samples);
  for (const [column, { type }] of valueTypes.entries()) {
    const profile = new MessageWriter().message(PROFILE.sampleType, typeOf(NAMES[type]));
    for (const { node, labels, values } of labelled) {
      const value = Math.round((values[column] ?? 0) * NAMES[type][2]);
      if (value === 0) continue;
      const sample = new MessageWriter().number(SAMPLE.stack, stackOf(node)).packed(SAMPLE.attributes, attributesOf(labels)).number(SAMPLE.link, linkOf(labels));
      profile.message(PROFILE.samples, sample.packed(SAMPLE.values, [value]));
    }
    if (startedAtMs !== undefined) profile.fixed64(PROFILE.timeUnixNano, BigInt(Math.round(startedAtMs * 1e3)) * 1_000n);
    profile.number(PROFILE.durationNano, Math.round(durationMs * 1e6));
    const last = valueTypes.at(-1);
    if (last !== undefined && period > 0) profile.message(PROFILE.periodType, typeOf(NAMES[last.type])).number(PROFILE.period, Math.round(period * NAMES[last.type][2]));
    scope.message(SCOPE_PROFILES.profiles, profile);
  }

  const dictionary = new MessageWriter().message(DICTIONARY.mappings, new MessageWriter());
  for (const message of locations.messages) dictionary.message(DICTIONARY.locations, message);
  for (const message of functions.messages) dictionary.message(DICTIONARY.functions, message);
  for (const message of stacks.messages) dictionary.message(DICTIONARY.stacks, message);
  for (const message of links.messages) dictionary.message(DICTIONARY.links, message);
  for (const message of attributes.messages) dictionary.message(DICTIONARY.attributes, message);
  for (const value of texts.keys()) dictionary.text(DICTIONARY.strings, value); // Last, when all are known.
  const resource = new MessageWriter().message(RESOURCE_PROFILES.scopeProfiles, scope);
  return new MessageWriter().message(DATA.resourceProfiles, resource).message(DATA.dictionary, dictionary).finish();
}

const isLink = (key: string): boolean => key === 'trace_id' || key === 'span_id';

/** Both, of the lengths that the protocol has. */
const isLinked = ({ trace_id: trace = '', span_id: span = '' }: Labels): boolean => /^[\da-f]{32}$/.test(trace) && /^[\da-f]{16}$/.test(span);
