import { execFileSync } from 'node:child_process';
import { expect, it } from '@jest/globals';
import { Registry } from '../../src/registry.js';
import { fileSystemSources } from '../../src/sources/filesystem.js';
import type { Source } from '../../src/sources/source.js';

const setUp = (paths: readonly string[]) => {
  const registry = new Registry({ historySize: 5, maxSeries: 20 });
  let nowMs = 0;
  const sources = fileSystemSources(paths, registry, () => nowMs);
  const [first] = sources as [Source];
  const valueOf = (name: string): number => registry.latest(registry.get(name));
  const collect = (timeMs: number): void => {
    nowMs = timeMs;
    registry.begin(timeMs);
    for (const source of sources) source.collect(timeMs);
  };
  const asked = (): Promise<unknown> => Promise.allSettled(sources.map(async (source) => source.prepare?.()));
  return { first, asked, valueOf, collect };
};

it('tells the share in use as df does', async () => {
  const { asked, valueOf, collect } = setUp(['/']);
  await asked();
  collect(1);
  const [, percent = ''] = /(\d+)%/.exec(execFileSync('df', ['-P', '/'], { encoding: 'utf8' })) ?? [];
  // df rounds up to a whole percent.
  expect(Math.abs(valueOf('filesystem.utilization{path="/"}') * 100 - Number(percent))).toBeLessThan(1.5);
  expect(valueOf('filesystem.utilization')).toBe(valueOf('filesystem.utilization{path="/"}'));
});

it('asks again after ten seconds, and not before', async () => {
  const { first, asked, collect } = setUp(['/']);
  await asked();
  collect(9_999);
  expect(first.prepare?.()).toBeUndefined();
  collect(10_000);
  expect(first.prepare?.()).toBeInstanceOf(Promise);
});

it('forgets an answer after which none has come', async () => {
  const { asked, valueOf, collect } = setUp(['/']);
  await asked();
  collect(20_000);
  expect(valueOf('filesystem.utilization')).toBeGreaterThan(0);
  collect(20_001);
  expect(valueOf('filesystem.utilization')).toBeNaN();
  expect(valueOf('filesystem.available{path="/"}')).toBeNaN();
});

it('a path that cannot be asked fails by name, and the others are recorded', async () => {
  const { first, asked, valueOf, collect } = setUp(['/no/such/path', '/']);
  await expect(first.prepare?.()).rejects.toThrow(/no\/such\/path/);
  await asked();
  collect(1);
  expect(first.name).toBe('filesystem /no/such/path');
  expect(valueOf('filesystem.utilization')).toBeGreaterThan(0);
  expect(valueOf('filesystem.utilization{path="/no/such/path"}')).toBeNaN();
});
