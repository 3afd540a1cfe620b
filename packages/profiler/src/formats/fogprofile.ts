import { gzipSync } from 'node:zlib';
import { invalidProfile } from '../errors.js';
import type { ProfileData } from '../profile-data.js';
import type { Frame, FrameKind, Samples, ValueType } from '../samples.js';
import { type Unchecked, objectAt, property } from './json.js';
import { type Reader, count, list, number, object, oneOf, optional, text } from './shape.js';

/*
 * All of a profile in one file of this package's own, as no common format holds I/O, labels and what the runtime did:
 * gzipped JSON, columns as lists.
 */

const VERSION = 1;

/** Whether a file's top level looks like one of ours. */
export const isFogProfile = ({ value }: Unchecked): boolean => Object.hasOwn(value, 'fogProfile');

export function writeFogProfile({ cpu, memory, checkpoints, io, promises, workers, ...rest }: ProfileData): Buffer {
  const file = {
    fogProfile: VERSION,
    ...rest,
    cpu: cpu && columnsOf(cpu),
    memory: memory && columnsOf(memory),
    checkpoints: checkpoints.map(columnsOf),
    io: io && { ...io, sites: columnsOf(io.sites) },
    promises: promises && { ...promises, sites: columnsOf(promises.sites) },
    workers: workers.map(({ title, cpu: own }) => ({ title, cpu: columnsOf(own) })),
  };
  return gzipSync(JSON.stringify(file));
}

/** @throws {ProfilerError} `ERR_PROFILER_INVALID_PROFILE` */
export function readFogProfile(file: Unchecked): ProfileData {
  const version = property(file, 'fogProfile');
  if (version !== VERSION) throw invalidProfile('fogProfile', version, `version ${VERSION}`);
  return whole({ where: 'the file', value: { file: file.value } }, 'file');
}

function columnsOf({ valueTypes, frames, nodeFrames, nodeParents, values, timeline, lineTicks, inlined, labelSets, builtins }: Samples): object {
  return {
    valueTypes,
    frames: frames.map(({ name, url, line, column, kind }) => ({ name, url, line, column, kind })),
    nodeFrames: [...nodeFrames],
    nodeParents: [...nodeParents],
    values: values.map((column) => [...column]),
    timeline: timeline && { ...timeline, nodes: [...timeline.nodes], timesUs: [...timeline.timesUs], labels: timeline.labels && [...timeline.labels] },
    lineTicks: lineTicks && Array.from(lineTicks, ([node, ticks]) => ({ node, ticks })),
    inlined: inlined && Array.from(inlined, ([node, samples]) => ({ node, samples })),
    labelSets: labelSets?.map((labels) => Object.entries(labels).map(([key, value]) => ({ key, value }))),
    builtins: builtins && Array.from(builtins, ([place, name]) => ({ place, name })),
  };
}

const KINDS = ['script', 'profiler', 'node', 'native', 'program', 'gc', 'idle'] as const satisfies readonly FrameKind[];
const frame: Reader<Frame> = object({ name: text, url: text, line: number, column: number, kind: oneOf(...KINDS) });
const valueType = object({ type: oneOf('samples', 'time', 'allocated', 'live', 'waited', 'transferred'), unit: oneOf('count', 'microseconds', 'bytes') }) as Reader<ValueType>;

const columns = object({
  valueTypes: list(valueType),
  frames: list(frame),
  nodeFrames: list(count),
  nodeParents: list(number),
  values: list(list(number)),
  timeline: optional(object({ startUs: number, endUs: number, nodes: list(count), timesUs: list(number), labels: optional(list(count)) })),
  lineTicks: optional(list(object({ node: count, ticks: list(object({ line: number, ticks: number })) }))),
  inlined: optional(list(object({ node: count, samples: number }))),
  labelSets: optional(list(list(object({ key: text, value: text })))),
  builtins: optional(list(object({ place: text, name: text }))),
});

const samples: Reader<Samples> = (parent, key) => {
  const where = `${parent.where}.${key}`;
  const { valueTypes, frames, nodeFrames, nodeParents, values, timeline, lineTicks, inlined, labelSets, builtins } = columns(parent, key);
  const nodes = nodeFrames.length;
  const sets = labelSets?.map((labels) => Object.fromEntries(labels.map((label) => [label.key, label.value])));
  const inRange = (what: string, index: number, end: number, from = 0): void => {
    if (!Number.isInteger(index) || index < from || index >= end) throw invalidProfile(`${where}: ${what}`, index, `an index from ${from} and below ${end}`);
  };
  const asLong = (what: string, length: number, wanted: number): void => {
    if (length !== wanted) throw invalidProfile(`${where}: the length of ${what}`, length, String(wanted));
  };
  asLong('nodeParents', nodeParents.length, nodes);
  asLong('values', values.length, valueTypes.length);
  if (valueTypes.length === 0) throw invalidProfile(`${where}.valueTypes`, valueTypes, 'one or more');
  for (const column of values) asLong('a column of values', column.length, nodes);
  for (const [node, index] of nodeFrames.entries()) {
    inRange('a frame of a node', index, frames.length);
    inRange('the caller of a node', nodeParents[node] ?? 0, node, -1); // Callers come first.
  }
  if (timeline) {
    asLong('timesUs', timeline.timesUs.length, timeline.nodes.length);
    if (timeline.labels) asLong('labels', timeline.labels.length, timeline.nodes.length);
    for (const node of timeline.nodes) inRange('a node of a sample', node, nodes);
    for (const set of timeline.labels ?? []) inRange('labels of a sample', set, sets?.length ?? 0);
  }
  return {
    valueTypes,
    frames,
    nodeFrames: Int32Array.from(nodeFrames),
    nodeParents: Int32Array.from(nodeParents),
    values: values.map((column) => Float64Array.from(column)),
    ...(timeline && {
      timeline: {
        startUs: timeline.startUs,
        endUs: timeline.endUs,
        nodes: Int32Array.from(timeline.nodes),
        timesUs: Float64Array.from(timeline.timesUs),
        ...(timeline.labels && { labels: Int32Array.from(timeline.labels) }),
      },
    }),
    ...(lineTicks && { lineTicks: new Map(lineTicks.map(({ node, ticks }) => [node, ticks])) }),
    ...(inlined && { inlined: new Map(inlined.map((one) => [one.node, one.samples])) }),
    ...(sets && { labelSets: sets }),
    ...(builtins && { builtins: new Map(builtins.map(({ place, name }) => [place, name])) }),
  };
};

const latency = object({ count, totalMs: number, p50Ms: number, p90Ms: number, p99Ms: number, maxMs: number });
const rows = { operations: count, readBytes: number, writtenBytes: number, syncMs: number, latency, longestRow: count, longestRowMs: number, waitedBy: optional(count), movedBy: optional(count) };
const totals = object({ ...rows, peakBytesPerSecond: number });
const io = object({
  disk: totals,
  network: totals,
  targets: list(object({ kind: oneOf('disk', 'network'), name: text, syncOperations: count, followed: count, ...rows })),
  sites: samples,
  sliceMs: number,
  slices: list(object({ diskBytes: number, networkBytes: number })),
  requests: list(object({ port: number, count })),
  beforeRequests: object({ durationMs: number, syncOperations: count, syncMs: number }),
  process: optional(object({ readBytes: number, writtenBytes: number, diskReadBytes: number, diskWrittenBytes: number })),
  unattributedRatio: optional(number),
});

const pauses = object({ count, pauseMs: number, maxPauseMs: number });
const heapReadings = list(object({ atMs: number, usedBytes: number, externalBytes: number, rssBytes: number }));

const runtime = object({
  eventLoop: object({
    utilizationRatio: number,
    delayMeanMs: number,
    delayP99Ms: number,
    delayMaxMs: number,
    stalls: list(object({ atMs: number, durationMs: number })),
    cpuUserMs: number,
    cpuSystemMs: number,
  }),
  gc: object({
    minor: pauses,
    major: pauses,
    incremental: pauses,
    weakCallbacks: pauses,
    pauses: list(object({ atMs: number, durationMs: number, kind: oneOf('minor', 'major', 'incremental', 'weakCallbacks') })),
  }),
  heap: object({
    readings: heapReadings,
    checkpoints: heapReadings,
    spaces: list(object({ name: text, usedBytes: number, sizeBytes: number })),
    limitBytes: number,
  }),
  thread: optional(object({ cpuMs: number, waitedForCoreMs: number })),
});

const conditions = object({
  node: text,
  v8: text,
  platform: text,
  arch: text,
  cpuModel: text,
  cpuCount: number,
  thread: oneOf('main', 'worker'),
  cpuIntervalUs: optional(number),
  memorySamplingIntervalBytes: optional(number),
});

const whole: Reader<ProfileData> = (parent, key) => {
  const read = object({
    startedAtMs: optional(number),
    durationMs: number,
    cpu: optional(samples),
    memory: optional(samples),
    checkpoints: list(samples),
    io: optional(io),
    promises: optional(object({ created: count, peakPending: count, sites: samples })),
    workers: list(object({ title: text, cpu: samples })),
    runtime: optional(runtime),
    conditions: optional(conditions),
  })(objectAt('the file', parent.value), key);
  const { cpuIntervalUs, memorySamplingIntervalBytes, ...rest } = read.conditions ?? {};
  return {
    ...read,
    // Without an interval is not the same as with an unknown one.
    conditions: read.conditions && {
      ...(rest as NonNullable<ProfileData['conditions']>),
      ...(cpuIntervalUs !== undefined && { cpuIntervalUs }),
      ...(memorySamplingIntervalBytes !== undefined && { memorySamplingIntervalBytes }),
    },
  };
};
