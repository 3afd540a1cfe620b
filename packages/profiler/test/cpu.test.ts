import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { type Profile, createProfiler } from '../src/index.js';
import { hashALot, recursive, threeToOne } from './workload.js';

/** How many samples had `name` innermost: steadier than time, to which a core busy with others' work adds at random. */
function samplesIn({ cpu }: Profile, name: string): number {
  const { frames = [], nodeFrames = new Int32Array(), values: [counts] = [] } = cpu ?? {};
  return nodeFrames.reduce((sum, frame, node) => sum + (frames[frame]?.name === name ? (counts?.[node] ?? 0) : 0), 0);
}

describe('CPU samples', () => {
  const warm = createProfiler({ cpu: { intervalUs: 200, keepWarm: true } });
  const cold = createProfiler({ cpu: { intervalUs: 200 } });
  beforeAll(() => {
    threeToOne(2_000); // Until V8 is through with optimising: code on its way through the compilers has no name for a while.
  });
  afterAll(async () => {
    await warm.close();
    await cold.close();
  });

  it.each([
    ['kept warm', warm],
    ['started cold', cold],
    ['started cold again', cold],
  ])('give functions that run three to one their shares, %s', async (_, profiler) => {
    let [three, one, all] = [0, 0, 0];
    // While V8's compilers are behind, as on cores that are busy with others' work, new code has no name for a while.
    for (let attempt = 0; attempt < 10 && !(three + one > 0.8 * all && all > 200 && one > 0.16 * (three + one)); attempt += 1) {
      const { profile } = await profiler.profile(() => threeToOne(600), { cpu: true });
      [three, one, all] = [samplesIn(profile, 'threeUnits'), samplesIn(profile, 'oneUnit'), profile.cpu?.timeline?.nodes.length ?? 0];
    }
    expect(three + one).toBeGreaterThan(200);
    expect((three + one) / all).toBeGreaterThan(0.8);
    // The standard error of 600 samples is 1.8 %.
    expect(three / (three + one)).toBeGreaterThan(0.66);
    expect(three / (three + one)).toBeLessThan(0.84);
  });

  it('keep the name of a loop that V8 replaced on the stack before the recording, when kept warm', async () => {
    const { profile } = await warm.profile(() => threeToOne(200));
    expect(profile.costs().functions.find(({ name }) => name === 'threeToOne')?.totalRatio).toBeGreaterThan(0.8);
  });
});

describe('a CPU profile', () => {
  const profiler = createProfiler({ cpu: { intervalUs: 500 } });
  afterAll(() => profiler.close());

  it('counts a recursive function once a sample, names native functions and holds what the program waited as idle', async () => {
    const { profile, result } = await profiler.profile(async () => {
      recursive(30);
      hashALot(60);
      for (let wait = 0; wait < 5; wait += 1) await new Promise((resolve) => setTimeout(resolve, 60));
      return 'done';
    });
    expect(result).toBe('done');
    const { functions, busy, idle, total } = profile.costs();
    const named = (name: string) => functions.find((cost) => cost.name === name);
    expect(named('recursive')?.totalRatio).toBeGreaterThan(0.02);
    for (const cost of functions) expect(cost.total).toBeLessThanOrEqual(busy + 1);
    expect(functions.find(({ name, kind }) => name === 'update' && kind === 'native')?.selfRatio).toBeGreaterThan(0.02);
    expect(functions.find(({ name, kind }) => name === 'update' && kind === 'node')?.url).toMatch(/^node:/);
    expect(named('hashALot')).toMatchObject({ kind: 'script', url: expect.stringMatching(/^file:.*workload\.ts$/) });
    expect(idle).toBeGreaterThan(0); // How much of it is seen, is the machine's to say.
    expect(busy + idle).toBe(total);
    expect(profile.memory).toBeUndefined();
  });

  it('says where, when and how it was recorded, and no more of the machine', async () => {
    const { profile } = await profiler.profile(() => threeToOne(10));
    expect(profile.conditions).toEqual({
      node: process.version,
      v8: process.versions.v8,
      platform: process.platform,
      arch: process.arch,
      cpuModel: expect.any(String),
      cpuCount: expect.any(Number),
      thread: 'main',
      cpuIntervalUs: 500,
    });
    expect(Math.abs((profile.startedAtMs ?? 0) - Date.now())).toBeLessThan(60_000);
    expect(profile.durationMs).toBeGreaterThan(0);
    expect(profile.runtime?.eventLoop.utilizationRatio).toBeGreaterThan(0);
  });
});
