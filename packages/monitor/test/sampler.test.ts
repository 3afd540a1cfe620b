import { expect, it } from '@jest/globals';
import { ManualClock } from '@fog/testkit';
import { Registry } from '../src/registry.js';
import { READ_LIMIT_MS, Sampler } from '../src/sampler.js';
import type { Source } from '../src/sources/source.js';

const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

it('a background read that hangs is not begun again and holds up no other source', async () => {
  const sampler = new Sampler(new Registry({ historySize: 5, maxSeries: 5 }), new ManualClock(), () => undefined);
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
  const sampler = new Sampler(new Registry({ historySize: 5, maxSeries: 5 }), new ManualClock(), (source, error) => void failures.push(`${source}: ${String(error)}`));
  sampler.add({ name: 'flaky', prepare: () => Promise.reject(new Error('gone')), collect: () => undefined });
  sampler.prepare();
  await sampler.prepared();
  sampler.prepare();
  await sampler.prepared();
  expect(failures).toEqual(['flaky: Error: gone', 'flaky: Error: gone']);
  expect([sampler.failuresTotal, sampler.pendingReads]).toEqual([2, 0]);
});

it('whoever waits for background reads waits so long and no longer, and never twice for one that hangs', async () => {
  const clock = new ManualClock();
  const sampler = new Sampler(new Registry({ historySize: 5, maxSeries: 5 }), clock, () => undefined);
  let answer = (): void => undefined;
  sampler.add({
    name: 'hanging',
    prepare: () => new Promise<void>((resolve) => {
      answer = resolve;
    }),
    collect: () => undefined,
  });
  const waited = async (): Promise<boolean> => {
    let isOver = false;
    void sampler.prepared().then(() => (isOver = true));
    await turn();
    return isOver;
  };
  sampler.prepare();
  const first = sampler.prepared();
  clock.advance(READ_LIMIT_MS - 1);
  expect(await waited()).toBe(false);
  clock.advance(1);
  await first;
  sampler.prepare();
  expect(await waited()).toBe(true);
  expect([sampler.lateReadsTotal, sampler.pendingReads]).toEqual([1, 1]);
  answer();
  await turn();
  sampler.prepare();
  // It has answered after all, so that it is worth waiting for again.
  expect(await waited()).toBe(false);
});
