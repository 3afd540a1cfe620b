import { fileURLToPath } from 'node:url';
import { expect, it } from '@jest/globals';
import { checkConventions, ManualClock } from '@fog/testkit';
import * as module from '../src/index.js';

it('keeps the conventions that all packages share', async () => {
  const breaches = await checkConventions({
    name: 'scheduler',
    module,
    source: fileURLToPath(new URL('../src', import.meta.url)),
    create: (clock) => {
      const scheduler = module.createScheduler({ clock });
      scheduler.submit({ name: 'waits', maxWaitMs: 1_000, waitForCapacity: true, run: () => 0 });
      return scheduler;
    },
    createInvalid: () => module.createScheduler({ maxQueued: 0 }),
    clock: new ManualClock(),
  });
  expect(breaches).toEqual([]);
});
