import { expect, it } from '@jest/globals';
import { createMonitor } from '../../src/index.js';

it('the portable source gives the same series as the kernel files, as far as the platform tells', async () => {
  const monitor = createMonitor({ source: 'portable' });
  await monitor.sample();
  await monitor.sample();
  const { values } = await monitor.sample();
  const { sourceFailuresTotal } = monitor.stats();
  await monitor.close();
  expect(sourceFailuresTotal).toBe(0);
  expect(values).toMatchObject({ 'memory.limit': expect.any(Number) as unknown, 'process.memory.rss': expect.any(Number) as unknown, 'cpu.limit': expect.any(Number) as unknown });
  for (const name of ['cpu.utilization', 'memory.utilization']) {
    expect(values[name]).toBeGreaterThanOrEqual(0);
    expect(values[name]).toBeLessThanOrEqual(1);
  }
});
