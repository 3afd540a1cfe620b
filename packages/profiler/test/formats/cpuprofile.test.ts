import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import type { Profiler } from 'node:inspector';
import { createProfiler, parseProfile } from '../../src/index.js';
import { readCpuProfile, writeCpuProfile } from '../../src/formats/cpuprofile.js';
import { parseJson } from '../../src/formats/json.js';
import { plainSamples, samplesFrom, stacksOf } from '../arbitrary-samples.js';
import { threeToOne } from '../workload.js';

const frame = (functionName: string, url = 'file:///app.js') => ({ functionName, scriptId: url === '' ? '0' : '5', url, lineNumber: 9, columnNumber: 4 });
const root = { id: 1, callFrame: { ...frame('(root)', ''), lineNumber: -1, columnNumber: -1 }, hitCount: 0 };
const read = (file: object) => readCpuProfile(parseJson(JSON.stringify(file)));

describe('a .cpuprofile', () => {
  it('reads back with the same stacks, times and lines, whatever the names', () => {
    fc.assert(
      fc.property(plainSamples, (plain) => {
        const samples = samplesFrom(plain);
        const again = readCpuProfile(parseJson(writeCpuProfile(samples)));
        expect(stacksOf(again)).toEqual(stacksOf(samples));
        expect(again.timeline?.endUs).toBe(samples.timeline?.endUs);
        expect(again.values[1]?.reduce((sum, cost) => sum + cost, 0)).toBe(samples.values[1]?.reduce((sum, cost) => sum + cost, 0));
      }),
      { seed: 3, numRuns: 200 },
    );
  });

  it('has the shape that DevTools and VS Code load', async () => {
    const profiler = createProfiler();
    const { profile } = await profiler.profile(() => threeToOne(100));
    await profiler.close();
    const text = profile.toCpuProfile();
    const file = JSON.parse(text) as Profiler.Profile;
    const ids = new Set(file.nodes.map(({ id }) => id));
    const children = file.nodes.flatMap((node) => node.children ?? []);
    expect(file.nodes[0]).toMatchObject({ id: 1, callFrame: { functionName: '(root)' } });
    expect(ids.size).toBe(file.nodes.length);
    expect(new Set(children)).toEqual(new Set([...ids].filter((id) => id !== 1)));
    expect(children).toHaveLength(file.nodes.length - 1);
    for (const { callFrame, hitCount } of file.nodes) {
      expect(callFrame).toEqual({ functionName: expect.any(String), scriptId: expect.stringMatching(/^\d+$/), url: expect.any(String), lineNumber: expect.any(Number), columnNumber: expect.any(Number) });
      expect(hitCount).toBeGreaterThanOrEqual(0);
    }
    expect(file.samples).toHaveLength(file.timeDeltas?.length ?? -1);
    for (const id of file.samples ?? []) expect(ids).toContain(id);
    const timesUs = (file.timeDeltas ?? []).map(((timeUs) => (delta: number) => (timeUs += delta))(file.startTime));
    expect(Math.min(...timesUs)).toBeGreaterThanOrEqual(file.startTime);
    expect(Math.max(...timesUs)).toBeLessThanOrEqual(file.endTime);
    expect(file.nodes.find(({ callFrame }) => callFrame.functionName === 'threeUnits')?.positionTicks).toBeDefined();

    const again = parseProfile(text);
    expect(again.toCpuProfile()).toBe(text);
    expect(again.costs()).toEqual(profile.costs());
    expect(again).toMatchObject({ conditions: undefined, runtime: undefined, startedAtMs: undefined, memory: undefined });
  });

  it('gives each sample the time until the next one', () => {
    const nodes = [{ ...root, children: [2, 3] }, { id: 2, callFrame: frame('a') }, { id: 3, callFrame: frame('b') }];
    const samples = read({ nodes, startTime: 1_000, endTime: 2_000, samples: [2, 3, 2], timeDeltas: [100, 200, 300] });
    expect(samples.frames.map(({ name, line, column, kind }) => [name, line, column, kind])).toEqual([['a', 10, 5, 'script'], ['b', 10, 5, 'script']]);
    expect(samples.values.map((column) => [...column])).toEqual([[2, 1], [600, 300]]);
  });

  it('puts samples in order that some versions of V8 write out of order', () => {
    const nodes = [{ ...root, children: [2, 3] }, { id: 2, callFrame: frame('a') }, { id: 3, callFrame: frame('b') }];
    const samples = read({ nodes, startTime: 0, endTime: 1_000, samples: [2, 3], timeDeltas: [600, -200] });
    expect([...(samples.timeline?.timesUs ?? [])]).toEqual([400, 600]);
    expect(samples.values.map((column) => [...column])).toEqual([[1, 1], [400, 200]]);
  });

  it('reads older files, that count hits and have no samples, spreading them evenly', () => {
    const nodes = [{ ...root, children: [2, 3] }, { id: 2, callFrame: frame('a'), hitCount: 3 }, { id: 3, callFrame: frame('b'), hitCount: 1 }];
    expect(read({ nodes, startTime: 0, endTime: 1_000 }).values.map((column) => [...column])).toEqual([[3, 1], [750, 250]]);
  });

  it('keeps what fell on the root itself as native code without JavaScript', () => {
    const samples = read({ nodes: [{ ...root, positionTicks: [{ line: 0, ticks: 1 }] }], startTime: 0, endTime: 500, samples: [1], timeDeltas: [100] });
    expect(samples.frames).toEqual([{ name: '(program)', url: '', line: 0, column: 0, kind: 'program' }]);
    expect([...(samples.values[1] ?? [])]).toEqual([400]);
  });

  it('makes calls of one function from one caller one node, though V8 wrote several', () => {
    const nodes = [{ ...root, children: [2, 3] }, { id: 2, callFrame: frame('a'), positionTicks: [{ line: 1, ticks: 1 }] }, { id: 3, callFrame: { ...frame('a'), scriptId: '6' }, positionTicks: [{ line: 2, ticks: 1 }] }];
    const samples = read({ nodes, startTime: 0, endTime: 300, samples: [2, 3], timeDeltas: [100, 100] });
    expect(samples.values.map((column) => [...column])).toEqual([[2], [200]]);
    expect(samples.lineTicks?.get(0)).toHaveLength(2);
  });

  const good = { nodes: [{ ...root, children: [2] }, { id: 2, callFrame: frame('a') }], startTime: 0, endTime: 10, samples: [2], timeDeltas: [1] };
  it.each([
    ['the file is', 'nonsense'],
    ['the file is', '{"nodes": [{"id": 1, "callFr'],
    ['the file is an array', '[]'],
    ['the file is', '{}'],
    ['nodes is 7', JSON.stringify({ ...good, nodes: 7 })],
    ['nodes[1].id is 1', JSON.stringify({ ...good, nodes: [good.nodes[0], { id: 1, callFrame: frame('a') }] })],
    ['nodes[0].callFrame is undefined', JSON.stringify({ ...good, nodes: [{ id: 1 }] })],
    ['nodes[0].callFrame.url is 5', JSON.stringify({ ...good, nodes: [{ id: 1, callFrame: { functionName: 'a', url: 5 } }] })],
    ['nodes[0].callFrame.functionName is undefined', JSON.stringify({ ...good, nodes: [{ id: 1, callFrame: {} }] })],
    ['a child in nodes[1] is 9', JSON.stringify({ ...good, nodes: [good.nodes[0], { ...good.nodes[1], children: [9] }] })],
    ['the parent of node 2 is 2', JSON.stringify({ ...good, nodes: [good.nodes[0], { ...good.nodes[1], children: [2] }] })],
    ['nodes is', JSON.stringify({ ...good, nodes: [{ ...root, children: [] }, { id: 2, callFrame: frame('a'), children: [3] }, { id: 3, callFrame: frame('b'), children: [2] }] })],
    ['samples[0] is 9', JSON.stringify({ ...good, samples: [9] })],
    ['samples[0] is "2"', JSON.stringify({ ...good, samples: ['2'] })],
    ['the length of timeDeltas is 2', JSON.stringify({ ...good, timeDeltas: [1, 2] })],
    ['startTime is undefined', JSON.stringify({ ...good, startTime: undefined })],
    ['endTime is -1', JSON.stringify({ ...good, endTime: -1 })],
    ['nodes[1].hitCount is -3', JSON.stringify({ ...good, samples: undefined, timeDeltas: undefined, nodes: [good.nodes[0], { ...good.nodes[1], hitCount: -3 }] })],
  ])('that is damaged is refused, saying where: %s', (where, text) => {
    expect(() => parseProfile(text)).toThrow(expect.objectContaining({ code: 'ERR_PROFILER_INVALID_PROFILE', message: expect.stringContaining(where) }));
  });
});

it('times and counts that nothing could be computed with are refused, and the largest that are not end every export', () => {
  const file = (endTime: number) =>
    JSON.stringify({ nodes: [{ id: 1, callFrame: { functionName: '(root)', scriptId: '0', url: '', lineNumber: -1, columnNumber: -1 }, hitCount: 0, children: [2] }, { id: 2, callFrame: { functionName: 'a', scriptId: '1', url: '', lineNumber: 0, columnNumber: 0 }, hitCount: 0, children: [] }], startTime: 0, endTime, samples: [2], timeDeltas: [0] });
  for (const endTime of [1e307, 2 ** 54, -1e300]) expect(() => parseProfile(file(endTime))).toThrow(expect.objectContaining({ code: 'ERR_PROFILER_INVALID_PROFILE' }));
  const profile = parseProfile(file(Number.MAX_SAFE_INTEGER));
  for (const content of [profile.toHtml(), profile.toPprof(), profile.toOtlp()]) expect(content.length).toBeGreaterThan(0);
});
