import { isDeepStrictEqual } from 'node:util';
import { type Costs, type FunctionCost, costsOf } from './call-tree.js';
import type { Bottleneck, BottleneckThresholds } from './bottlenecks/bottleneck.js';
import { findBottlenecks } from './bottlenecks/find.js';
import { invalidOption, invalidProfile, notRecorded } from './errors.js';
import { isCpuProfile, readCpuProfile, writeCpuProfile } from './formats/cpuprofile.js';
import { isFogProfile, readFogProfile, writeFogProfile } from './formats/fogprofile.js';
import { writeFolded } from './formats/folded.js';
import { isHeapProfile, readHeapProfile, writeHeapProfile } from './formats/heapprofile.js';
import { parseJson } from './formats/json.js';
import { type LabelCost, type Labels, labelCosts, withLabels } from './labels.js';
import { writeOtlp } from './formats/otlp.js';
import { readPprof, unzipped, writePprof } from './formats/pprof.js';
import { mergeSamples } from './merge.js';
import { asObject, refuseUnknown } from './refusal.js';
import { markOwn } from './own-frames.js';
import { type PartialProfileData, type ProfileData, completeData } from './profile-data.js';
import { type WriteOptions, writeProfile } from './profile-file.js';
import { renderHtml } from './report/html.js';
import { reportData } from './report/report-data.js';
import type { Samples, SamplesKind } from './samples.js';
import { resolveFrames } from './source-maps.js';

/** Which of a profile's samples are meant. @default 'cpu' if CPU was recorded, else 'memory', else 'io' */
export interface CostsOptions {
  readonly of?: SamplesKind;
}

export interface TopOptions extends CostsOptions {
  /** In the function itself, or in all it called too. @default 'self' */
  readonly by?: 'self' | 'total';
  /** At most so many. An integer ≥ 1. @default 10 */
  readonly limit?: number;
}

export interface HtmlOptions {
  /** Heads the page. @default 'Profile' */
  readonly title?: string;
}

/** A finished recording, and the files it can be written as. */
export interface Profile extends ProfileData {
  /**
   * What the run cost by function: microseconds of CPU time (wall time between samples, while another process had the
   * core included), or bytes allocated.
   * @throws {ProfilerError} `ERR_PROFILER_NOT_RECORDED`, `ERR_PROFILER_INVALID_OPTION`
   */
  costs(options?: CostsOptions): Costs;
  /**
   * The most expensive functions, the most expensive first.
   * @throws {ProfilerError} `ERR_PROFILER_NOT_RECORDED`, `ERR_PROFILER_INVALID_OPTION`
   */
  top(options?: TopOptions): readonly FunctionCost[];
  /**
   * What is worth a look, with evidence and a next step, by the share it has. The more was recorded, the more is seen:
   * `mode: 'ALL'` gives all rules what they go by. Nothing of a healthy program.
   * @throws {ProfilerError} `ERR_PROFILER_INVALID_OPTION`
   */
  bottlenecks(thresholds?: BottleneckThresholds): readonly Bottleneck[];
  /**
   * What CPU samples cost by the values of a label, as `labels('endpoint')`.
   * @throws {ProfilerError} `ERR_PROFILER_NOT_RECORDED` when CPU was not, `ERR_PROFILER_INVALID_OPTION`
   */
  labels(key: string): readonly LabelCost[];
  /**
   * This profile with the CPU samples alone that were taken under these labels, and perhaps others.
   * @throws {ProfilerError} `ERR_PROFILER_NOT_RECORDED` when CPU was not, `ERR_PROFILER_INVALID_OPTION`
   */
  only(labels: Labels): Profile;
  /**
   * A page to look at, in one file that loads nothing: flame graph, functions, run conditions. It names functions and
   * files, the latter relative to what they share; no arguments and no environment.
   * @throws {ProfilerError} `ERR_PROFILER_INVALID_OPTION`
   */
  toHtml(options?: HtmlOptions): string;
  /**
   * For Chrome DevTools, VS Code and speedscope. Holds full paths of scripts.
   * @throws {ProfilerError} `ERR_PROFILER_NOT_RECORDED` when CPU was not.
   */
  toCpuProfile(): string;
  /**
   * For Chrome DevTools and VS Code. Holds full paths of scripts.
   * @throws {ProfilerError} `ERR_PROFILER_NOT_RECORDED` when memory was not.
   */
  toHeapProfile(): string;
  /**
   * Folded stacks, for flamegraph.pl, inferno and speedscope. Holds full paths of scripts.
   * @throws {ProfilerError} `ERR_PROFILER_NOT_RECORDED`, `ERR_PROFILER_INVALID_OPTION`
   */
  toFolded(options?: CostsOptions): string;
  /**
   * pprof, gzipped, for `go tool pprof`, Pyroscope, Grafana and speedscope. Holds full paths of scripts, and no times
   * of single samples.
   * @throws {ProfilerError} `ERR_PROFILER_NOT_RECORDED`, `ERR_PROFILER_INVALID_OPTION`
   */
  toPprof(options?: CostsOptions): Uint8Array;
  /**
   * This profile with functions where they were written, by the source maps that lie beside the scripts or in them. Reading
   * them holds the thread for some 50 ms a megabyte of map.
   */
  withSources(): Profile;
  /** All of it, to be read again by `parseProfile`: no other format holds I/O, labels and what the runtime did. */
  toFogProfile(): Uint8Array;
  /**
   * An OTLP message of profiles, version `v1development`, for OpenTelemetry's collector: labels are attributes, and
   * `trace_id` with `span_id` a link. Holds full paths of scripts.
   * @throws {ProfilerError} `ERR_PROFILER_NOT_RECORDED`, `ERR_PROFILER_INVALID_OPTION`
   */
  toOtlp(options?: CostsOptions): Uint8Array;
  /**
   * Writes the file whose kind `path` ends in: `.html`, `.fogprofile`, `.cpuprofile`, `.heapprofile`, `.pb.gz` (pprof),
   * `.otlp` or `.folded`. A new file is readable for its owner alone.
   * @throws {ProfilerError} `ERR_PROFILER_WRITE_FAILED` with the reason in `cause`, `ERR_PROFILER_INVALID_OPTION` for
   *   another ending, `ERR_PROFILER_NOT_RECORDED`; or the signal's reason.
   */
  writeTo(path: string | URL, options?: WriteOptions): Promise<void>;
}

export function createProfile(partial: PartialProfileData): Profile {
  const data = completeData(partial);
  const costs = new Map<Samples, Costs>();
  const profile: Profile = {
    ...data,
    costs: (options) => {
      const samples = samplesOf(data, options);
      const known = costs.get(samples) ?? costsOf(samples);
      costs.set(samples, known);
      return known;
    },
    top: (options = {}) => {
      const { by = 'self', limit = 10, of, ...unknown } = asObject('top options', options);
      refuseUnknown('', unknown);
      if (by !== 'self' && by !== 'total') throw invalidOption('by', by, "'self' or 'total'");
      if (!Number.isInteger(limit) || limit < 1) throw invalidOption('limit', limit, 'an integer ≥ 1');
      const { functions } = profile.costs(of === undefined ? {} : { of });
      return functions.toSorted((a, b) => b[by] - a[by]).slice(0, limit);
    },
    bottlenecks: (thresholds) => findBottlenecks(data, thresholds),
    labels: (key) => labelCosts(samplesOf(data, { of: 'cpu' }), key),
    only: (labels) => createProfile({ durationMs: data.durationMs, startedAtMs: data.startedAtMs, conditions: data.conditions, cpu: withLabels(samplesOf(data, { of: 'cpu' }), labels) }),
    toHtml: (options = {}) => {
      const { title = 'Profile', ...unknown } = asObject('html options', options);
      refuseUnknown('', unknown);
      if (typeof title !== 'string') throw invalidOption('title', title, 'a string');
      return renderHtml(reportData(data, title));
    },
    toCpuProfile: () => writeCpuProfile(samplesOf(data, { of: 'cpu' })),
    toHeapProfile: () => writeHeapProfile(samplesOf(data, { of: 'memory' })),
    toFolded: (options) => writeFolded(samplesOf(data, options)),
    toPprof: (options) => {
      const samples = samplesOf(data, options);
      return writePprof(samples, { ...data, period: periodOf(data, samples) });
    },
    toOtlp: (options) => {
      const samples = samplesOf(data, options);
      return writeOtlp(samples, { ...data, period: periodOf(data, samples) });
    },
    withSources: () => {
      const lookups = new Map();
      const resolved = <Part extends Samples | undefined>(samples: Part): Part => samples && (resolveFrames(samples, lookups) as Part);
      const { io, promises } = data;
      return createProfile({
        ...data,
        cpu: resolved(data.cpu),
        memory: resolved(data.memory),
        checkpoints: data.checkpoints.map(resolved),
        io: io && { ...io, sites: resolved(io.sites) },
        promises: promises && { ...promises, sites: resolved(promises.sites) },
        workers: data.workers.map((worker) => ({ ...worker, cpu: resolved(worker.cpu) })),
      });
    },
    toFogProfile: () => writeFogProfile(data),
    writeTo: (path, options) => writeProfile(profile, path, options),
  };
  return profile;
}

/**
 * Reads the content of a `.fogprofile`; of a `.cpuprofile` or `.heapprofile`, ours or of Chrome, Node or VS Code, as text or
 * bytes; or of a pprof file, as bytes. Gzipped or not.
 * @throws {ProfilerError} `ERR_PROFILER_INVALID_PROFILE`, naming the place in the file that is wrong.
 */
export function parseProfile(content: string | Uint8Array): Profile {
  if (typeof content !== 'string' && !ArrayBuffer.isView(content)) throw invalidProfile('the file', content, 'a string or bytes');
  const bytes = typeof content === 'string' ? undefined : unzipped(Buffer.from(content.buffer, content.byteOffset, content.byteLength));
  if (bytes !== undefined && bytes[0] !== LEFT_BRACE) {
    const { samples, of, ...run } = readPprof(bytes);
    return createProfile({ ...run, [of]: markOwn(samples) });
  }
  const file = parseJson(typeof content === 'string' ? content : (bytes?.toString('utf8') ?? ''));
  if (isFogProfile(file)) return createProfile(readFogProfile(file));
  const cpu = isCpuProfile(file) ? markOwn(readCpuProfile(file)) : undefined;
  const memory = isHeapProfile(file) ? markOwn(readHeapProfile(file)) : undefined;
  if (cpu === undefined && memory === undefined) throw invalidProfile('the file', file.value, 'an object with nodes (.cpuprofile) or head (.heapprofile)');
  const { startUs, endUs } = cpu?.timeline ?? { startUs: 0, endUs: 0 };
  return createProfile({ durationMs: (endUs - startUs) / 1e3, cpu, memory });
}

const LEFT_BRACE = 0x7b;

/**
 * One profile of the CPU and memory of all that `profiles` hold: costs of equal stacks add up, and the duration is that of all
 * together. I/O, promises, workers, and what the event loop and the garbage collector did are not kept; the conditions are, where all agree.
 * @throws {ProfilerError} `ERR_PROFILER_INVALID_OPTION`
 */
export function mergeProfiles(profiles: readonly Profile[]): Profile {
  const [first] = Array.isArray(profiles) ? profiles : [];
  if (first === undefined) throw invalidOption('profiles', profiles, 'one profile or more');
  for (const [index, profile] of profiles.entries()) asProfile(`profiles[${index}]`, profile);
  const all = (of: 'cpu' | 'memory'): Samples | undefined => mergeSamples(profiles.flatMap((profile) => profile[of] ?? []));
  const kinds = new Set(profiles.flatMap(({ memory }) => memory?.valueTypes.at(-1)?.type ?? []));
  if (kinds.size > 1) throw invalidOption('profiles', [...kinds].join(' and '), 'memory that is all live, or all allocated');
  const began = profiles.map(({ startedAtMs }) => startedAtMs ?? Infinity).reduce((earliest, ms) => Math.min(earliest, ms));
  return createProfile({
    startedAtMs: Number.isFinite(began) ? began : undefined,
    durationMs: profiles.reduce((sum, { durationMs }) => sum + durationMs, 0),
    cpu: all('cpu'),
    memory: all('memory'),
    conditions: profiles.every(({ conditions }) => isDeepStrictEqual(conditions, first.conditions)) ? first.conditions : undefined,
  });
}

/** Made by any copy of this package. */
export function asProfile(option: string, value: Profile): Profile {
  if (typeof asObject(option, value).costs !== 'function') throw invalidOption(option, value, 'a profile');
  return value;
}

/** Between two samples, in the unit of the last value type; 0 where it is not known. */
function periodOf({ cpu, memory, conditions }: ProfileData, samples: Samples): number {
  if (samples === cpu) return conditions?.cpuIntervalUs ?? 0;
  return samples === memory ? (conditions?.memorySamplingIntervalBytes ?? 0) : 0;
}

export function samplesOf({ cpu, memory, io }: ProfileData, options: CostsOptions = {}): Samples {
  const known = { cpu, memory, io: io?.sites };
  const { of = cpu !== undefined ? 'cpu' : memory !== undefined ? 'memory' : io !== undefined ? 'io' : 'cpu', ...unknown } = asObject('options', options);
  refuseUnknown('', unknown);
  if (typeof of !== 'string' || !Object.hasOwn(known, of)) throw invalidOption('of', of, "'cpu', 'memory' or 'io'");
  const samples = known[of];
  if (samples === undefined) throw notRecorded(of);
  return samples;
}
