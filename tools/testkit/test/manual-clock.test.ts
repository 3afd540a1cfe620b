import { expect, it } from '@jest/globals';
import { ManualClock, seededRandom, shuffled } from '../src/index.js';

it('fires timers in the order they fall due, ties in the order they were set', () => {
  const clock = new ManualClock();
  const fired: string[] = [];
  clock.setTimeout(() => fired.push(`late ${clock.now()}`), 20);
  clock.setTimeout(() => fired.push(`first ${clock.now()}`), 10);
  clock.setTimeout(() => fired.push(`second ${clock.now()}`), 10);
  clock.advance(20);
  expect(fired).toEqual(['first 10', 'second 10', 'late 20']);
  expect(clock.pendingTimers).toBe(0);
});

it('repeats an interval until it is closed, and restarts what is refreshed', () => {
  const clock = new ManualClock(1_000);
  const fired: number[] = [];
  const interval = clock.setInterval(() => fired.push(clock.now()), 10);
  const timeout = clock.setTimeout(() => fired.push(-clock.now()), 15).unref();
  clock.advance(10);
  timeout.refresh();
  clock.advance(15);
  interval.close();
  clock.advance(100);
  expect(fired).toEqual([1_010, 1_020, -1_025]);
});

it('lets promises settle between timers when it advances asynchronously', async () => {
  const clock = new ManualClock();
  const seen: number[] = [];
  clock.setTimeout(() => void Promise.resolve().then(() => clock.setTimeout(() => seen.push(clock.now()), 5)), 10);
  await clock.advanceAsync(15);
  expect(seen).toEqual([15]);
});

it('fires at once what Node cannot hold, as Node does', () => {
  const clock = new ManualClock();
  let fired = 0;
  clock.setTimeout(() => (fired += 1), Infinity);
  clock.advance(1);
  expect(fired).toBe(1);
});

it('gives the same random sequence and order for the same seed', () => {
  const [first, second] = [seededRandom(7), seededRandom(7)];
  expect(Array.from({ length: 5 }, first)).toEqual(Array.from({ length: 5 }, second));
  const items = Array.from({ length: 100 }, (_, index) => index);
  expect(shuffled(items, { seed: 3 })).toEqual(shuffled(items, { seed: 3 }));
  expect(shuffled(items, { seed: 3 }).toSorted((a, b) => a - b)).toEqual(items);
  expect(shuffled(items, { seed: 3 })).not.toEqual(items);
});
