import { expect, it } from '@jest/globals';
import { fileURLToPath } from 'node:url';
import { checkConventions, ManualClock } from '@fog/testkit';
import * as module from '../src/index.js';

it('keeps the conventions that all packages share', async () => {
  const breaches = await checkConventions({
    name: 'pool',
    module,
    source: fileURLToPath(new URL('../src', import.meta.url)),
    clock: new ManualClock(),
    create: async (clock) => {
      const pool = module.createPool({ max: 3, min: 1, create: () => ({}), clock });
      await pool.use(() => {});
      return pool;
    },
    channelsOfOthers: ['pg:pool:release', 'pg:pool:remove'],
    createInvalid: () => module.createPool({ max: 0, create: () => ({}) }),
  });
  expect(breaches).toEqual([]);
});
