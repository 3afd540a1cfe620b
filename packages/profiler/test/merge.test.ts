import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { type FunctionCost, type Profile, diffProfiles, mergeProfiles, parseProfile } from '../src/index.js';
import { createProfile } from '../src/profile.js';
import type { Samples } from '../src/samples.js';
import { type PlainSample, plainSamples, samplesFrom } from './arbitrary-samples.js';

const profileOf = (plain: readonly PlainSample[], more: Partial<Samples> = {}): Profile =>
  createProfile({ startedAtMs: 5, durationMs: 1, cpu: { ...samplesFrom(plain), ...more }, memory: undefined, runtime: undefined, conditions: undefined });
const byFrame = (functions: readonly FunctionCost[]) => new Map(functions.map(({ name, url, line, column, kind, self, total }) => [JSON.stringify({ name, url, line, column, kind }), { self, total }]));
const script = (name: string, line = 1) => ({ name, url: 'file:///app/a.js', line, column: 1, kind: 'script' as const });

describe('a merged profile', () => {
  it('costs what its parts cost, by function and in all, also after it was written and read', () => {
    fc.assert(
      fc.property(fc.array(plainSamples, { minLength: 1, maxLength: 4 }), (all) => {
        const parts = all.map((plain) => profileOf(plain));
        const merged = mergeProfiles(parts);
        const expected = new Map<string, { self: number; total: number }>();
        for (const part of parts)
          for (const [key, { self, total }] of byFrame(part.costs().functions)) {
            const known = expected.get(key) ?? { self: 0, total: 0 };
            expected.set(key, { self: known.self + self, total: known.total + total });
          }
        expect(byFrame(merged.costs().functions)).toEqual(expected);
        for (const key of ['total', 'busy', 'idle', 'gc', 'program'] as const) expect(merged.costs()[key]).toBe(parts.reduce((sum, part) => sum + part.costs()[key], 0));
        expect(merged.cpu?.timeline?.nodes).toHaveLength(all.flat().length);
        expect(parseProfile(merged.toCpuProfile()).costs().total).toBe(merged.costs().total);
        expect(merged.durationMs).toBe(parts.length);
      }),
      { seed: 9, numRuns: 100 },
    );
  });

  it('adds up ticks by line and what was inlined, and refuses to be made of nothing', () => {
    const one = profileOf([{ deltaUs: 1, stack: [script('f')] }], { lineTicks: new Map([[0, [{ line: 3, ticks: 1 }]]]), inlined: new Map([[0, 1]]) });
    const other = profileOf([{ deltaUs: 1, stack: [script('g')] }, { deltaUs: 1, stack: [script('f')] }], {
      lineTicks: new Map([[1, [{ line: 3, ticks: 2 }, { line: 4, ticks: 5 }]]]),
      inlined: new Map([[1, 1]]),
    });
    const { cpu } = mergeProfiles([one, other]);
    expect([...(cpu?.lineTicks ?? [])]).toEqual([[0, [{ line: 3, ticks: 3 }, { line: 4, ticks: 5 }]]]);
    expect([...(cpu?.inlined ?? [])]).toEqual([[0, 2]]);
    for (const none of [[], undefined, null, 7, {}, 'profiles']) expect(() => mergeProfiles(none as never)).toThrow(expect.objectContaining({ code: 'ERR_PROFILER_INVALID_OPTION' }));
  });
});

describe('a diff of two profiles', () => {
  it('adds up: before and change give after, by function and in all', () => {
    fc.assert(
      fc.property(plainSamples, plainSamples, (before, after) => {
        const [from, to] = [profileOf(before), profileOf(after)];
        const functions = diffProfiles(from, to).functions();
        const now = byFrame(to.costs().functions);
        let delta = 0;
        for (const { selfBefore, self, selfDelta, totalBefore, total, totalDelta, ...frame } of functions) {
          expect([selfBefore + selfDelta, totalBefore + totalDelta]).toEqual([self, total]);
          expect({ self, total }).toEqual(now.get(JSON.stringify(frame)) ?? { self: 0, total: 0 });
          delta += selfDelta;
        }
        const scripts = (profile: Profile) => profile.costs().functions.reduce((sum, { self }) => sum + self, 0);
        expect(delta).toBe(scripts(to) - scripts(from));
        expect(functions.map(({ selfDelta }) => Math.abs(selfDelta))).toEqual(functions.map(({ selfDelta }) => Math.abs(selfDelta)).toSorted((a, b) => b - a));
      }),
      { seed: 10, numRuns: 100 },
    );
  });

  it('knows a function again that has moved, unless another one has its name', () => {
    const before = profileOf([{ deltaUs: 0, stack: [script('parse', 10)] }, { deltaUs: 50, stack: [script('get', 3)] }, { deltaUs: 50, stack: [script('get', 6)] }]);
    const after = profileOf([{ deltaUs: 0, stack: [script('parse', 12)] }, { deltaUs: 70, stack: [script('get', 4)] }]);
    const lines = diffProfiles(before, after).functions().map(({ name, line, selfBefore, self }) => [name, line, selfBefore, self]);
    expect(lines).toEqual([['get', 4, 0, 100], ['get', 6, 100, 0], ['get', 3, 50, 0], ['parse', 12, 50, 70]]);
  });

  it('compares shares when scaled, and refuses what is not there', () => {
    const before = profileOf([{ deltaUs: 0, stack: [script('f')] }, { deltaUs: 100, stack: [script('g')] }]);
    const after = profileOf([{ deltaUs: 0, stack: [script('f')] }, { deltaUs: 300, stack: [script('g')] }]);
    const [first, second] = diffProfiles(before, after, { scaled: true }).functions();
    expect([first, second]).toMatchObject([{ name: 'f', selfBefore: 200, self: 300 }, { name: 'g', selfBefore: 200, self: 100 }]);
    expect(() => diffProfiles(before, after).functions({ of: 'memory' })).toThrow(expect.objectContaining({ code: 'ERR_PROFILER_NOT_RECORDED' }));
    const memory = createProfile({ durationMs: 1, memory: before.cpu });
    expect(() => diffProfiles(before, memory).functions()).toThrow(expect.objectContaining({ code: 'ERR_PROFILER_NOT_RECORDED', message: expect.stringContaining('cpu') }));
    expect(() => diffProfiles(before, after, { scale: true } as object)).toThrow(expect.objectContaining({ code: 'ERR_PROFILER_INVALID_OPTION' }));
    for (const options of [null, 7, []]) expect(() => diffProfiles(before, after).functions(options as never)).toThrow(expect.objectContaining({ code: 'ERR_PROFILER_INVALID_OPTION' }));
  });
});

it('memory that is live and memory that was allocated are not added up', () => {
  const memoryOf = (type: 'live' | 'allocated'): Profile =>
    createProfile({ durationMs: 1, memory: { ...samplesFrom([{ deltaUs: 0, stack: [script('a')] }]), valueTypes: [{ type: 'samples', unit: 'count' }, { type, unit: 'bytes' }] } });
  expect(() => mergeProfiles([memoryOf('live'), memoryOf('allocated')])).toThrow(expect.objectContaining({ code: 'ERR_PROFILER_INVALID_OPTION' }));
  expect(mergeProfiles([memoryOf('live'), memoryOf('live')]).memory?.valueTypes.at(-1)?.type).toBe('live');
});
