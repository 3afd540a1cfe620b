import { compileFunction } from 'node:vm';
import { afterAll, describe, expect, it } from '@jest/globals';
import { createProfiler } from '../src/index.js';
import { allocate, kept, threeToOne } from './workload.js';

describe('memory samples', () => {
  const profiler = createProfiler({ memory: { samplingIntervalBytes: 16_384 } });
  afterAll(async () => {
    kept.length = 0;
    await profiler.close();
  });

  it('find the bytes that a function allocated, those collected meanwhile included, and count the collections', async () => {
    const { profile } = await profiler.profile(() => allocate(8_000, 16_000), { memory: true }); // More than the young generation is on any version.
    const known = 8_000 * 16_000;
    const { total = 0 } = profile.costs({ of: 'memory' }).functions.find(({ name }) => name === 'allocate') ?? {};
    // About 8,000 samples: the standard error is 1 %.
    expect(total).toBeGreaterThan(known * 0.9);
    expect(total).toBeLessThan(known * 1.1);
    expect(profile.costs().unit).toBe('bytes');
    expect(profile.cpu).toBeUndefined();
    const { minor, major } = profile.runtime?.gc ?? {};
    expect((minor?.count ?? 0) + (major?.count ?? 0)).toBeGreaterThan(0);
    expect(minor?.pauseMs).toBeGreaterThanOrEqual(minor?.maxPauseMs ?? Infinity);
  });

  it('come beside CPU samples when both are asked for', async () => {
    const { profile } = await profiler.profile(
      () => {
        allocate(500, 16_000);
        threeToOne(40); // Or all is over before the first CPU sample.
      },
      { cpu: true, memory: true },
    );
    expect(profile.cpu?.timeline?.nodes.length).toBeGreaterThan(0);
    expect(profile.top({ of: 'memory', by: 'total' }).map(({ name }) => name)).toContain('allocate');
    expect(profile.costs().unit).toBe('microseconds');
  });

  it('name the file of a script that was collected before they were read, from CPU samples of it', async () => {
    const { profile } = await profiler.profile(
      () => {
        const text = 'const rows = []; function fill() { for (const end = now() + 100; now() < end; ) rows.push(new Array(1_000).fill(0)); } fill();';
        compileFunction(text, ['now'], { filename: 'collected.js' })(() => performance.now());
      },
      { cpu: true, memory: true },
    );
    const files = (of: 'cpu' | 'memory') => profile.costs({ of }).functions.filter(({ name }) => name === 'fill').map(({ url, line }) => [url, line]);
    expect(files('memory')).toEqual([['collected.js', 1]]);
    expect(files('memory')).toEqual(files('cpu'));
  });

  it('leave out the garbage collection that reading them forces', async () => {
    const { profile } = await profiler.profile(() => 0, { memory: true });
    expect(profile.runtime?.gc.major.count).toBe(0);
  });

  it('are refused to a second profiler of the thread, as V8 would let it end those of the first', async () => {
    const other = createProfiler({ name: 'other' });
    await profiler.start({ memory: true });
    await expect(other.start({ memory: true })).rejects.toMatchObject({ code: 'ERR_PROFILER_ALREADY_RECORDING' });
    await other.start({ cpu: true });
    await other.close();
    await profiler.stop();
    const { profile } = await profiler.profile(() => allocate(200, 16_000), { memory: true });
    expect(profile.memory).toBeDefined();
  });
});
