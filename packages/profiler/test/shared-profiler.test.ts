import { expect, it } from '@jest/globals';
import { getProfiler } from '../src/index.js';

it('is one until it is closed', async () => {
  const profiler = getProfiler();
  expect(getProfiler()).toBe(profiler);
  await profiler.close();
  const next = getProfiler();
  expect(next).not.toBe(profiler);
  expect(next.closed).toBe(false);
  await next.close();
});
