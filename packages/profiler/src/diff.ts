import { sumsByFrame } from './call-tree.js';
import { invalidOption } from './errors.js';
import { type Compared, compareSamples } from './merge.js';
import { asObject, refuseUnknown } from './refusal.js';
import { type CostsOptions, type HtmlOptions, type Profile, asProfile, samplesOf } from './profile.js';
import { renderHtml } from './report/html.js';
import { diffReportData } from './report/report-data.js';
import type { Frame, Samples, SamplesKind } from './samples.js';

/** What a function cost before and after, in the unit of `costs()`: microseconds or bytes. */
export interface FunctionChange extends Frame {
  readonly selfBefore: number;
  readonly self: number;
  /** `self` - `selfBefore`. */
  readonly selfDelta: number;
  readonly totalBefore: number;
  readonly total: number;
  readonly totalDelta: number;
}

export interface DiffOptions {
  /**
   * Scales what was before so that both were busy for as long, or allocated as much: what changed is then the share of
   * each function, which compares runs of different length. @default false
   */
  readonly scaled?: boolean;
}

export interface ProfileDiff {
  /**
   * Every function of either profile, the largest change of `self` first.
   * @throws {ProfilerError} `ERR_PROFILER_NOT_RECORDED`, `ERR_PROFILER_INVALID_OPTION`
   */
  functions(options?: CostsOptions): readonly FunctionChange[];
  /**
   * A page as that of a profile, with a differential flame graph: what costs more is red, what costs less blue, and the
   * widths are those of after or of before.
   * @throws {ProfilerError} `ERR_PROFILER_INVALID_OPTION`
   */
  toHtml(options?: HtmlOptions): string;
}

/**
 * Compares two profiles. A function that has moved within its file is still the same when its name tells it apart.
 * @throws {ProfilerError} `ERR_PROFILER_INVALID_OPTION`
 */
export function diffProfiles(before: Profile, after: Profile, options: DiffOptions = {}): ProfileDiff {
  const { scaled = false, ...unknown } = asObject('diff options', options);
  refuseUnknown('', unknown);
  if (typeof scaled !== 'boolean') throw invalidOption('scaled', scaled, 'true or false');
  asProfile('before', before);
  asProfile('after', after);
  const compared = (of: SamplesKind, from: Samples, to: Samples): Compared => {
    const result = compareSamples(from, to);
    const [was, is] = [before.costs({ of }).busy, after.costs({ of }).busy];
    return scaled && was > 0 ? { ...result, before: result.before.map((value) => (value * is) / was) } : result;
  };
  return {
    functions: (wanted = {}) => {
      const { of = before.cpu && after.cpu ? 'cpu' : before.memory && after.memory ? 'memory' : before.io && after.io ? 'io' : before.cpu ? 'cpu' : before.memory ? 'memory' : 'io' } = asObject('costs options', wanted);
      return changes(compared(of, samplesOf(before, { ...wanted, of }), samplesOf(after, { ...wanted, of })));
    },
    toHtml: (wanted = {}) => {
      const { title = 'What changed', ...unknown } = asObject('html options', wanted);
      refuseUnknown('', unknown);
      if (typeof title !== 'string') throw invalidOption('title', title, 'a string');
      const cpu = before.cpu && after.cpu && compared('cpu', before.cpu, after.cpu);
      const memory = before.memory && after.memory && compared('memory', before.memory, after.memory);
      const io = before.io && after.io && compared('io', before.io.sites, after.io.sites);
      return renderHtml(diffReportData(after, title, { cpu, memory, io }));
    },
  };
}

function changes({ samples, before }: Compared): FunctionChange[] {
  const after = sumsByFrame(samples);
  const was = sumsByFrame({ ...samples, values: [before] });
  return samples.frames
    .map((frame, index) => {
      const [selfBefore, self, totalBefore, total] = [was.self, after.self, was.total, after.total].map((sums) => sums[index] ?? 0) as [number, number, number, number];
      return { ...frame, selfBefore, self, selfDelta: self - selfBefore, totalBefore, total, totalDelta: total - totalBefore };
    })
    .filter(({ kind, totalBefore, total }) => totalBefore + total > 0 && (kind === 'script' || kind === 'profiler' || kind === 'node' || kind === 'native'))
    .sort((a, b) => Math.abs(b.selfDelta) - Math.abs(a.selfDelta) || Math.abs(b.totalDelta) - Math.abs(a.totalDelta));
}
