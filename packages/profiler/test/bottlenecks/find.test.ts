import { describe, expect, it } from '@jest/globals';
import { type Bottleneck, type BottleneckThresholds, createProfiler } from '../../src/index.js';
import type { IoTarget, IoTotals } from '../../src/io/io-profile.js';
import { createProfile } from '../../src/profile.js';
import type { PartialProfileData } from '../../src/profile-data.js';
import { type Frame, type FrameKind, type Samples, StackTree } from '../../src/samples.js';
import { samplesFrom } from '../arbitrary-samples.js';
import { allocate, kept } from '../workload.js';

const frame = (name: string, kind: FrameKind = 'script', url = kind === 'script' ? 'file:///app/a.js' : ''): Frame => ({ name, url, line: 3, column: 1, kind });
const IDLE = frame('(idle)', 'idle');
const GC = frame('(garbage collector)', 'gc');

/** A CPU sample each ms, so many on each stack. */
const cpuOf = (...runs: readonly (readonly [samples: number, ...stack: Frame[]])[]): Samples =>
  samplesFrom(runs.flatMap(([count, ...stack]) => Array.from({ length: count }, () => ({ deltaUs: 1_000, stack }))));

function memoryOf(type: 'allocated' | 'live', ...sites: readonly (readonly [name: string, bytes: number])[]): Samples {
  const tree = new StackTree();
  for (const [name] of sites) tree.node(-1, frame(name));
  const valueTypes = [{ type: 'samples', unit: 'count' } as const, { type, unit: 'bytes' } as const];
  return { valueTypes, ...tree.columns(), values: [Float64Array.from(sites, ([, bytes]) => bytes / 100_000), Float64Array.from(sites, ([, bytes]) => bytes)] };
}

const latency = (count: number, totalMs: number) => ({ count, totalMs, p50Ms: totalMs / count, p90Ms: 1, p99Ms: 1, maxMs: 1 });
const totals = (changes: Partial<IoTotals> = {}): IoTotals => ({ operations: 0, readBytes: 0, writtenBytes: 0, syncMs: 0, latency: latency(1, 0), peakBytesPerSecond: 0, longestRow: 0, longestRowMs: 0, ...changes });
const host = (name: string, changes: Partial<IoTarget> = {}): IoTarget => ({ kind: 'network', name, operations: 0, readBytes: 0, writtenBytes: 0, syncOperations: 0, syncMs: 0, latency: latency(1, 0), followed: 0, longestRow: 0, longestRowMs: 0, ...changes });
const ioOf = (changes: Partial<NonNullable<PartialProfileData['io']>>): NonNullable<PartialProfileData['io']> => ({
  disk: totals(), network: totals(), targets: [], sites: memoryOf('allocated', ['reader', 1]), sliceMs: 100, slices: [], requests: [], beforeRequests: { durationMs: 0, syncOperations: 0, syncMs: 0 }, process: undefined, unattributedRatio: undefined, ...changes,
});
const runtimeOf = ({ gcMs = 0, grownBytes = 0, stalls = [] as readonly { atMs: number; durationMs: number }[] }) => {
  const none = { count: 0, pauseMs: 0, maxPauseMs: 0 };
  return {
    eventLoop: { utilizationRatio: 0.5, delayMeanMs: 0, delayP99Ms: 0, delayMaxMs: 0, stalls, cpuUserMs: 0, cpuSystemMs: 0 },
    gc: { minor: { count: 9, pauseMs: gcMs, maxPauseMs: gcMs }, major: none, incremental: none, weakCallbacks: none, pauses: [] },
    heap: { readings: [4e6, 4e6 + grownBytes].map((usedBytes, index) => ({ atMs: index, usedBytes, externalBytes: 0, rssBytes: 50e6 })), checkpoints: [], spaces: [], limitBytes: 1 },
    thread: undefined,
  };
};

const found = (data: PartialProfileData, thresholds?: BottleneckThresholds): readonly Bottleneck[] => createProfile(data).bottlenecks(thresholds);
const kinds = (data: PartialProfileData, thresholds?: BottleneckThresholds): readonly string[] => found(data, thresholds).map(({ kind }) => kind);

describe('bottlenecks', () => {
  it('are none of a program that is mostly idle', () => {
    const data: PartialProfileData = {
      durationMs: 10_000,
      cpu: cpuOf([9_500, IDLE], [300, frame('serve'), frame('render')], [200, frame('serve')]),
      memory: memoryOf('allocated', ['render', 5e6], ['serve', 3e6]),
      io: ioOf({ requests: [{ port: 80, count: 100 }], targets: [host('db:5432', { latency: latency(100, 200) })], disk: totals({ syncMs: 5 }) }),
      runtime: runtimeOf({ gcMs: 40, stalls: [{ atMs: 0, durationMs: 60 }] }),
      promises: { created: 50_000, peakPending: 200, sites: memoryOf('allocated', ['serve', 1]) },
    };
    expect(found(data)).toEqual([]);
  });

  it('name a function over a second and not its callers, with its sampling error', () => {
    const [first, ...others] = found({ durationMs: 4_000, cpu: cpuOf([1_400, frame('main'), frame('handler'), frame('crunch')], [2_600, IDLE]) });
    expect(others).toEqual([]);
    expect(first).toMatchObject({ kind: 'slow-function', frame: { name: 'crunch' }, unit: 'ms', threshold: 1_000, value: 1_400, share: 0.35 });
    expect(first?.error).toBeCloseTo((1.96 * 1_400) / Math.sqrt(1_400), 6);
    expect(first?.confidence).toBeGreaterThan(0.99);
    expect(first?.evidence).toContain('± 73 ms');
  });

  it('take other thresholds, and refuse those that are none', () => {
    const data = { durationMs: 4_000, cpu: cpuOf([2_600, IDLE], [1_400, frame('crunch')]) };
    expect(kinds(data, { functionTotalMs: 2_000 })).toEqual([]);
    expect(kinds(data, { functionTotalMs: 2_000, hotShare: 0.3 })).toEqual(['hot-function']);
    expect(() => found(data, { functionTotalMs: -1 })).toThrow(expect.objectContaining({ code: 'ERR_PROFILER_INVALID_OPTION' }));
    expect(() => found(data, { functionMs: 1 } as BottleneckThresholds)).toThrow(expect.objectContaining({ code: 'ERR_PROFILER_INVALID_OPTION', message: expect.stringContaining('functionMs') }));
  });

  it('name JSON by the lines that samples fell on, and cryptography by its functions', () => {
    const cpu = cpuOf([500, IDLE], [500, frame('load')]);
    const json = { ...cpu, lineTicks: new Map([[1, [{ line: 4, ticks: 400 }, { line: 9, ticks: 100 }]]]), builtins: new Map([['file:///app/a.js:4', 'JSON.parse']]) };
    expect(found({ durationMs: 1_000, cpu: json })).toMatchObject([{ kind: 'hot-builtin', title: expect.stringContaining('JSON.parse takes 40 %'), frame: { name: 'load' } }]);
    const hashed = cpuOf([500, IDLE], [500, frame('login'), frame('pbkdf2Sync', 'node', 'node:internal/crypto/pbkdf2'), frame('run', 'native')]);
    expect(found({ durationMs: 1_000, cpu: hashed })).toMatchObject([{ kind: 'hot-builtin', title: expect.stringContaining('cryptography'), frame: { name: 'login' } }]);
  });

  it('name synchronous I/O: a share of the time, or less of it with every request', () => {
    const reading = [frame('serve'), frame('readFileSync', 'node', 'node:fs'), frame('read', 'native')];
    expect(found({ durationMs: 1_000, cpu: cpuOf([850, IDLE], [150, ...reading]) })).toMatchObject([{ kind: 'sync-io', frame: { name: 'serve' } }]);
    const few = { durationMs: 1_000, cpu: cpuOf([970, IDLE], [30, ...reading]) };
    expect(kinds(few)).toEqual([]);
    const io = ioOf({ requests: [{ port: 80, count: 50 }], targets: [host('/template', { kind: 'disk', syncOperations: 50 })] });
    expect(kinds({ ...few, io })).toEqual(['sync-io']);
    expect(kinds({ durationMs: 150, cpu: cpuOf([75, frame('main')], [75, ...reading]) })).toEqual([]); // A program that ends at once.
    const manyFiles = ioOf({ disk: totals({ syncMs: 75 }), targets: [host('/log', { kind: 'disk', syncOperations: 5_000 })] });
    expect(kinds({ durationMs: 150, cpu: cpuOf([75, frame('main')], [75, ...reading]), io: manyFiles })).toEqual(['sync-io']);
  });

  it('blame no program for reading its modules, nor a service for what it read before it served', () => {
    const loading = [frame('main'), frame('require', 'node', 'node:internal/modules/helpers'), frame('readFileSync', 'node', 'node:fs'), frame('read', 'native')];
    const data = { durationMs: 1_000, cpu: cpuOf([800, IDLE], [200, ...loading]) };
    const disk = totals({ syncMs: 200 });
    expect(kinds(data)).toEqual([]);
    expect(kinds({ ...data, io: ioOf({ disk }) })).toEqual([]);
    const targets = [host('/config', { kind: 'disk', syncOperations: 90, syncMs: 200 })];
    const served = { durationMs: 1_000, io: ioOf({ disk, targets, requests: [{ port: 80, count: 50 }], beforeRequests: { durationMs: 0, syncOperations: 88, syncMs: 199 } }) };
    expect(kinds(served)).toEqual([]);
    expect(kinds({ ...served, io: { ...served.io, beforeRequests: { durationMs: 0, syncOperations: 2, syncMs: 1 } } })).toEqual(['sync-io']);
  });

  it('name large allocations that come at a rate or are kept, and not the garbage of a program that is well', () => {
    const memory = memoryOf('allocated', ['chart', 60e6], ['other', 1e6]);
    expect(found({ durationMs: 2_000, memory })).toMatchObject([{ kind: 'large-allocation', frame: { name: 'chart' }, value: 60e6, confidence: 1 }]);
    expect(kinds({ durationMs: 3_000, memory })).toEqual([]);
    expect(kinds({ durationMs: 3_000, memory, runtime: runtimeOf({ grownBytes: 3e6 }) })).toEqual([]);
    expect(kinds({ durationMs: 600_000, memory, runtime: runtimeOf({ grownBytes: 40e6 }) })).toEqual(['large-allocation']);
  });

  it('name what grew from each checkpoint to the next, and not what stayed', () => {
    const live = (cache: number, pool: number) => memoryOf('live', ['cache', cache], ['pool', pool]);
    const data = { durationMs: 5_000, checkpoints: [live(1e6, 4e6), live(2e6, 4e6), live(3e6, 4e6)], memory: live(4e6, 4e6) };
    expect(found(data)).toMatchObject([{ kind: 'leak-suspect', frame: { name: 'cache' }, value: 3e6 }]);
    expect(kinds({ ...data, checkpoints: [live(1e6, 4e6), live(3e6, 4e6), live(2e6, 4e6)], memory: live(2.5e6, 4e6) })).toEqual([]);
  });

  it('name memory outside of the heap that grew from each checkpoint to the next, and who was seen making buffers', () => {
    const memory = memoryOf('live', ['cache', 1e5]);
    const at = (externalBytes: number) => ({ atMs: 0, usedBytes: 4e6, externalBytes, rssBytes: 50e6 });
    const grown = (...sizes: number[]) => {
      const runtime = runtimeOf({});
      return { durationMs: 5_000, memory, checkpoints: [memory, memory], runtime: { ...runtime, heap: { ...runtime.heap, checkpoints: sizes.slice(0, -1).map(at), readings: [at(1e6), ...sizes.slice(-1).map(at)] } } };
    };
    const leaking = grown(5e6, 15e6, 25e6);
    expect(found(leaking)).toMatchObject([{ kind: 'leak-suspect', value: 20e6, evidence: 'external memory 5.00 MB → 15 MB → 25 MB' }]);
    const cpu = cpuOf([4_900, IDLE], [20, frame('collect'), frame('alloc', 'node', 'node:buffer')], [10, frame('read'), frame('toString', 'node', 'node:buffer')]);
    expect(found({ ...leaking, cpu })).toMatchObject([{ kind: 'leak-suspect', frame: { name: 'collect' }, title: expect.stringContaining('buffers are made most in collect') }]);
    expect(kinds(grown(5e6, 9e6, 14e6))).toEqual([]);
    expect(kinds(grown(5e6, 40e6, 20e6))).toEqual([]);
  });

  it('name garbage collection and who made the garbage', () => {
    const runtime = runtimeOf({ gcMs: 300 });
    expect(found({ durationMs: 1_000, runtime, memory: memoryOf('allocated', ['build', 5e6]) })).toMatchObject([{ kind: 'gc-pressure', frame: { name: 'build' }, share: 0.3 }]);
    const cpu = cpuOf([300, IDLE], ...Array.from({ length: 100 }, () => [[4, frame('build')] as const, [3, GC] as const]).flat());
    expect(found({ durationMs: 1_000, cpu })).toMatchObject([{ kind: 'gc-pressure', frame: { name: 'build' } }]);
  });

  it('name rates of disk and network above the limits', () => {
    const io = ioOf({ disk: totals({ peakBytesPerSecond: 101e6, readBytes: 101e6 }), network: totals({ peakBytesPerSecond: 51e6, readBytes: 51e6 }), targets: [host('a:1'), host('/f', { kind: 'disk' })] });
    expect(kinds({ durationMs: 1_000, io })).toEqual(['disk-rate', 'network-rate']);
    expect(kinds({ durationMs: 1_000, io }, { diskBytesPerSecond: 200e6, networkBytesPerSecond: 200e6 })).toEqual([]);
  });

  it('name many waits for each request, and not those of a client in the same program', () => {
    const requests = [{ port: 80, count: 20 }];
    const targets = [host('db:5432', { latency: latency(400, 800), followed: 380 }), host('localhost:80', { latency: latency(20, 900), longestRow: 20, longestRowMs: 900 })];
    expect(found({ durationMs: 1_000, io: ioOf({ requests, targets }) })).toMatchObject([{ kind: 'repeated-waits', title: expect.stringContaining('20.0 waits for db:5432'), value: 20 }]);
    expect(kinds({ durationMs: 1_000, io: ioOf({ requests, targets: [host('db:5432', { latency: latency(40, 80), followed: 20 })] }) })).toEqual([]);
    const together = host('db:5432', { latency: latency(400, 800), followed: 20 }); // As of Promise.all.
    expect(kinds({ durationMs: 1_000, io: ioOf({ requests, targets: [together] }) })).toEqual([]);
  });

  it('name who waited for that host, whoever else waits, and who moved the bytes', () => {
    const sites = memoryOf('allocated', ['reader', 5], ['asker', 1]);
    const [reader, asker] = ['reader', 'asker'].map((name) => sites.frames.findIndex((one) => one.name === name));
    const targets = [host('db:5432', { latency: latency(400, 800), followed: 380, waitedBy: asker, movedBy: reader }), host('(others)', { waitedBy: 99 })];
    const io = ioOf({ sites, targets, requests: [{ port: 80, count: 20 }], network: totals({ peakBytesPerSecond: 51e6, readBytes: 51e6, waitedBy: asker, movedBy: reader }) });
    expect(found({ durationMs: 1_000, io })).toMatchObject([{ kind: 'repeated-waits', frame: { name: 'asker' }, evidence: expect.stringContaining('most waited for by asker') }, { kind: 'network-rate', frame: { name: 'reader' } }]);
  });

  it('name waits in a row where no requests are served', () => {
    const io = ioOf({ disk: totals({ longestRow: 500, longestRowMs: 800 }) });
    expect(kinds({ durationMs: 1_000, io })).toEqual(['repeated-waits']);
    expect(kinds({ durationMs: 10_000, io })).toEqual([]);
  });

  it('name a storm of promises', () => {
    const sites = memoryOf('allocated', ['all', 1]);
    expect(found({ durationMs: 1_000, promises: { created: 50_000, peakPending: 40_000, sites } })).toMatchObject([{ kind: 'promise-storm', frame: { name: 'all' }, value: 40_000 }]);
    expect(kinds({ durationMs: 1_000, promises: { created: 400_000, peakPending: 10, sites } })).toEqual(['promise-storm']);
  });

  it('name who held the event loop, and nobody where the process had no core', () => {
    const runtime = runtimeOf({ stalls: [{ atMs: 500, durationMs: 300 }] });
    const cpu = cpuOf([500, IDLE], [300, frame('recount')], [700, IDLE]);
    expect(found({ durationMs: 1_500, cpu, runtime })).toMatchObject([{ kind: 'event-loop-stall', frame: { name: 'recount' }, value: 300 }]);
    expect(kinds({ durationMs: 1_500, cpu: cpuOf([1_500, IDLE]), runtime })).toEqual([]);
    const started = ioOf({ requests: [{ port: 80, count: 3 }], beforeRequests: { durationMs: 900, syncOperations: 0, syncMs: 0 } });
    expect(kinds({ durationMs: 1_500, cpu, runtime, io: started })).toEqual([]);
    const starved = runtimeOf({ stalls: [{ atMs: 0, durationMs: 450 }, { atMs: 500, durationMs: 300 }] });
    expect(found({ durationMs: 1_500, cpu, runtime: starved })).toMatchObject([{ kind: 'event-loop-stall', frame: { name: 'recount' }, value: 300 }]);
    const collected = cpuOf([450, GC], [50, IDLE], [300, frame('recount')], [700, IDLE]); // Such as a checkpoint of live memory.
    expect(found({ durationMs: 1_500, cpu: collected, runtime: starved }).filter(({ kind }) => kind === 'event-loop-stall')).toMatchObject([{ frame: { name: 'recount' }, value: 300, share: 0.2 }]);
    const mostlyStarved = runtimeOf({ stalls: [{ atMs: 0, durationMs: 450 }, { atMs: 500, durationMs: 300 }, { atMs: 800, durationMs: 600 }] });
    expect(kinds({ durationMs: 1_500, cpu, runtime: mostlyStarved })).toEqual(['event-loop-stall']);
  });

  it('go by the time that was sampled in files that tell no duration, and without any say nothing of it', () => {
    expect(found({ durationMs: 0, cpu: cpuOf([900, frame('spin')], [100, IDLE]) })).toMatchObject([{ kind: 'hot-function', frame: { name: 'spin' }, share: expect.closeTo(0.9, 2) }]);
    expect(kinds({ durationMs: 0, memory: memoryOf('live', ['keep', 1e6]) })).toEqual([]);
  });

  it('are found in a recording of what there was', async () => {
    await using profiler = createProfiler({ memory: { samplingIntervalBytes: 65_536 } });
    const { profile } = await profiler.profile(() => allocate(2_000, 16_000), { memory: true });
    kept.length = 0;
    // Beside it there may be what a busy machine makes of it: collections that take most of the time.
    expect(profile.bottlenecks().map(({ kind, frame }) => [kind, frame?.name])).toContainEqual(['large-allocation', 'allocate']);
  });
});
