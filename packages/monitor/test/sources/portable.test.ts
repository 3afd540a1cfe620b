import { hostname, totalmem } from 'node:os';
import { expect, it } from '@jest/globals';
import { createMonitor, inventory } from '../../src/index.js';

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

it('the inventory says what the machine is made of', async () => {
  const { os, cpu, memoryBytes } = await inventory();
  expect(os.hostname).toBe(hostname());
  expect(cpu.cores).toBeGreaterThanOrEqual(1);
  expect(memoryBytes).toBe(totalmem());
  const reason = new Error('enough');
  await expect(inventory({ signal: AbortSignal.abort(reason) })).rejects.toBe(reason);
});
