import { describe, expect, it } from '@jest/globals';
import { createMonitor, type MonitorOptions, type Threshold } from '../src/index.js';
import { resolveThresholds } from '../src/rules/threshold.js';

const refusal = (message: RegExp): unknown => expect.objectContaining({ code: 'ERR_MONITOR_INVALID_OPTION', message: expect.stringMatching(message) as unknown });
const untyped = (value: unknown): MonitorOptions => value as MonitorOptions;

describe('createMonitor', () => {
  it.each<[MonitorOptions, RegExp]>([
    [{ intervalMs: 9 }, /intervalMs is 9, expected from 10/],
    [{ intervalMs: Infinity }, /intervalMs is Infinity/],
    [{ intervalMs: Number.NaN }, /intervalMs is NaN/],
    [untyped({ intervalMs: '1000' }), /intervalMs is "1000"/],
    [untyped({ actionTimeoutMs: '5' }), /actionTimeoutMs is "5"/],
    [untyped({ rules: 5 }), /rules is 5, expected the text of a YAML file/],
    [untyped({ clock: { now: () => 0, setInterval } }), /clock is an object, expected a Clock, with now\(\), setTimeout\(\)/],
    [{ historySize: 0 }, /historySize is 0/],
    [{ historySize: 1.5 }, /historySize is 1.5/],
    [{ maxSeries: 100_001 }, /maxSeries is 100001/],
    [{ filesystems: ['/', '/'] }, /filesystems is "\/, \/", expected each at most once/],
    [{ filesystems: ['/', '/no/such/path'] }, /filesystems is "\/no\/such\/path", expected paths that are there/],
    [{ actions: [() => undefined] as never }, /actions is an array, expected an object/],
    [{ filesystems: [''] }, /filesystems is ""/],
    [{ source: 'portable', scope: 'cgroup' }, /scope is "cgroup"/],
    [untyped({ source: 'windows' }), /source is "windows", expected one of auto, linux, portable/],
    [untyped({ scope: 'pod' }), /scope is "pod"/],
    [untyped({ name: 5 }), /name is 5/],
    [untyped({ clock: {} }), /clock is an object, expected a Clock/],
    [untyped({ interval: 5 }), /option is "interval", expected one of name, intervalMs/],
    [untyped({ thresholds: {} }), /thresholds is an object/],
    [untyped(null), /options is null/],
  ])('refuses %j', (options, message) => {
    expect(() => createMonitor(options)).toThrow(refusal(message));
  });

  it('gives an option that is undefined its default', async () => {
    const monitor = createMonitor(untyped({ intervalMs: undefined, thresholds: undefined }));
    expect(monitor.stats().thresholdsWithoutData).toBe(4);
    await monitor.close();
  });
});

describe('a threshold', () => {
  it.each<[unknown, RegExp]>([
    [{ series: 'a', warning: 0.9, critical: 0.8 }, /thresholds\[0\]\.critical is 0.8, expected above warning \(0.9\)/],
    [{ series: 'a', warning: 0.9, critical: 0.9 }, /critical is 0.9/],
    [{ series: 'a', warning: 0.8, critical: 0.9, direction: 'below' }, /critical is 0.9, expected below warning/],
    [{ series: 'a' }, /thresholds\[0\] is "without bounds"/],
    [{ series: '', warning: 1 }, /series is ""/],
    [{ series: 'a', warning: Number.NaN }, /warning is NaN/],
    [{ series: 'a', critical: '5' }, /critical is "5"/],
    [{ series: 'a', warning: 1, forMs: -1 }, /forMs is -1/],
    [{ series: 'a', warning: 1, forMs: '5' }, /forMs is "5"/],
    [{ series: 'a', warning: 1, clearRatio: 1 }, /clearRatio is 1/],
    [{ series: 'a', warning: 1, direction: 'up' }, /direction is "up"/],
    [{ series: 'a', warning: 1, forSeconds: 3 }, /field is "forSeconds"/],
  ])('refuses %j', (threshold, message) => {
    expect(() => resolveThresholds([threshold as Threshold], 1_000)).toThrow(refusal(message));
  });

  it('is refused a second time in the same direction, and not in the other', () => {
    const high: Threshold = { series: 'a', warning: 1 };
    expect(() => resolveThresholds([high, { series: 'a', critical: 2 }], 1_000)).toThrow(refusal(/threshold:above:a/));
    expect(resolveThresholds([high, { series: 'a', warning: 0, direction: 'below' }], 1_000)).toHaveLength(2);
  });

  it('clears behind its bound on either side of 0', () => {
    const clearOf = (threshold: Threshold): number | undefined => resolveThresholds([threshold], 1_000)[0]?.bounds[0]?.bound.clear;
    expect(clearOf({ series: 'a', warning: 100, clearRatio: 0.1 })).toBe(90);
    expect(clearOf({ series: 'a', warning: -100, clearRatio: 0.1 })).toBe(-110);
    expect(clearOf({ series: 'a', warning: 100, clearRatio: 0.1, direction: 'below' })).toBe(110);
    expect(clearOf({ series: 'a', warning: -100, clearRatio: 0.1, direction: 'below' })).toBe(-90);
  });
});
