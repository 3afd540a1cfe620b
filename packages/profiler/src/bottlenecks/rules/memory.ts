import type { ProfileData } from '../../profile-data.js';
import type { Frame, Samples } from '../../samples.js';
import type { Bottleneck, BottleneckThresholds } from '../bottleneck.js';
import { confidenceAbove, errorOf, megabytes, milliseconds, percent } from '../evidence.js';
import { eachOwner, named, ownCosts } from '../own-costs.js';
import { topCaller } from './builtins.js';

/** Less than this share of all allocations is not worth a finding, however much it is. */
const LEAST_SHARE = 0.1;
const LEAST_SAMPLES = 5;
/** What sampling may make of a size that has not changed. */
const MOST_SHRINKAGE = 0.1;
/** The largest are enough to begin with. */
const MOST_PLACES = 3;

/** Places that allocate much, if it stays or comes at a rate: what little garbage any program makes adds up too, and costs nothing. */
export function largeAllocations({ memory, runtime, durationMs }: ProfileData, { allocationBytes, allocationBytesPerSecond }: Required<BottleneckThresholds>): Bottleneck[] {
  if (memory === undefined) return [];
  const costs = ownCosts(memory);
  const isLive = memory.valueTypes.at(-1)?.type === 'live';
  const isKept = isLive || grownBytes(runtime) >= allocationBytes;
  const all = memory.values.at(-1)?.reduce((sum, bytes) => sum + bytes, 0) ?? 0;
  return costs.slice(0, MOST_PLACES).flatMap(({ frame, own, ownSamples }): Bottleneck[] => {
    const share = all === 0 ? 0 : own / all;
    const perSecond = own / (durationMs / 1e3);
    if (own < allocationBytes || share < LEAST_SHARE || (!isKept && perSecond < allocationBytesPerSecond)) return [];
    const sampled = { value: own, samples: ownSamples };
    return [
      {
        kind: 'large-allocation',
        title: isLive ? `${named(frame)} holds ${megabytes(own)} that it allocated meanwhile` : `${named(frame)} allocates ${percent(share)} of all memory`,
        evidence: `${megabytes(own)} ± ${megabytes(errorOf(sampled))}, ${megabytes(perSecond)} a second, in ${ownSamples} samples`,
        nextStep: isLive ? 'Find in a heap snapshot what keeps it.' : 'Reuse buffers and objects, stream instead of collecting, and keep from copying.',
        value: own,
        error: errorOf(sampled),
        threshold: allocationBytes,
        unit: 'bytes',
        confidence: confidenceAbove(allocationBytes, sampled),
        share,
        frame,
      },
    ];
  });
}

/** How much larger the heap is at the end, when garbage was collected to read the samples. */
const grownBytes = (runtime: ProfileData['runtime']): number => (runtime?.heap.readings.at(-1)?.usedBytes ?? 0) - (runtime?.heap.readings[0]?.usedBytes ?? 0);

/** Places of which more was alive at every checkpoint than at the one before, but for one at which nothing may have happened. */
export function leakSuspects({ memory, checkpoints }: ProfileData, { growthBytes }: Required<BottleneckThresholds>): Bottleneck[] {
  if (memory === undefined || checkpoints.length < 2) return [];
  const readings = [...checkpoints, memory].map(bytesByPlace);
  const last = ownCosts(memory);
  return last.flatMap(({ frame, own, ownSamples }): Bottleneck[] => {
    const sizes = readings.map((bytes) => bytes.get(placeOf(frame)) ?? 0);
    const grown = own - (sizes[0] ?? 0);
    if (ownSamples < LEAST_SAMPLES || grown < growthBytes || !keepsGrowing(sizes)) return [];
    const sampled = { value: grown, samples: (ownSamples * grown) / own };
    return [
      {
        kind: 'leak-suspect',
        title: `What ${named(frame)} allocates keeps growing`,
        evidence: `alive ${sizes.map(megabytes).join(' → ')}`,
        nextStep: 'Compare two heap snapshots by this constructor and look at the retainers: a cache without bound, a listener never removed, a closure.',
        value: grown,
        error: errorOf(sampled),
        threshold: growthBytes,
        unit: 'bytes',
        confidence: confidenceAbove(growthBytes, sampled),
        share: own / (memory.values.at(-1)?.reduce((sum, bytes) => sum + bytes, 0) || 1),
        frame,
      },
    ];
  });
}

/** Buffers that are kept: V8 samples the small objects that hold them, and not what they hold. */
export function externalLeak({ memory, runtime, checkpoints, cpu }: ProfileData, { externalGrowthBytes }: Required<BottleneckThresholds>): Bottleneck[] {
  if (memory === undefined || runtime === undefined || checkpoints.length < 2) return [];
  const sizes = [...runtime.heap.checkpoints, ...runtime.heap.readings.slice(-1)].map(({ externalBytes }) => externalBytes);
  const [first = 0, last = 0] = [sizes[0], sizes.at(-1)];
  const grown = last - first;
  if (grown < externalGrowthBytes || !keepsGrowing(sizes)) return [];
  const frame = cpu && makerOfBuffers(cpu);
  return [
    {
      kind: 'leak-suspect',
      title: `Memory outside of V8's heap keeps growing${frame ? `; buffers are made most in ${named(frame)}` : ''}`,
      evidence: `external memory ${sizes.map(megabytes).join(' → ')}`,
      nextStep: 'Look for buffers that are kept: in a heap snapshot, what retains ArrayBuffers.',
      value: grown,
      error: 0,
      threshold: externalGrowthBytes,
      unit: 'bytes',
      confidence: 1,
      share: grown / last,
      ...(frame && { frame }),
    },
  ];
}

/** As Node names them inside. */
const MAKES_BUFFERS = /^(?:alloc|allocUnsafe|allocUnsafeSlow|allocate|concat|from\w*|createUnsafeBuffer|FastBuffer)$/;

/** Who was seen most making buffers, if anyone was seen enough. */
function makerOfBuffers(cpu: Samples): Frame | undefined {
  const makers = new Map<number, number>();
  eachOwner(cpu, (owner, node, _cost, samples) => {
    const { name = '', url = '' } = cpu.frames[cpu.nodeFrames[node] ?? -1] ?? {};
    if ((url === 'node:buffer' || url === 'node:internal/buffer') && MAKES_BUFFERS.test(name)) makers.set(owner, (makers.get(owner) ?? 0) + samples);
  });
  return [...makers.values()].some((samples) => samples >= LEAST_SAMPLES) ? topCaller(cpu, makers) : undefined;
}

/** From each to the next, but for one at which nothing may have happened. */
function keepsGrowing(sizes: readonly number[]): boolean {
  const steps = sizes.slice(1).map((size, index) => size - (sizes[index] ?? 0));
  return steps.filter((step) => step <= 0).length <= 1 && !steps.some((step, index) => step < -MOST_SHRINKAGE * (sizes[index] ?? 0));
}

const placeOf = ({ name, url, line, column }: Frame): string => JSON.stringify([name, url, line, column]);
const bytesByPlace = (samples: Samples): ReadonlyMap<string, number> => new Map(ownCosts(samples).map(({ frame, own }) => [placeOf(frame), own]));

/** Garbage collection that takes a share of the time, and who makes the garbage. */
export function gcPressure({ runtime, cpu, memory, durationMs }: ProfileData, { gcShare }: Required<BottleneckThresholds>): Bottleneck[] {
  const kinds = runtime && [runtime.gc.minor, runtime.gc.major, runtime.gc.incremental, runtime.gc.weakCallbacks];
  const gcMs = kinds?.reduce((sum, { pauseMs }) => sum + pauseMs, 0) ?? sampledGcMs(cpu);
  const share = gcMs / durationMs;
  if (share < gcShare || gcMs < 100) return [];
  const sites = memory ? ownCosts(memory) : cpu ? interrupted(cpu) : [];
  const [top] = sites;
  const shown = sites.slice(0, 3).map(({ frame }) => named(frame));
  return [
    {
      kind: 'gc-pressure',
      title: `Garbage collection takes ${percent(share)} of the time`,
      evidence: `${milliseconds(gcMs)} in ${kinds?.reduce((sum, { count }) => sum + count, 0) ?? 'some'} collections${shown.length > 0 ? `; ${memory ? 'most is allocated by' : 'most often interrupted:'} ${shown.join(', ')}` : ''}`,
      nextStep: memory ? 'Allocate less where most is allocated.' : 'Record memory too, to see what is allocated where.',
      value: share,
      error: 0,
      threshold: gcShare,
      unit: 'share',
      confidence: 1,
      share,
      ...(top && { frame: top.frame }),
    },
  ];
}

function sampledGcMs(cpu: Samples | undefined): number {
  if (cpu === undefined) return 0;
  const costs = cpu.values.at(-1);
  return cpu.nodeFrames.reduce((sum, frame, node) => sum + (cpu.frames[frame]?.kind === 'gc' ? (costs?.[node] ?? 0) / 1e3 : 0), 0);
}

/** Who ran right before a collection: who allocates most is interrupted most often. */
function interrupted({ timeline, frames, nodeFrames, nodeParents }: Samples): readonly { readonly frame: Frame }[] {
  const times = new Map<Frame, number>();
  let before = -1;
  for (const node of timeline?.nodes ?? []) {
    const isGc = frames[nodeFrames[node] ?? -1]?.kind === 'gc';
    if (isGc && before >= 0) {
      let at = before;
      while (at >= 0 && frames[nodeFrames[at] ?? -1]?.kind !== 'script') at = nodeParents[at] ?? -1;
      const frame = frames[nodeFrames[at] ?? -1];
      if (frame) times.set(frame, (times.get(frame) ?? 0) + 1);
    }
    before = isGc ? -1 : node;
  }
  return Array.from(times, ([frame, count]) => ({ frame, count })).sort((a, b) => b.count - a.count);
}
