import { costsOf, subtreeSums, sumsByFrame, walk } from '../call-tree.js';
import type { Compared } from '../merge.js';
import type { SamplesKind } from '../profile.js';
import type { ProfileData } from '../profile-data.js';
import { type FrameKind, type Samples, sampleCount } from '../samples.js';
import { shortLocations } from './locations.js';

/** What the report's page is made from; `viewer.ts` reads it. */
export interface ReportData {
  readonly title: string;
  readonly conditions: string;
  readonly facts: readonly Fact[];
  readonly parts: readonly ReportPart[];
}

/** Name and value, ready to be shown. */
type Fact = readonly [string, string];

export interface ReportPart {
  readonly name: string;
  readonly unit: 'microseconds' | 'bytes';
  readonly facts: readonly Fact[];
  readonly urls: readonly string[];
  /** Name, index of its URL or -1, line, column, index of its kind (-1: idle), self, total. */
  readonly frames: readonly (readonly [string, number, number, number, number, number, number])[];
  /** Nodes in preorder, the most expensive callee first: depth, index of its frame, and what fell on it itself. */
  readonly depths: readonly number[];
  readonly nodeFrames: readonly number[];
  readonly own: readonly number[];
  /** Of a comparison: what fell on each node before, and self and total of each frame. */
  readonly before?: readonly number[];
  readonly framesBefore?: readonly (readonly [number, number])[];
}

export function reportData(profile: ProfileData, title: string): ReportData {
  const { cpu, memory } = profile;
  return {
    title,
    conditions: conditionsText(profile),
    facts: runFacts(profile),
    parts: [...(cpu ? [cpuPart(cpu)] : []), ...(memory ? [memoryPart(memory)] : [])],
  };
}

/** What changed, under the conditions of the profile that came after. */
export function diffReportData(after: ProfileData, title: string, { cpu, memory, io }: Record<SamplesKind, Compared | undefined>): ReportData {
  return {
    title,
    conditions: conditionsText(after),
    facts: [],
    parts: [...(cpu ? [diffPart('CPU', cpu)] : []), ...(memory ? [diffPart('Memory', memory)] : []), ...(io ? [diffPart('I/O', io)] : [])],
  };
}

function diffPart(name: string, { samples, before }: Compared): ReportPart {
  const { unit, busy } = costsOf(samples);
  const was = costsOf({ ...samples, values: [before] }).busy;
  const shown = (amount: number): string => (unit === 'bytes' ? megabytes(amount) : seconds(amount / 1e3));
  const facts: Fact[] = [
    ['Before', shown(was)],
    ['After', shown(busy)],
    ['Change', `${busy < was ? '−' : '+'}${shown(Math.abs(busy - was))}${was === 0 ? '' : ` (${busy < was ? '−' : '+'}${percent(Math.abs(busy - was) / was)})`}`],
  ];
  return { name, unit: unit === 'bytes' ? 'bytes' : 'microseconds', facts, ...columns(samples, before) };
}

function cpuPart(samples: Samples): ReportPart {
  const { total, busy, idle, gc, program } = costsOf(samples);
  const share = (us: number): string => `${seconds(us / 1e3)} (${percent(total === 0 ? 0 : us / total)})`;
  const facts: Fact[] = [
    ['Samples', String(sampleCount(samples))],
    ['Busy', share(busy)],
    ['Idle (not drawn)', share(idle)],
    ['Garbage collection', share(gc)],
    ['Native code without JavaScript', share(program)],
  ];
  return { name: 'CPU', unit: 'microseconds', facts, ...columns(samples) };
}

function memoryPart(samples: Samples): ReportPart {
  const facts: Fact[] = [
    ['Samples', String(sampleCount(samples))],
    ['Allocated, estimated', megabytes(costsOf(samples).total)],
  ];
  return { name: 'Memory', unit: 'bytes', facts, ...columns(samples) };
}

const KINDS: readonly FrameKind[] = ['script', 'node', 'native', 'program', 'gc', 'profiler'];

/** The tree, idle time as wide as nothing: of a service that mostly waits, nothing else would be seen. */
function columns(samples: Samples, before?: Float64Array): Omit<ReportPart, 'name' | 'unit' | 'facts'> {
  const { frames, nodeFrames, values } = samples;
  const own = values.at(-1) ?? new Float64Array();
  const was = before && { ...samples, values: [before] };
  const sums = subtreeSums(samples);
  if (was) for (const [node, sum] of subtreeSums(was).entries()) sums[node] = Math.max(sums[node] ?? 0, sum);
  const depths: number[] = [];
  const frameOf: number[] = [];
  const costs: number[] = [];
  const costsBefore: number[] = [];
  walk(samples, {
    order: (a, b) => (sums[b] ?? 0) - (sums[a] ?? 0),
    enter: (node, depth) => {
      const frame = nodeFrames[node] ?? 0;
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
    ...(sumsBefore && {
      before: costsBefore,
      framesBefore: frames.map((_, index) => [Math.round(sumsBefore.self[index] ?? 0), Math.round(sumsBefore.total[index] ?? 0)] as const),
    }),
  };
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

function runFacts({ runtime }: ProfileData): Fact[] {
  if (runtime === undefined) return [];
  const { eventLoop, gc } = runtime;
  return [
    ['Process CPU, user + system', `${seconds(eventLoop.cpuUserMs)} + ${seconds(eventLoop.cpuSystemMs)}`],
    ['Event loop busy', percent(eventLoop.utilizationRatio)],
    ['Event loop delay, p99 / max', `${seconds(eventLoop.delayP99Ms)} / ${seconds(eventLoop.delayMaxMs)}`],
    ...Object.entries(gc)
      .filter(([, { count }]) => count > 0)
      .map(([kind, { count, pauseMs, maxPauseMs }]): Fact => [`GC ${GC_NAMES[kind] ?? kind}`, `${count} in ${seconds(pauseMs)}, longest ${seconds(maxPauseMs)}`]),
  ];
}

const GC_NAMES: Readonly<Record<string, string>> = { weakCallbacks: 'weak callbacks' };

const seconds = (ms: number): string => (ms < 1e3 ? `${ms.toFixed(1)} ms` : `${(ms / 1e3).toFixed(2)} s`);
const percent = (ratio: number): string => `${(ratio * 100).toFixed(1)} %`;
const megabytes = (bytes: number): string => `${(bytes / 1e6).toFixed(2)} MB`;
