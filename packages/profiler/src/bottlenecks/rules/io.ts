import type { IoTarget } from '../../io/io-profile.js';
import type { ProfileData } from '../../profile-data.js';
import type { Bottleneck, BottleneckThresholds } from '../bottleneck.js';
import { count, megabytes, milliseconds, percent } from '../evidence.js';
import type { Frame } from '../../samples.js';
import { named } from '../own-costs.js';

/** Disk and network at rates near what they can do. */
export function transferRates({ io }: ProfileData, { diskBytesPerSecond, networkBytesPerSecond }: Required<BottleneckThresholds>): Bottleneck[] {
  if (io === undefined) return [];
  const rate = (kind: 'disk' | 'network', threshold: number): Bottleneck[] => {
    const { peakBytesPerSecond, readBytes, writtenBytes, movedBy } = io[kind];
    if (peakBytesPerSecond <= threshold) return [];
    const frame = frameOf(io, movedBy);
    const [busiest] = io.targets.filter((target) => target.kind === kind);
    return [
      {
        kind: `${kind}-rate`,
        title: `${kind === 'disk' ? 'Disk' : 'Network'}: ${megabytes(peakBytesPerSecond)} in a second`,
        evidence: `${megabytes(readBytes)} read and ${megabytes(writtenBytes)} written${busiest ? `, most of it ${shortened(busiest.name)}` : ''}${frame ? `; asked for by ${named(frame)}` : ''}`,
        nextStep: kind === 'disk' ? 'Read once and keep, read only what is used, or compress.' : 'Ask for less, page, compress, or keep what is asked for again.',
        value: peakBytesPerSecond,
        error: 0,
        threshold,
        unit: 'bytes per second',
        confidence: 1,
        share: busiest ? (busiest.readBytes + busiest.writtenBytes) / (readBytes + writtenBytes) : 1,
        ...(frame && { frame }),
      },
    ];
  };
  return [...rate('disk', diskBytesPerSecond), ...rate('network', networkBytesPerSecond)];
}

/** Below it, waits one after the other do no harm, in ms. */
const LEAST_ROW_MS = 100;
const LEAST_ROW_SHARE = 0.3;
const LEAST_REQUESTS = 5;
/** Of the waits of a request: what is asked for together is waited for once. */
const LEAST_FOLLOWED = 0.65;

/** One wait after the other where one would do: for each request many to the same host, or a loop that awaits. */
export function repeatedWaits(data: ProfileData, thresholds: Required<BottleneckThresholds>): Bottleneck[] {
  const { io } = data;
  if (io === undefined) return [];
  return io.requests.length > 0 ? io.targets.flatMap((target) => waitsPerRequest(data, target, thresholds)) : waitsInARow(data, thresholds);
}

function waitsPerRequest({ io }: ProfileData, { kind, name, latency, followed, waitedBy }: IoTarget, { waitsPerRequest: threshold }: Required<BottleneckThresholds>): Bottleneck[] {
  // Requests to a server of this very program are not those that made it ask.
  const requests = io?.requests.filter(({ port }) => !name.endsWith(`:${port}`)).reduce((sum, { count: more }) => sum + more, 0) ?? 0;
  const each = latency.count / requests;
  if (kind !== 'network' || requests < LEAST_REQUESTS || each < threshold || followed < latency.count * LEAST_FOLLOWED) return [];
  const waitMs = latency.totalMs / requests;
  return [finding(`${each.toFixed(1)} waits for ${shortened(name)} with every request`, `${count(latency.count)} waits, ${count(requests)} requests: ${milliseconds(waitMs)} of waiting a request, ${milliseconds(latency.p50Ms)} a wait`, each, threshold, 1, frameOf(io, waitedBy))];
}

function waitsInARow({ io, durationMs }: ProfileData, { waitsInARow: threshold }: Required<BottleneckThresholds>): Bottleneck[] {
  if (io === undefined) return [];
  const rows = [{ name: 'the disk', ...io.disk }, ...io.targets.filter(({ kind }) => kind === 'network')];
  return rows.flatMap(({ name, longestRow, longestRowMs, waitedBy }): Bottleneck[] => {
    const share = longestRowMs / durationMs;
    if (longestRow < threshold || longestRowMs < LEAST_ROW_MS || share < LEAST_ROW_SHARE) return [];
    return [finding(`${count(longestRow)} waits for ${shortened(name)}, one after the other`, `${milliseconds(longestRowMs)}, ${percent(share)} of the time, and never two at once`, longestRow, threshold, share, frameOf(io, waitedBy))];
  });
}

function finding(title: string, evidence: string, value: number, threshold: number, share: number, frame: Frame | undefined): Bottleneck {
  return {
    kind: 'repeated-waits',
    title,
    evidence: frame ? `${evidence}; most waited for by ${named(frame)}` : evidence,
    nextStep: 'Ask once for all (a join, an IN list, a batch), or ask at the same time with Promise.all.',
    value,
    error: 0,
    threshold,
    unit: 'count',
    confidence: 1,
    share,
    ...(frame && { frame }),
  };
}

/** Of the program's own, as who asked may have been the profiler. */
function frameOf(io: ProfileData['io'], index: number | undefined): Frame | undefined {
  const frame = index === undefined ? undefined : io?.sites.frames[index];
  return frame?.kind === 'script' ? frame : undefined;
}

const shortened = (name: string): string => (name.startsWith('/') ? name.slice(name.lastIndexOf('/') + 1) : name);
