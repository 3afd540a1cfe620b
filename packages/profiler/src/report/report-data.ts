import type { Bottleneck } from '../bottlenecks/bottleneck.js';
import { findBottlenecks } from '../bottlenecks/find.js';
import { costsOf, subtreeSums, sumsByFrame, walk } from '../call-tree.js';
import { labelCosts, withLabels } from '../labels.js';
import type { Compared } from '../merge.js';
import type { ProfileData } from '../profile-data.js';
import { type FrameKind, type Samples, type SamplesKind, sampleCount } from '../samples.js';
import { integer, megabytes, percent, seconds } from './amounts.js';
import { type Lanes, lanesOf } from './lanes.js';
import { shortLocations } from './locations.js';

/** What the report's page is made from; `viewer/` reads it. */
export interface ReportData {
  readonly title: string;
  readonly conditions: string;
  readonly facts: readonly Fact[];
  /** `undefined` of a comparison, which has none of its own. */
  readonly bottlenecks: readonly ShownBottleneck[] | undefined;
  readonly lanes: Lanes;
  readonly parts: readonly ReportPart[];
}

/** Name and value, ready to be shown. */
type Fact = readonly [string, string];

export type ShownBottleneck = Pick<Bottleneck, 'kind' | 'title' | 'evidence' | 'nextStep' | 'confidence' | 'share'> & { readonly search: string };

export interface ReportTable {
  readonly title: string;
  readonly columns: readonly string[];
  readonly rows: readonly (readonly string[])[];
}

/** What is drawn instead of all: nodes and what fell on them. */
export interface Cut {
  readonly name: string;
  readonly nodes: readonly number[];
  readonly own: readonly number[];
}

export interface ReportPart {
  readonly name: string;
  readonly unit: 'microseconds' | 'bytes' | 'count';
  readonly facts: readonly Fact[];
  readonly tables: readonly ReportTable[];
  readonly urls: readonly string[];
  /** Name, index of its URL or -1, line, column, index of its kind (-1: idle), self, total. */
  readonly frames: readonly (readonly [string, number, number, number, number, number, number])[];
  /** Nodes in preorder, the most expensive callee first: depth, index of its frame, and what fell on it itself. */
  readonly depths: readonly number[];
  readonly nodeFrames: readonly number[];
  readonly own: readonly number[];
  readonly cuts: readonly Cut[];
  /** Of a comparison: what fell on each node before, and self and total of each frame. */
  readonly before?: readonly number[];
  readonly framesBefore?: readonly (readonly [number, number])[];
}

export function reportData(profile: ProfileData, title: string): ReportData {
  const { cpu, memory, io, promises, workers } = profile;
  return {
    title,
    conditions: conditionsText(profile),
    facts: runFacts(profile),
    bottlenecks: findBottlenecks(profile).map(({ kind, title: text, evidence, nextStep, confidence, share, frame }) => ({ kind, title: text, evidence, nextStep, confidence, share, search: frame?.name ?? '' })),
    lanes: lanesOf(profile),
    parts: [
      ...(cpu ? [cpuPart('CPU', cpu)] : []),
      ...(memory ? [memoryPart(memory, profile)] : []),
      ...(io ? ioParts(io) : []),
      ...(promises ? [{ ...EMPTY, name: 'Promises', unit: 'count' as const, facts: [['Created', integer(promises.created)], ['Most open at once', integer(promises.peakPending)]] as const, ...columns(promises.sites) }] : []),
      ...workers.map(({ title: name, cpu: own }) => cpuPart(name, own)),
    ],
  };
}

const EMPTY = { facts: [], tables: [] } as const;

/** What changed, under the conditions of the profile that came after. */
export function diffReportData(after: ProfileData, title: string, { cpu, memory, io }: Record<SamplesKind, Compared | undefined>): ReportData {
  return {
    title,
    conditions: conditionsText(after),
    facts: [],
    bottlenecks: undefined,
    lanes: { durationMs: 0, lanes: [] },
    parts: [...(cpu ? [diffPart('CPU', cpu)] : []), ...(memory ? [diffPart('Memory', memory)] : []), ...(io ? [diffPart('I/O', io)] : [])],
  };
}

function diffPart(name: string, { samples, before }: Compared): ReportPart {
  const { unit, busy } = costsOf(samples);
  const was = costsOf({ ...samples, values: [before] }).busy;
  const shown = (amount: number): string => (unit === 'bytes' ? megabytes(amount) : seconds(amount / 1e3));
  const sign = busy < was ? '−' : '+';
  const facts: Fact[] = [
    ['Before', shown(was)],
    ['After', shown(busy)],
    ['Change', `${sign}${shown(Math.abs(busy - was))}${was === 0 ? '' : ` (${sign}${percent(Math.abs(busy - was) / was)})`}`],
  ];
  return { ...EMPTY, name, unit: unit === 'bytes' ? 'bytes' : 'microseconds', facts, ...columns(samples, before) };
}

function cpuPart(name: string, samples: Samples): ReportPart {
  const { total, busy, idle, gc, program } = costsOf(samples);
  const share = (us: number): string => `${seconds(us / 1e3)} (${percent(total === 0 ? 0 : us / total)})`;
  const facts: Fact[] = [
    ['Samples', integer(sampleCount(samples))],
    ['Busy', share(busy)],
    ['Idle (not drawn)', share(idle)],
    ['Garbage collection', share(gc)],
    ['Native code without JavaScript', share(program)],
  ];
  const keys = [...new Set(samples.labelSets?.flatMap((labels) => Object.keys(labels)))];
  const tables = keys.map((key): ReportTable => ({
    title: `By ${key}`,
    columns: [key, 'CPU', 'Share'],
    rows: labelCosts(samples, key).slice(0, MOST_CUTS).map(({ value = '(none)', self, ratio }) => [value, seconds(self / 1e3), percent(ratio)]),
  }));
  return { name, unit: 'microseconds', facts, tables, ...columns(samples, undefined, keys) };
}

/** Values of one label that can be chosen in the page. */
const MOST_CUTS = 20;

function memoryPart(samples: Samples, { runtime, checkpoints }: ProfileData): ReportPart {
  const isLive = samples.valueTypes.at(-1)?.type === 'live';
  const facts: Fact[] = [
    ['Samples', integer(sampleCount(samples))],
    [isLive ? 'Alive of what was allocated' : 'Allocated, estimated', megabytes(costsOf(samples).total)],
  ];
  const [first, last] = [runtime?.heap.readings[0], runtime?.heap.readings.at(-1)];
  if (first && last) {
    const grown = (before: number, after: number): string => `${megabytes(before)} → ${megabytes(after)}`;
    facts.push(['Heap used', grown(first.usedBytes, last.usedBytes)], ['External memory', grown(first.externalBytes, last.externalBytes)], ['Resident memory', grown(first.rssBytes, last.rssBytes)]);
  }
  if (checkpoints.length > 0) facts.push(['Alive at checkpoints', checkpoints.map((one) => megabytes(costsOf(one).total)).join(' → ')]);
  const spaces: ReportTable = { title: 'Heap spaces', columns: ['Space', 'Used', 'Size'], rows: runtime?.heap.spaces.map(({ name, usedBytes, sizeBytes }) => [name, megabytes(usedBytes), megabytes(sizeBytes)]) ?? [] };
  return { name: isLive ? 'Live memory' : 'Memory', unit: 'bytes', facts, tables: spaces.rows.length > 0 ? [spaces] : [], ...columns(samples) };
}

const MOST_TARGETS = 50;

function ioParts({ disk, network, targets, sites, process, unattributedRatio }: NonNullable<ProfileData['io']>): ReportPart[] {
  const facts: Fact[] = [
    ['Disk', `${megabytes(disk.readBytes)} read, ${megabytes(disk.writtenBytes)} written in ${integer(disk.operations)} operations`],
    ['Network', `${megabytes(network.readBytes)} read, ${megabytes(network.writtenBytes)} written in ${integer(network.operations)} operations`],
    ['Synchronous', seconds(disk.syncMs)],
    ['Disk latency p50 / p99 / max', `${seconds(disk.latency.p50Ms)} / ${seconds(disk.latency.p99Ms)} / ${seconds(disk.latency.maxMs)}`],
    ['Network latency p50 / p99 / max', `${seconds(network.latency.p50Ms)} / ${seconds(network.latency.p99Ms)} / ${seconds(network.latency.maxMs)}`],
  ];
  if (process && unattributedRatio !== undefined)
    facts.push(['Counted by the kernel', `${megabytes(process.readBytes)} read, ${megabytes(process.writtenBytes)} written; ${percent(unattributedRatio)} of it not seen from JavaScript`]);
  const paths = shortLocations(targets.map(({ name }) => name));
  const table: ReportTable = {
    title: 'Files and hosts',
    columns: ['File or host', 'Read', 'Written', 'Operations', 'Synchronous', 'p50', 'p99', 'Longest'],
    rows: targets.slice(0, MOST_TARGETS).map(({ name, readBytes, writtenBytes, operations, syncOperations, latency }) => [
      paths.get(name) ?? name, megabytes(readBytes), megabytes(writtenBytes), integer(operations), integer(syncOperations), seconds(latency.p50Ms), seconds(latency.p99Ms), seconds(latency.maxMs),
    ]),
  };
  const waits = { ...sites, valueTypes: sites.valueTypes.slice(0, 2), values: sites.values.slice(0, 2) };
  return [
    { name: 'I/O', unit: 'bytes', facts, tables: [table], ...columns(sites) },
    { name: 'I/O waits', unit: 'microseconds', facts: [['Waited, estimated', seconds(costsOf(waits).total / 1e3)]], tables: [], ...columns(waits) },
  ];
}

const KINDS: readonly FrameKind[] = ['script', 'node', 'native', 'program', 'gc', 'profiler'];

/** The tree, idle time as wide as nothing: of a service that mostly waits, nothing else would be seen. */
function columns(samples: Samples, before?: Float64Array, labelKeys: readonly string[] = []): Omit<ReportPart, 'name' | 'unit' | 'facts' | 'tables'> {
  const { frames, nodeFrames, values } = samples;
  const own = values.at(-1) ?? new Float64Array();
  const was = before && { ...samples, values: [before] };
  const sums = subtreeSums(samples);
  if (was) for (const [node, sum] of subtreeSums(was).entries()) sums[node] = Math.max(sums[node] ?? 0, sum);
  const depths: number[] = [];
  const frameOf: number[] = [];
  const costs: number[] = [];
  const costsBefore: number[] = [];
  const placeOf = new Int32Array(nodeFrames.length);
  walk(samples, {
    order: (a, b) => (sums[b] ?? 0) - (sums[a] ?? 0),
    enter: (node, depth) => {
      const frame = nodeFrames[node] ?? 0;
      placeOf[node] = depths.length;
      depths.push(depth);
      frameOf.push(frame);
      const drawn = frames[frame]?.kind === 'idle' ? 0 : 1;
      costs.push(drawn * Math.round(own[node] ?? 0));
      if (before) costsBefore.push(drawn * Math.round(before[node] ?? 0));
    },
  });
  const urls = [...new Set(frames.map(({ url }) => url).filter((url) => url !== ''))];
  const short = shortLocations(urls);
  const urlIndex = new Map(urls.map((url, index) => [url, index]));
  const { self, total } = sumsByFrame(samples);
  const sumsBefore = was && sumsByFrame(was);
  return {
    urls: urls.map((url) => short.get(url) ?? url),
    frames: frames.map(({ name, url, line, column, kind }, index) => [
      name, urlIndex.get(url) ?? -1, line, column, KINDS.indexOf(kind), Math.round(self[index] ?? 0), Math.round(total[index] ?? 0),
    ]),
    depths,
    nodeFrames: frameOf,
    own: costs,
    cuts: labelKeys.flatMap((key) => cutsBy(samples, key, placeOf)),
    ...(sumsBefore && {
      before: costsBefore,
      framesBefore: frames.map((_, index) => [Math.round(sumsBefore.self[index] ?? 0), Math.round(sumsBefore.total[index] ?? 0)] as const),
    }),
  };
}

/** For each value of a label what its samples fell on, by place in the page's tree. */
function cutsBy(samples: Samples, key: string, placeOf: Int32Array): Cut[] {
  return labelCosts(samples, key)
    .slice(0, MOST_CUTS)
    .flatMap(({ value }): Cut[] => {
      if (value === undefined) return [];
      const costs = withLabels(samples, { [key]: value }).values.at(-1) ?? new Float64Array();
      const found = Array.from(costs.entries()).filter(([node, cost]) => cost > 0 && samples.frames[samples.nodeFrames[node] ?? -1]?.kind !== 'idle');
      return [{ name: `${key} ${value}`, nodes: found.map(([node]) => placeOf[node] ?? 0), own: found.map(([, cost]) => Math.round(cost)) }];
    });
}

function conditionsText({ startedAtMs, durationMs, conditions }: ProfileData): string {
  const ran = `${seconds(durationMs)}${startedAtMs === undefined ? '' : ` from ${new Date(startedAtMs).toISOString()}`}`;
  if (conditions === undefined) return ran;
  const { node, v8, platform, arch, cpuModel, cpuCount, thread, cpuIntervalUs, memorySamplingIntervalBytes } = conditions;
  const intervals = [
    ...(cpuIntervalUs === undefined ? [] : [`CPU sampled every ${cpuIntervalUs} µs`]),
    ...(memorySamplingIntervalBytes === undefined ? [] : [`memory every ${memorySamplingIntervalBytes} bytes`]),
  ];
  return [ran, `Node ${node} (V8 ${v8}), ${thread} thread`, `${platform} ${arch}, ${cpuCount} × ${cpuModel}`, ...intervals].join(' · ');
}

function runFacts({ runtime, durationMs }: ProfileData): Fact[] {
  const wall: Fact = ['Wall clock', seconds(durationMs)];
  if (runtime === undefined) return [wall];
  const { eventLoop, gc, thread } = runtime;
  const share = (ms: number): string => `${seconds(ms)} (${percent(durationMs === 0 ? 0 : ms / durationMs)})`;
  const pauses = [['minor', gc.minor], ['major', gc.major], ['incremental', gc.incremental], ['weak callbacks', gc.weakCallbacks]] as const;
  return [
    wall,
    ...(thread ? [['This thread on a core', share(thread.cpuMs)] as const, ['Ready, but without a core', share(thread.waitedForCoreMs)] as const] : []),
    ['Process CPU, user + system', `${seconds(eventLoop.cpuUserMs)} + ${seconds(eventLoop.cpuSystemMs)}`],
    ['Event loop busy', percent(eventLoop.utilizationRatio)],
    ['Event loop delay, p99 / max', `${seconds(eventLoop.delayP99Ms)} / ${seconds(eventLoop.delayMaxMs)}`],
    ...pauses.filter(([, { count }]) => count > 0).map(([kind, { count, pauseMs, maxPauseMs }]): Fact => [`GC ${kind}`, `${integer(count)} in ${seconds(pauseMs)}, longest ${seconds(maxPauseMs)}`]),
  ];
}
