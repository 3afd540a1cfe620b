import { expect, it } from '@jest/globals';
import { Registry } from '../src/registry.js';
import { Sampler } from '../src/sampler.js';
import type { Source } from '../src/sources/source.js';

const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

it('a background read that hangs is not begun again and holds up no other source', async () => {
  const sampler = new Sampler(new Registry({ historySize: 5, maxSeries: 5 }), () => undefined);
  let begun = 0;
  let collected = 0;
  const hanging: Source = {
    name: 'hanging',
    prepare: () => {
      begun += 1;
      return new Promise(() => undefined);
    },
    collect: () => undefined,
  };
  sampler.add(hanging);
  sampler.add({ name: 'fine', collect: () => void (collected += 1) });
  for (let timeMs = 1; timeMs <= 3; timeMs += 1) {
    sampler.prepare();
    sampler.sample(timeMs);
    await turn();
  }
  expect([begun, collected, sampler.pendingReads]).toEqual([1, 3, 1]);
});

it('a background read that fails is counted, and begun again at the next sample', async () => {
  const failures: string[] = [];
  const sampler = new Sampler(new Registry({ historySize: 5, maxSeries: 5 }), (source, error) => void failures.push(`${source}: ${String(error)}`));
  sampler.add({ name: 'flaky', prepare: () => Promise.reject(new Error('gone')), collect: () => undefined });
  sampler.prepare();
  await sampler.prepared();
  sampler.prepare();
  await sampler.prepared();
  expect(failures).toEqual(['flaky: Error: gone', 'flaky: Error: gone']);
  expect([sampler.failuresTotal, sampler.pendingReads]).toEqual([2, 0]);
});
