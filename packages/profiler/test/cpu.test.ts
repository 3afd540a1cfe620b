import { afterAll, describe, expect, it } from '@jest/globals';
import { createProfiler } from '../src/index.js';
import { hashALot, recursive, threeToOne } from './workload.js';

describe('CPU samples', () => {
  const profiler = createProfiler({ cpu: { intervalUs: 200 } });
  const warm = createProfiler({ cpu: { intervalUs: 200, keepWarm: true } });
  afterAll(async () => {
    await profiler.close();
    await warm.close();
  });

  it('give functions that run three to one their shares, started cold, started again and kept warm', async () => {
    threeToOne(200); // Optimised before anything is recorded: what is late to be seen must be seen too.
    for (const recorder of [profiler, profiler, warm]) {
      const { profile } = await recorder.profile(() => threeToOne(600), { cpu: true });
      const functions = new Map(profile.costs().functions.map((cost) => [cost.name, cost]));
      const three = functions.get('threeUnits')?.self ?? 0;
      const one = functions.get('oneUnit')?.self ?? 0;
      expect((three + one) / profile.costs().busy).toBeGreaterThan(0.8);
      expect(three / (three + one)).toBeGreaterThan(0.67);
      expect(three / (three + one)).toBeLessThan(0.83);
      expect(functions.get('threeToOne')?.totalRatio).toBeGreaterThan(0.8);
    }
  });
});

describe('a CPU profile', () => {
  const profiler = createProfiler({ cpu: { intervalUs: 500 } });
  afterAll(() => profiler.close());

  it('counts a recursive function once a sample, names native functions and holds what the program waited as idle', async () => {
    const { profile, result } = await profiler.profile(async () => {
      recursive(30);
      hashALot(40);
      await new Promise((resolve) => setTimeout(resolve, 60));
      return 'done';
    });
    expect(result).toBe('done');
    const { functions, busy, idle, total } = profile.costs();
    const named = (name: string) => functions.find((cost) => cost.name === name);
    expect(named('recursive')?.totalRatio).toBeGreaterThan(0.05);
    for (const cost of functions) expect(cost.total).toBeLessThanOrEqual(busy + 1);
    expect(functions.find(({ name, kind }) => name === 'update' && kind === 'native')?.selfRatio).toBeGreaterThan(0.1);
    expect(functions.find(({ name, kind }) => name === 'update' && kind === 'node')?.url).toMatch(/^node:/);
    expect(named('hashALot')).toMatchObject({ kind: 'script', url: expect.stringMatching(/^file:.*workload\.ts$/) });
    expect(idle).toBeGreaterThan(30_000);
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
