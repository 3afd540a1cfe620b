import { fileURLToPath } from 'node:url';
import { ManualClock, checkConventions } from '@fog/testkit';
import { expect, it } from '@jest/globals';
import * as module from '../src/index.js';

it('follows the conventions of all packages', async () => {
  const breaches = await checkConventions({
    name: 'arena',
    module,
    source: fileURLToPath(new URL('../src', import.meta.url)),
    create: () => module.createArena({ backend: 'javascript' }),
    createInvalid: () => module.createArena({ maxBytes: Number.NaN }),
    clock: new ManualClock(),
  });
  expect(breaches).toEqual([]);
});
