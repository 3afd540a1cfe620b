import { fileURLToPath } from 'node:url';
import { expect, it } from '@jest/globals';
import { checkConventions, ManualClock } from '@fog/testkit';
import * as module from '../src/index.js';

it('keeps the conventions that all packages share', async () => {
  const breaches = await checkConventions({
    name: 'monitor',
    module,
    source: fileURLToPath(new URL('../src', import.meta.url)),
    create: async (clock) => {
      const monitor = module.createMonitor({ clock });
      monitor.start();
      await monitor.sample();
      return monitor;
    },
    createInvalid: () => module.createMonitor({ intervalMs: 0 }),
    clock: new ManualClock(),
  });
  expect(breaches).toEqual([]);
});
