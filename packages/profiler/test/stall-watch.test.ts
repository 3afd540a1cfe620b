import { expect, it } from '@jest/globals';
import { ManualClock } from '@fog/testkit';
import { type Stall, createProfiler } from '../src/index.js';
import { watchStalls } from '../src/stall-watch.js';
import { threeToOne } from './workload.js';

it('sees that the loop was held, once it answers again, and nothing while it answers', () => {
  const clock = new ManualClock();
  let behindMs = 0;
  const seen: number[] = [];
  const watch = watchStalls({ ...clockOf(clock), now: () => clock.now() + behindMs }, 100, (durationMs) => seen.push(durationMs));
  clock.advance(1_000);
  behindMs = 99; // The next answer comes 99 ms late.
  clock.advance(25);
  expect(seen).toEqual([]);
  behindMs += 101;
  clock.advance(25);
  clock.advance(1_000);
  expect(seen).toEqual([126]);
  expect(clock.pendingRefs).toBe(0);
  watch.close();
  expect(clock.pendingTimers).toBe(0);
});

const clockOf = (clock: ManualClock) => ({
  setTimeout: (callback: () => void, delayMs: number) => clock.setTimeout(callback, delayMs),
  setInterval: (callback: () => void, intervalMs: number) => clock.setInterval(callback, intervalMs),
});

it('hands over who held the loop, one stall in a while, and counts all', async () => {
  const stalls: Stall[] = [];
  let heard: (() => void) | undefined;
  const onStall = (stall: Stall) => {
    stalls.push(stall);
    heard?.();
  };
  // Asking V8 for the places of all functions would be a stall as well, on cores that are shared.
  await using profiler = createProfiler({ cpu: { intervalUs: 500, recoverInlined: false }, continuous: { stall: { overMs: 150, onStall } } });
  await profiler.recent(); // It samples.
  const next = new Promise<void>((resolve) => (heard = resolve));
  await new Promise((resolve) => setImmediate(resolve));
  threeToOne(800);
  await next;
  const [stall] = stalls;
  expect(stall?.durationMs).toBeGreaterThan(150);
  expect(stall?.profile.top({ limit: 3 }).map(({ name }) => name)).toContain('threeUnits');
  threeToOne(800);
  while (profiler.stats().stallsTotal < 2) await new Promise((resolve) => setImmediate(resolve));
  await profiler.recent();
  expect(stalls).toHaveLength(1);
});

it('survives what its listener throws, and tells', async () => {
  const onStall = () => {
    throw new Error('broken listener');
  };
  await using profiler = createProfiler({ continuous: { stall: { overMs: 20, onStall } } });
  await profiler.recent();
  await new Promise((resolve) => setImmediate(resolve));
  threeToOne(100);
  while (profiler.stats().recordingsFailedTotal === 0) await new Promise((resolve) => setImmediate(resolve));
  expect(profiler.stats().recordingsFailedTotal).toBe(1);
  await expect(profiler.recent()).resolves.toHaveProperty('cpu');
});
