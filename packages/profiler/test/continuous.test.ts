import { afterEach, describe, expect, it } from '@jest/globals';
import { ManualClock } from '@fog/testkit';
import { type Profile, type Profiler, type ProfilerOptions, createProfiler } from '../src/index.js';
import { WindowRing } from '../src/window-ring.js';
import { START_US, samplesFrom } from './arbitrary-samples.js';
import { hashALot, recursive, threeToOne } from './workload.js';

const busy = { name: 'busy', url: 'file:///a.js', line: 1, column: 1, kind: 'script' as const };
/** Eleven samples, every 100 us from `START_US` on. */
const samples = samplesFrom(Array.from({ length: 11 }, (_, index) => ({ deltaUs: index === 0 ? 0 : 100, stack: [busy] })));

describe('a ring of windows', () => {
  it('gives back what lies in a span, no sample twice where windows overlap', () => {
    const ring = new WindowRing(1e9);
    ring.push(samples, START_US, START_US + 500);
    ring.push(samples, START_US + 500, START_US + 1_000);
    expect(ring.recall(-Infinity, Infinity)).toMatchObject({ fromUs: START_US, untilUs: START_US + 1_000 });
    expect(ring.recall(-Infinity, Infinity).samples.values.map(([value]) => value)).toEqual([10, 1_000]);
    expect(ring.recall(START_US + 400, START_US + 700).samples.values.map(([value]) => value)).toEqual([3, 300]);
    expect(ring.recall(START_US + 2_000, START_US + 3_000).samples.timeline?.nodes).toHaveLength(0);
  });

  it('lets go of windows that ended longer ago than it keeps them', () => {
    const ring = new WindowRing(600);
    ring.push(samples, START_US, START_US + 300);
    ring.push(samples, START_US + 300, START_US + 600);
    ring.push(samples, START_US + 600, START_US + 900);
    expect(ring.size).toBe(2);
    expect(ring.recall(-Infinity, Infinity).fromUs).toBe(START_US + 300);
  });
});

describe('continuous sampling', () => {
  const made: Profiler[] = [];
  const make = (options: ProfilerOptions): Profiler => {
    const profiler = createProfiler(options);
    made.push(profiler);
    return profiler;
  };
  afterEach(async () => {
    for (const profiler of made.splice(0)) await profiler.close();
  });
  const names = (profile: Profile) => profile.costs().functions.map(({ name }) => name);

  it('tells afterwards what ran, window by window, and of a span of time what ran in it', async () => {
    const clock = new ManualClock();
    const profiler = make({ cpu: { intervalUs: 200 }, continuous: { windowMs: 1_000 }, clock });
    await profiler.recent(); // The first one waits until sampling has begun.
    threeToOne(300);
    clock.advance(1_000);
    recursive(20); // Some 10 ms that are neither's.
    const betweenMs = Date.now();
    recursive(20);
    hashALot(100);

    const all = await profiler.recent();
    expect(names(all)).toEqual(expect.arrayContaining(['threeUnits', 'hashALot']));
    expect(all).toMatchObject({ memory: undefined, conditions: { cpuIntervalUs: 200 } });
    const early = await profiler.recent({ untilMs: betweenMs });
    expect(names(early)).toContain('threeUnits');
    expect(names(early)).not.toContain('hashALot');
    const late = await profiler.recent({ fromMs: betweenMs });
    expect(names(late)).toContain('hashALot');
    expect(names(late)).not.toContain('threeUnits');
    expect(Math.abs((late.startedAtMs ?? 0) - betweenMs)).toBeLessThan(2);
    expect(profiler.stats().windows).toBeGreaterThanOrEqual(3);
  });

  it('goes on while a recording starts and stops', async () => {
    const profiler = make({ cpu: { intervalUs: 200 }, continuous: {} });
    const { profile } = await profiler.profile(() => threeToOne(200));
    expect(names(profile)).toContain('threeToOne');
    expect(names(await profiler.recent())).toContain('threeToOne');
  });

  it('takes every 20 ms unless told otherwise, and refuses what makes no sense', async () => {
    const profiler = make({ continuous: {} });
    expect((await profiler.recent()).conditions?.cpuIntervalUs).toBe(20_000);
    await expect(profiler.recent({ fromMs: 5, untilMs: 5 })).rejects.toMatchObject({ code: 'ERR_PROFILER_INVALID_OPTION' });
    await expect(make({}).recent()).rejects.toMatchObject({ code: 'ERR_PROFILER_NOT_CONTINUOUS' });
    await profiler.close();
    await expect(profiler.recent()).rejects.toMatchObject({ code: 'ERR_PROFILER_CLOSED' });
    expect(() => make({ cpu: { keepWarm: false }, continuous: {} })).toThrow(expect.objectContaining({ code: 'ERR_PROFILER_INVALID_OPTION', message: expect.stringContaining('cpu.keepWarm') }));
  });
});
