import { afterEach, describe, expect, it } from '@jest/globals';
import { ManualClock } from '@fog/testkit';
import { createMonitor, type Labels, type Monitor, type MonitorOptions } from '../../src/index.js';

const monitors: Monitor[] = [];
const monitorOn = (clock: ManualClock, options: MonitorOptions = {}): Monitor => {
  const monitor = createMonitor({ clock, filesystems: [], intervalMs: 1_000, ...options });
  monitors.push(monitor);
  return monitor;
};
afterEach(async () => {
  for (const monitor of monitors.splice(0)) await monitor.close();
});
const code = (expected: string): unknown => expect.objectContaining({ name: 'MonitorError', code: expected });

describe('a counter', () => {
  it('says how often something happened per second, from its first sample on', async () => {
    const clock = new ManualClock(1_000);
    const monitor = monitorOn(clock);
    const requests = monitor.counter('requests');
    requests.add();
    requests.add(9);
    clock.advance(2_000);
    await monitor.sample();
    clock.advance(1_000);
    await monitor.sample();
    expect(monitor.query('requests').map(({ value }) => value)).toEqual([5, 0]);
    expect(requests.total).toBe(10);
    expect(monitor.series()).toContainEqual(expect.objectContaining({ name: 'requests', unit: 'perSecond' }));
    expect(() => monitor.counter('busy', { labels: ['a'] as unknown as Labels })).toThrow(expect.objectContaining({ code: 'ERR_MONITOR_INVALID_OPTION', message: 'labels is an array, expected an object' }));
    expect(() => monitor.gauge('requests', () => 1, { labels: { of: 'b' }, unit: 'bytes' })).toThrow(expect.objectContaining({ code: 'ERR_MONITOR_INVALID_OPTION', message: 'unit is "bytes", expected perSecond, the unit of requests' }));
    expect(() => monitor.counter('busy', { unit: 'cores' })).toThrow(expect.objectContaining({ code: 'ERR_MONITOR_INVALID_OPTION', message: expect.stringContaining('of a counter') }));
  });

  it('sampled when it is made has no rate, and none is lost', async () => {
    const clock = new ManualClock();
    const monitor = monitorOn(clock);
    const requests = monitor.counter('requests');
    requests.add(4);
    await monitor.sample();
    clock.advance(1_000);
    requests.add(4);
    await monitor.sample();
    expect(monitor.query('requests').map(({ value }) => value)).toEqual([8]);
    expect(monitor.series()).toContainEqual(expect.objectContaining({ name: 'requests', total: 8 }));
  });

  it('never goes back: what is no amount is dropped and counted', () => {
    const monitor = monitorOn(new ManualClock());
    const requests = monitor.counter('requests');
    for (const amount of [-1, Number.NaN, Infinity]) requests.add(amount);
    expect(requests.total).toBe(0);
    expect(monitor.stats().droppedSamplesTotal).toBe(3);
  });
});

describe('a histogram', () => {
  it('says how what was recorded since the sample before was spread', async () => {
    const clock = new ManualClock();
    const monitor = monitorOn(clock);
    const latency = monitor.histogram('latency', { labels: { route: 'a' } });
    for (let value = 1; value <= 100; value += 1) latency.record(value);
    latency.record(-1);
    clock.advance(2_000);
    const { values } = await monitor.sample();
    expect(values).toMatchObject({ 'latency.mean{route="a"}': 50.5, 'latency.max{route="a"}': 100, 'latency.rate{route="a"}': 50 });
    expect(Math.abs((values['latency.p50{route="a"}'] ?? 0) / 50 - 1)).toBeLessThan(1 / 64);
    expect(Math.abs((values['latency.p99{route="a"}'] ?? 0) / 99 - 1)).toBeLessThan(1 / 64);
    clock.advance(1_000);
    const quiet = await monitor.sample();
    expect(Object.keys(quiet.values).filter((name) => name.startsWith('latency'))).toEqual(['latency.rate{route="a"}']);
    expect(quiet.values['latency.rate{route="a"}']).toBe(0);
    expect(monitor.stats().droppedSamplesTotal).toBe(1);
  });

  it('has all of its series or none', () => {
    const monitor = monitorOn(new ManualClock());
    monitor.gauge('latency.max', () => 1);
    const before = monitor.stats().series;
    expect(() => monitor.histogram('latency')).toThrow(code('ERR_MONITOR_SERIES_EXISTS'));
    expect(monitor.stats().series).toBe(before);
    const full = monitorOn(new ManualClock(), { maxSeries: before + 2 });
    expect(() => full.histogram('latency')).toThrow(code('ERR_MONITOR_SERIES_LIMIT'));
    expect(full.series().filter(({ name }) => name.startsWith('latency'))).toEqual([]);
  });

  it('can be removed and made again', async () => {
    const clock = new ManualClock();
    const monitor = monitorOn(clock);
    monitor.histogram('latency').remove();
    const latency = monitor.histogram('latency', { unit: 'bytes' });
    latency.record(4);
    clock.advance(1);
    expect((await monitor.sample()).values).toMatchObject({ 'latency.max': 4 });
    expect(monitor.series()).toContainEqual(expect.objectContaining({ name: 'latency.max', unit: 'bytes' }));
  });
});

it('refuses signals after close', async () => {
  const monitor = monitorOn(new ManualClock());
  await monitor.close();
  expect(() => monitor.counter('a')).toThrow(code('ERR_MONITOR_CLOSED'));
  expect(() => monitor.histogram('a')).toThrow(code('ERR_MONITOR_CLOSED'));
});

it('what is no number is dropped and counted, by counters and histograms alike', async () => {
  const clock = new ManualClock(1_000);
  const monitor = monitorOn(clock);
  const counter = monitor.counter('requests');
  const sizes = monitor.histogram('sizes');
  for (const bad of ['5', null, 1n, true, [3], Number.NaN, -1, Infinity] as never[]) {
    counter.add(bad);
    sizes.record(bad);
  }
  counter.add(2);
  sizes.record(4);
  clock.advance(1_000);
  await monitor.sample();
  expect(counter.total).toBe(2);
  expect(monitor.snapshot().values).toMatchObject({ requests: 2, 'sizes.mean': 4, 'sizes.max': 4, 'sizes.rate': 1 });
  expect(monitor.stats().droppedSamplesTotal).toBe(16);
});
