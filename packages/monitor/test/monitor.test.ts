import diagnostics from 'node:diagnostics_channel';
import { afterEach, describe, expect, it } from '@jest/globals';
import { ManualClock } from '@fog/testkit';
import { createMonitor, inventory, type Alert, type Monitor, type MonitorOptions, type Snapshot } from '../src/index.js';

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

describe('sampling', () => {
  it.each(['an alert', 'a gauge'])('ends with close(), though %s closed it in the middle of a sample', async (who) => {
    const clock = new ManualClock();
    const monitor = monitorOn(clock, { intervalMs: 1_000, urgentIntervalMs: 100, rules: 'groups: [{ name: g, rules: [{ alert: Now, expr: load > 1 }, { alert: Later, expr: load > 1, for: 5s }] }]' });
    let load = 0;
    monitor.gauge('load', () => {
      if (who === 'a gauge' && load > 1) void monitor.close();
      return load;
    });
    if (who === 'an alert') monitor.onAlert(() => void monitor.close());
    monitor.start();
    load = 2;
    clock.advance(1_000);
    const { samplesTotal } = monitor.stats();
    clock.advance(10_000);
    expect([monitor.stats().samplesTotal, clock.pendingTimers]).toEqual([samplesTotal, 0]);
  });

  it('takes a sample at the start and then every interval, until it is closed', async () => {
    const clock = new ManualClock(500);
    const monitor = monitorOn(clock, { intervalMs: 100 });
    const published: unknown[] = [];
    const listen = (message: unknown): void => void published.push(message);
    diagnostics.subscribe('@fog/monitor:sample:taken', listen);
    let reads = 0;
    monitor.gauge('reads', () => (reads += 1));
    expect(monitor.snapshot()).toEqual({ timeMs: 0, values: {} });
    monitor.start();
    monitor.start();
    expect(monitor.snapshot()).toMatchObject({ timeMs: 500, values: { reads: 1 } });
    clock.advance(250);
    expect(monitor.snapshot()).toMatchObject({ timeMs: 700, values: { reads: 3 } });
    expect(clock.pendingRefs).toBe(0);
    await monitor.close();
    clock.advance(1_000);
    diagnostics.unsubscribe('@fog/monitor:sample:taken', listen);
    expect(published).toEqual([500, 600, 700].map((timeMs) => ({ monitor: 'monitor', timeMs })));
    expect(reads).toBe(3);
    expect(monitor.query('reads')).toHaveLength(3);
    expect(monitor.query('reads', { from: 600, to: 700, step: 200 })).toEqual(monitor.query('reads', { fromMs: 600, toMs: 700, stepMs: 200 }));
    expect(monitor.query('reads', { from: 600, to: 700 }).map(({ timeMs }) => timeMs)).toEqual([600, 700]);
  });

  it('on demand needs no start, and twice at the same time is one sample', async () => {
    const clock = new ManualClock();
    const monitor = monitorOn(clock);
    let reads = 0;
    monitor.gauge('reads', () => (reads += 1));
    clock.advance(5);
    expect((await monitor.sample()).values['reads']).toBe(1);
    expect((await monitor.sample()).values['reads']).toBe(1);
    expect(monitor.stats().samplesTotal).toBe(1);
  });

  it('goes on in order when the clock goes back, and says so', async () => {
    const clock = new ManualClock(1_000);
    let shiftMs = 0;
    const shifting = { now: () => clock.now() - shiftMs, setTimeout: clock.setTimeout.bind(clock), setInterval: clock.setInterval.bind(clock) };
    const monitor = monitorOn(clock, { clock: shifting });
    monitor.gauge('one', () => 1);
    await monitor.sample();
    clock.advance(100);
    shiftMs = 900;
    await monitor.sample();
    clock.advance(100);
    await monitor.sample();
    clock.advance(100);
    await monitor.sample();
    expect(monitor.query('one').map(({ timeMs }) => timeMs)).toEqual([1_000, 1_100, 1_200]);
    expect(monitor.stats()).toMatchObject({ clockRegressionsTotal: 1, droppedSamplesTotal: 0, sourceFailuresTotal: 0 });
  });

  it('goes on when the clock for once says nothing', async () => {
    const clock = new ManualClock(1_000);
    let broken = false;
    const failing = { now: () => (broken ? Number.NaN : clock.now()), setTimeout: clock.setTimeout.bind(clock), setInterval: clock.setInterval.bind(clock) };
    const monitor = monitorOn(clock, { clock: failing });
    monitor.gauge('one', () => 1);
    await monitor.sample();
    broken = true;
    await monitor.sample();
    broken = false;
    clock.advance(100);
    await monitor.sample();
    expect(monitor.query('one').map(({ timeMs }) => timeMs)).toEqual([1_000, 1_100]);
    expect(monitor.stats().clockRegressionsTotal).toBeGreaterThan(0);
  });

  it('refuses options that there are not', async () => {
    const monitor = createMonitor({ source: 'portable' });
    const refusal = { code: 'ERR_MONITOR_INVALID_OPTION' };
    for (const options of [null, 7, { signal: 7 }, { signal: null }, { sign: 7 }]) {
      await expect(monitor.sample(options as never)).rejects.toMatchObject(refusal);
      await expect(inventory(options as never)).rejects.toMatchObject(refusal);
      expect(() => monitor.samples(options as never)).toThrow(expect.objectContaining(refusal));
    }
    for (const options of [null, 7, { file: 7 }, { name: 'rules' }]) expect(() => monitor.loadRules('', options as never)).toThrow(expect.objectContaining(refusal));
    await monitor.close();
  });

  it('ends with the reason of its signal', async () => {
    const monitor = monitorOn(new ManualClock());
    const reason = new Error('enough');
    await expect(monitor.sample({ signal: AbortSignal.abort(reason) })).rejects.toBe(reason);
    const controller = new AbortController();
    const waiting = monitor.sample({ signal: controller.signal });
    controller.abort(reason);
    await expect(waiting).rejects.toBe(reason);
    expect(monitor.stats().samplesTotal).toBe(0);
  });
});

describe('a gauge', () => {
  it('that gives no finite number leaves a gap and is counted', () => {
    const clock = new ManualClock();
    const monitor = monitorOn(clock);
    const values: unknown[] = [1, Number.NaN, Infinity, '2', undefined, 6];
    monitor.gauge('odd', () => values.shift() as number);
    monitor.start();
    clock.advance(5_000);
    expect(monitor.query('odd').map(({ timeMs, value }) => [timeMs, value])).toEqual([[0, 1], [5_000, 6]]);
    expect(monitor.stats().droppedSamplesTotal).toBe(4);
  });

  it('that throws is counted and named, and the others are read', () => {
    const failures: unknown[] = [];
    const listen = (message: unknown): void => void failures.push(message);
    diagnostics.subscribe('@fog/monitor:source:failed', listen);
    const monitor = monitorOn(new ManualClock(), { name: 'mine' });
    const error = new Error('no pool');
    monitor.gauge('bad', () => {
      throw error;
    });
    monitor.gauge('good', () => 5);
    monitor.start();
    diagnostics.unsubscribe('@fog/monitor:source:failed', listen);
    expect(monitor.snapshot().values).toMatchObject({ good: 5 });
    expect(monitor.snapshot().values).not.toHaveProperty('bad');
    expect(monitor.stats().sourceFailuresTotal).toBe(1);
    expect(failures).toEqual([{ monitor: 'mine', source: 'gauge bad', error }]);
  });

  it('is known by its name and labels, whatever their order, until it is removed', () => {
    const clock = new ManualClock();
    const monitor = monitorOn(clock);
    const remove = monitor.gauge('pool.waiting', () => 1, { labels: { pool: 'pg', host: 'a"b' }, unit: 'count', description: 'Callers waiting.' });
    const name = 'pool.waiting{host="a\\"b",pool="pg"}';
    expect(monitor.series()).toContainEqual({ name, metric: 'pool.waiting', labels: { pool: 'pg', host: 'a"b' }, unit: 'count', description: 'Callers waiting.' });
    expect(() => monitor.gauge('pool.waiting', () => 2, { labels: { host: 'a"b', pool: 'pg' } })).toThrow(code('ERR_MONITOR_SERIES_EXISTS'));
    monitor.start();
    remove();
    remove();
    clock.advance(1_000);
    expect(monitor.snapshot().values).not.toHaveProperty([name]);
    expect(monitor.query(name)).toHaveLength(1);
    monitor.gauge('pool.waiting', () => 7, { labels: { host: 'a"b', pool: 'pg' } });
    clock.advance(1_000);
    expect(monitor.query(name).map(({ value }) => value)).toEqual([7]);
  });

  it.each<[string, unknown, object]>([
    ['', () => 1, {}],
    ['a b', () => 1, {}],
    ['a..b', () => 1, {}],
    ['a', 5, {}],
    ['a', () => 1, { unit: 'MB' }],
    ['a', () => 1, { labels: { 'a-b': 'c' } }],
    ['a', () => 1, { labels: { a: 5 } }],
    ['a', () => 1, { help: 'x' }],
  ])('%j of %p with %j is refused', (name, read, options) => {
    expect(() => monitorOn(new ManualClock()).gauge(name, read as () => number, options)).toThrow(code('ERR_MONITOR_INVALID_OPTION'));
  });

  it('cannot take the name of a built-in metric, nor more room than there is', () => {
    const monitor = monitorOn(new ManualClock(), { maxSeries: 60 });
    expect(() => monitor.gauge('cpu.utilization', () => 1, { labels: { mine: 'yes' } })).toThrow(code('ERR_MONITOR_SERIES_EXISTS'));
    const fill = (): void => {
      for (let index = 0; index < 60; index += 1) monitor.gauge(`gauge_${index}`, () => 1);
    };
    expect(fill).toThrow(code('ERR_MONITOR_SERIES_LIMIT'));
    expect(monitor.stats().series).toBe(60);
  });
});

it('keeps to maxSeries when the machine has more, and counts what it left out', async () => {
  const monitor = monitorOn(new ManualClock(), { maxSeries: 5 });
  await monitor.sample();
  const { series, refusedSeriesTotal, sourceFailuresTotal } = monitor.stats();
  expect([series, sourceFailuresTotal]).toEqual([5, 0]);
  expect(refusedSeriesTotal).toBeGreaterThan(10);
});

it('names the series that resemble one it does not know', async () => {
  const monitor = monitorOn(new ManualClock());
  for (const ask of [() => monitor.query('memory.utilisation'), () => monitor.trend('memory.utilisation')])
    expect(ask).toThrow(expect.objectContaining({ code: 'ERR_MONITOR_UNKNOWN_SERIES', message: expect.stringContaining('memory.utilization') as unknown }));
});

describe('alerts', () => {
  it('reach listeners and channels as they fire and resolve, once each', async () => {
    const clock = new ManualClock();
    const monitor = monitorOn(clock, { intervalMs: 1_000, thresholds: [{ series: 'queue', warning: 10, critical: 100 }] });
    const heard: Alert[] = [];
    const published: unknown[] = [];
    const listen = (message: unknown, channel: string | symbol): void => void published.push([channel, message]);
    const channels = ['@fog/monitor:alert:fired', '@fog/monitor:alert:resolved'];
    for (const channel of channels) diagnostics.subscribe(channel, listen);
    monitor.onAlert((alert) => void heard.push(alert));
    monitor.onAlert(() => {
      throw new Error('not my day');
    });
    let length = 0;
    monitor.gauge('queue', () => length);
    monitor.start();
    length = 50;
    clock.advance(3_000);
    expect(heard).toEqual([]);
    expect(monitor.alerts()).toMatchObject([{ state: 'pending', severity: 'warning', series: 'queue' }]);
    clock.advance(1_000);
    expect(monitor.alerts()).toEqual(heard);
    expect(monitor.stats()).toMatchObject({ alertsFiring: 1, alertsPending: 0, notificationsTotal: 1, listenerFailuresTotal: 1 });
    length = 0;
    clock.advance(5_000);
    for (const channel of channels) diagnostics.unsubscribe(channel, listen);
    expect(heard.map(({ state }) => state)).toEqual(['firing', 'resolved']);
    expect(published).toEqual(heard.map((alert, index) => [channels[index], { monitor: 'monitor', alert }]));
    expect(monitor.alerts()).toEqual([]);
  });
});

describe('samples()', () => {
  const take = async (samples: AsyncIterable<Snapshot>, count: number): Promise<number[]> => {
    const times: number[] = [];
    for await (const { timeMs } of samples) if (times.push(timeMs) === count) break;
    return times;
  };

  it('gives every sample to each consumer that keeps up, and the latest to one that does not', async () => {
    const clock = new ManualClock();
    const monitor = monitorOn(clock, { intervalMs: 100 });
    const both = Promise.all([take(monitor.samples(), 3), take(monitor, 2)]);
    const slow = monitor.samples()[Symbol.asyncIterator]();
    const first = slow.next();
    clock.advance(1);
    monitor.start();
    await clock.advanceAsync(300);
    expect(await both).toEqual([[1, 101, 201], [1, 101]]);
    expect((await first).value).toMatchObject({ timeMs: 1 });
    expect((await slow.next()).value).toMatchObject({ timeMs: 301 });
  });

  it('keeps the process alive while somebody waits for the next, and only then', async () => {
    const clock = new ManualClock();
    const monitor = monitorOn(clock, { urgentIntervalMs: 100, thresholds: [{ series: 'load', warning: 1, forMs: 5_000 }] });
    monitor.gauge('load', () => 2);
    monitor.start();
    expect(clock.pendingRefs).toBe(0);
    const waits = take(monitor, 3);
    expect(clock.pendingRefs).toBe(1);
    // The alert that is pending makes another timer of it.
    await clock.advanceAsync(1_500);
    expect(await waits).toHaveLength(3);
    expect(clock.pendingRefs).toBe(0);
  });

  it('ends when the monitor is closed, and throws the reason of its signal', async () => {
    const clock = new ManualClock();
    const monitor = monitorOn(clock);
    const controller = new AbortController();
    const aborted = take(monitor.samples({ signal: controller.signal }), 9);
    const closed = take(monitor.samples(), 9);
    const reason = new Error('enough');
    controller.abort(reason);
    await expect(aborted).rejects.toBe(reason);
    await monitor.close();
    expect(await closed).toEqual([]);
  });
});

it('refuses what is no name, no rules and no alert', async () => {
  const monitor = monitorOn(new ManualClock());
  await monitor.sample();
  const untyped = monitor as unknown as Record<'query' | 'trend' | 'loadRules' | 'dryRun' | 'whatElseMoved', (given?: unknown) => unknown>;
  for (const method of ['query', 'trend', 'loadRules', 'dryRun', 'whatElseMoved'] as const)
    for (const given of [undefined, 5, {}]) expect(() => untyped[method](given)).toThrow(code('ERR_MONITOR_INVALID_OPTION'));
});

it('refuses to go on after close', async () => {
  const monitor = monitorOn(new ManualClock());
  await monitor.close();
  expect(() => monitor.start()).toThrow(code('ERR_MONITOR_CLOSED'));
  expect(() => monitor.gauge('a', () => 1)).toThrow(code('ERR_MONITOR_CLOSED'));
  await expect(monitor.sample()).rejects.toEqual(code('ERR_MONITOR_CLOSED'));
});
