import { afterEach, describe, expect, it } from '@jest/globals';
import { ManualClock, seededRandom } from '@fog/testkit';
import { recommend, type ResourceUse } from '../src/analysis/capacity.js';
import { createMonitor, type Monitor } from '../src/index.js';

let staging: Monitor | undefined;
afterEach(() => staging?.close());

describe('what else moved', () => {
  const staged = async (): Promise<{ clock: ManualClock; monitor: ReturnType<typeof createMonitor>; begin: () => void }> => {
    const clock = new ManualClock();
    const monitor = createMonitor({ clock, filesystems: [], intervalMs: 1_000, thresholds: [{ series: 'latency', warning: 200, forMs: 0 }] });
    staging = monitor;
    const random = seededRandom(4);
    let startMs = Infinity;
    const since = (delayMs: number): boolean => clock.now() >= startMs + delayMs;
    monitor.gauge('latency', () => 100 + 10 * random() + (since(4_000) ? 300 : 0));
    monitor.gauge('lock.waits', () => random() + (since(0) ? 50 : 0));
    monitor.gauge('cache.hits', () => 1_000 + 20 * random() - (since(4_000) ? 400 : 0));
    monitor.gauge('noise', () => random());
    monitor.gauge('constant', () => 7);
    monitor.start();
    await clock.advanceAsync(200_000);
    return { clock, monitor, begin: () => void (startMs = clock.now()) };
  };

  it('ranks those that changed with an alert, says when and how, and leaves out what did not', async () => {
    const { clock, monitor, begin } = await staged();
    begin();
    clock.advance(30_000);
    const [alert] = monitor.alerts();
    expect(alert).toMatchObject({ series: 'latency', state: 'firing' });
    const own = monitor.whatElseMoved(alert ?? '', { limit: 50 }).filter(({ series }) => /^(?:lock|cache|noise|constant|latency)/.test(series));
    expect(own.map(({ series }) => series).sort()).toEqual(['cache.hits', 'lock.waits']);
    const [hits, waits] = ['cache.hits', 'lock.waits'].map((name) => own.find(({ series }) => series === name));
    expect(hits).toMatchObject({ leadMs: 0, correlation: expect.closeTo(-1, 1) as unknown, before: expect.closeTo(1_010, -1) as unknown, after: expect.closeTo(610, -1) as unknown });
    expect(waits).toMatchObject({ leadMs: 3_000 });
    expect(waits?.correlation).toBeGreaterThan(0.8);
  });

  it('is nothing where the series itself did not move, and refuses what makes no sense', async () => {
    const { monitor } = await staged();
    expect(monitor.whatElseMoved('constant')).toEqual([]);
    expect(() => monitor.whatElseMoved('nosuch')).toThrow(expect.objectContaining({ code: 'ERR_MONITOR_UNKNOWN_SERIES' }));
    for (const options of [{ limit: 0 }, { windowMs: 0 }, { atMs: Number.NaN }, { at: 5 }]) expect(() => monitor.whatElseMoved('noise', options)).toThrow(expect.objectContaining({ code: 'ERR_MONITOR_INVALID_OPTION' }));
  });
});

describe('a recommendation', () => {
  const hours = 3_600_000;
  const use = (value: (share: number) => number, more: Partial<ResourceUse> = {}): ResourceUse => {
    const length = 400;
    const random = seededRandom(2);
    return {
      series: 'memory.utilization',
      resource: 'memory',
      samples: { timesMs: Float64Array.from({ length }, (_, index) => (index * 2 * hours) / length), values: Float64Array.from({ length }, (_, index) => value(index / length) + 0.01 * random()) },
      limit: 4 * 2 ** 30,
      unit: 'bytes',
      accumulates: true,
      ...more,
    };
  };

  it('to add where most of it is in use, by how much', () => {
    const found = recommend(use(() => 0.9));
    expect(found).toMatchObject({ action: 'add', limit: 4 * 2 ** 30, evidence: { samples: 400, exhaustionMs: Infinity } });
    expect((found?.suggestedLimit ?? 0) / 2 ** 30).toBeCloseTo((4 * 0.91) / 0.7, 1);
    expect(found?.text).toMatch(/^memory: 99 % of the time at most 9[01].* % of 4 GiB in use, .* over 120 minutes\. Short: raise it to 5\.\d+ GiB, so that it is 70 %\.$/);
  });

  it('before it is full, where it grows', () => {
    const found = recommend(use((share) => 0.3 + 0.2 * share));
    expect(found).toMatchObject({ action: 'soon' });
    expect(found?.evidence.exhaustionMs).toBeGreaterThan(4 * hours);
    expect(found?.evidence.exhaustionMs).toBeLessThan(6 * hours);
    expect(found?.text).toMatch(/It grows and will be full in [45] hours/);
  });

  it('to give back what is idle, after long enough', () => {
    const idle = use(() => 0.1, { resource: 'CPU', limit: 8, unit: 'cores', accumulates: false });
    expect(recommend(idle)).toMatchObject({ action: 'reduce', suggestedLimit: 1.3 });
    const short = { timesMs: idle.samples.timesMs.map((timeMs) => timeMs / 60), values: idle.samples.values };
    expect(recommend({ ...idle, samples: short })).toMatchObject({ action: 'keep', suggestedLimit: 8 });
  });

  it('is none after a few samples', () => {
    const { samples, ...rest } = use(() => 0.9);
    expect(recommend({ ...rest, samples: { timesMs: samples.timesMs.subarray(0, 10), values: samples.values.subarray(0, 10) } })).toBeUndefined();
  });

  it('is had from a monitor for what it measures', async () => {
    const clock = new ManualClock();
    await using monitor = createMonitor({ clock, intervalMs: 1_000, thresholds: [] });
    monitor.start();
    expect(monitor.recommendations()).toEqual([]);
    clock.advance(90_000);
    await monitor.sample();
    const found = monitor.recommendations();
    // Not of the CPU: 90 s of this clock may pass between two ticks of the kernel's, by which nothing was used.
    if (process.platform === 'linux') expect(found.map(({ series }) => series)).toContain('memory.utilization');
    for (const { text, evidence } of found) expect([text.length > 20, evidence.samples >= 30]).toEqual([true, true]);
  });
});

it('a time that was looked at more often counts for no more than it lasted', () => {
  const timesMs: number[] = [];
  const values: number[] = [];
  const see = (timeMs: number, value: number): void => {
    timesMs.push(timeMs);
    values.push(value);
  };
  for (let at = 0; at < 360; at += 1) see(at * 10_000, 0.1);
  for (let at = 1; at <= 200; at += 1) see(3_590_000 + at * 100, 0.9);
  const advice = recommend({ series: 'cpu.utilization', resource: 'CPU', samples: { timesMs: Float64Array.from(timesMs), values: Float64Array.from(values) }, limit: 4, unit: 'cores', accumulates: false });
  expect(advice?.evidence).toMatchObject({ p99: 0.1, max: 0.9, mean: expect.closeTo(0.1 + (0.8 * 20) / 3_620, 5) as unknown });
  expect(advice?.action).toBe('reduce');
});
