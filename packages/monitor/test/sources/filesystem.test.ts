import { execFileSync } from 'node:child_process';
import { expect, it } from '@jest/globals';
import { Registry } from '../../src/registry.js';
import { FileSystems } from '../../src/sources/filesystem.js';

const setUp = (paths: readonly string[]) => {
  const registry = new Registry({ historySize: 5, maxSeries: 20 });
  let nowMs = 0;
  const source = new FileSystems(paths, registry, () => nowMs);
  const valueOf = (name: string): number => registry.latest(registry.get(name));
  const collect = (timeMs: number): void => {
    nowMs = timeMs;
    registry.begin(timeMs);
    source.collect();
  };
  return { source, valueOf, collect };
};

it('tells the share in use as df does', async () => {
  const { source, valueOf, collect } = setUp(['/']);
  await source.prepare();
  collect(1);
  const [, percent = ''] = /(\d+)%/.exec(execFileSync('df', ['-P', '/'], { encoding: 'utf8' })) ?? [];
  // df rounds up to a whole percent.
  expect(Math.abs(valueOf('filesystem.utilization{path="/"}') * 100 - Number(percent))).toBeLessThan(1.5);
  expect(valueOf('filesystem.utilization')).toBe(valueOf('filesystem.utilization{path="/"}'));
});

it('asks again after ten seconds, and not before', async () => {
  const { source, collect } = setUp(['/']);
  await source.prepare();
  collect(9_999);
  expect(source.prepare()).toBeUndefined();
  collect(10_000);
  expect(source.prepare()).toBeInstanceOf(Promise);
});

it('a path that cannot be asked fails by name, and the others are recorded', async () => {
  const { source, valueOf, collect } = setUp(['/', '/no/such/path']);
  await expect(source.prepare()).rejects.toThrow(/no\/such\/path/);
  collect(1);
  expect(valueOf('filesystem.utilization')).toBeGreaterThan(0);
  expect(valueOf('filesystem.utilization{path="/no/such/path"}')).toBeNaN();
});
