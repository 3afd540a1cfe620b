import { afterAll, describe, expect, it } from '@jest/globals';
import { createProfiler } from '../src/index.js';

const held: unknown[] = [];
function hoard(count: number): void {
  for (let index = 0; index < count; index += 1) held.push(Array.from({ length: 100 }, (_, at) => ({ index, at })));
}
function waste(count: number): number {
  let sum = 0;
  for (let index = 0; index < count; index += 1) sum += Array.from({ length: 100 }, (_, at) => ({ index, at })).length;
  return sum;
}

describe('live memory', () => {
  const profiler = createProfiler({ memory: { samplingIntervalBytes: 16_384 } });
  afterAll(() => {
    held.length = 0;
    return profiler.close();
  });

  it('is what is still alive, and what grows from checkpoint to checkpoint is suspected', async () => {
    const recording = await profiler.start({ memory: 'live' });
    for (let part = 0; part < 3; part += 1) {
      hoard(500);
      waste(500);
      await recording.checkpoint();
    }
    hoard(500);
    const profile = await recording.stop();
    expect(profile.checkpoints).toHaveLength(3);
    const alive = (name: string) => profile.costs().functions.filter((cost) => cost.name === name).reduce((sum, { total }) => sum + total, 0);
    expect(alive('hoard')).toBeGreaterThan(4e6);
    expect(alive('waste')).toBeLessThan(alive('hoard') / 10);
    const suspects = profile.bottlenecks().filter(({ kind }) => kind === 'leak-suspect');
    expect(suspects.length).toBeGreaterThan(0);
    await expect(recording.checkpoint()).rejects.toMatchObject({ code: 'ERR_PROFILER_NOT_RECORDING' });
  });

  it('knows no checkpoint unless asked for', async () => {
    const recording = await profiler.start({ memory: true });
    await expect(recording.checkpoint()).rejects.toMatchObject({ code: 'ERR_PROFILER_NOT_LIVE' });
    await recording.stop();
  });
});
