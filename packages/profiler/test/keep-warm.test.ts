import { afterAll, describe, expect, it } from '@jest/globals';
import { Session } from 'node:inspector';
import { ManualClock } from '@fog/testkit';
import { createProfiler } from '../src/index.js';
import { threeToOne } from './workload.js';

describe('a profiler kept warm', () => {
  // A session that listens joins in all profiles begun through the console, and so hears of the kept ones.
  const listener = new Session();
  listener.connect();
  listener.post('Profiler.enable');
  const heard: string[] = [];
  listener.on('Profiler.consoleProfileStarted', ({ params }) => heard.push(`+${params.title}`));
  listener.on('Profiler.consoleProfileFinished', ({ params }) => heard.push(`-${params.title}`));
  afterAll(() => listener.disconnect());

  it('replaces the kept profile every 5 s, the next one begun before the last one ends, and ends it on close', async () => {
    const clock = new ManualClock();
    const profiler = createProfiler({ cpu: { keepWarm: true }, clock });
    await clock.advanceAsync(4_999);
    expect(heard).toHaveLength(1);
    await clock.advanceAsync(1);
    await clock.advanceAsync(5_000);
    expect(clock.pendingRefs).toBe(0);
    await profiler.close();
    const [first, second, third] = heard.filter((event) => event.startsWith('+')).map((event) => event.slice(1));
    expect(new Set([first, second, third]).size).toBe(3);
    expect(heard).toEqual([`+${first}`, `+${second}`, `-${first}`, `+${third}`, `-${second}`, `-${third}`]);
    expect(clock.pendingTimers).toBe(0);
  });

  it('records across a replacement, only what runs between start and stop', async () => {
    const clock = new ManualClock();
    const profiler = createProfiler({ cpu: { keepWarm: true, intervalUs: 200 }, clock });
    threeToOne(100);
    await profiler.start();
    await clock.advanceAsync(5_000);
    const profile = await profiler.stop();
    expect(profile.top().map(({ name }) => name)).not.toContain('threeUnits');
    await profiler.close();
  });

  it('never begins one unless asked to', async () => {
    heard.length = 0;
    const clock = new ManualClock();
    const profiler = createProfiler({ clock });
    await profiler.profile(() => threeToOne(2));
    await profiler.close();
    expect(heard).toEqual([]);
  });
});
