import { expect, it } from '@jest/globals';
import { ManualClock, checkConventions } from '@fog/testkit';
import * as module from '../src/index.js';
import type { ProfilerOptions } from '../src/options.js';

it('follows the conventions that all packages share', async () => {
  const clock = new ManualClock();
  const breaches = await checkConventions({
    name: 'profiler',
    module,
    source: new URL('../src', import.meta.url).pathname,
    create: async (clock) => {
      const profiler = module.createProfiler({ cpu: { keepWarm: true }, clock });
      await profiler.start();
      return profiler;
    },
    createInvalid: () => module.createProfiler({ cpu: { intervallUs: 1 } } as ProfilerOptions),
    clock,
  });
  expect(breaches).toEqual([]);
});
