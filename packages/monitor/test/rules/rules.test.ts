import { afterEach, describe, expect, it } from '@jest/globals';
import { ManualClock } from '@fog/testkit';
import { createMonitor, type Alert, type Monitor, type MonitorOptions, type Notification } from '../../src/index.js';

/** A monitor with one signal of two devices, stepped a second at a time. */
class Stage {
  readonly clock = new ManualClock();
  readonly monitor: Monitor;
  readonly told: Alert[] = [];
  readonly given: Notification[] = [];
  values: Record<string, number> = { a: 0, b: 0 };

  constructor(rules: string, options: MonitorOptions = {}) {
    this.monitor = createMonitor({
      clock: this.clock,
      filesystems: [],
      thresholds: [],
      intervalMs: 1_000,
      actions: { notify: (notification) => void this.given.push(notification) },
      ...options,
    });
    for (const device of Object.keys(this.values)) this.monitor.gauge('heat', () => this.values[device] ?? Number.NaN, { labels: { device } });
    this.monitor.loadRules(rules);
    this.monitor.onAlert((alert) => void this.told.push(alert));
    this.monitor.start();
  }

  /** Sets values, then lets so many seconds pass; what was told meanwhile. */
  step(values: Record<string, number>, seconds = 1): string[] {
    Object.assign(this.values, values);
    this.told.length = 0;
    this.clock.advance(seconds * 1_000);
    return this.told.map(({ name, state, labels }) => `${name} ${labels['device'] ?? '-'} ${state}`);
  }
}

const stages: Stage[] = [];
const stage = (rules: string, options?: MonitorOptions): Stage => {
  const made = new Stage(rules, options);
  stages.push(made);
  return made;
};
afterEach(async () => {
  for (const { monitor } of stages.splice(0)) await monitor.close();
});

const file = (...rules: string[]): string => `groups:\n  - name: g\n    rules:\n${rules.map((rule) => `      - { ${rule} }\n`).join('')}`;
const hot = 'alert: Hot, expr: heat > 90';

describe('a rule', () => {
  it('fires for each set of labels on its own, and resolves', () => {
    const on = stage(file(`${hot}, labels: { severity: critical }, annotations: { summary: "{{ $labels.device }} is {{ $value }}" }`));
    const { monitor } = on;
    expect(on.step({ a: 95 })).toEqual(['Hot a firing']);
    expect(on.step({ b: 99 })).toEqual(['Hot b firing']);
    expect(monitor.alerts()).toMatchObject([
      { fingerprint: 'rule:Hot{alertname="Hot",device="a",severity="critical"}', severity: 'critical', series: 'heat{device="a"}', value: 95, annotations: { summary: 'a is 95' }, message: 'a is 95' },
      { value: 99 },
    ]);
    expect(on.step({ a: 80 })).toEqual(['Hot a resolved']);
    expect(on.step({}, 10)).toEqual([]);
    expect(monitor.stats()).toMatchObject({ alertsFiring: 1, alertsPending: 0, rules: 1, notificationsTotal: 3 });
  });

  it('is pending for its time, starts over in between, and keeps firing for another', () => {
    const on = stage(file(`${hot}, for: 3s, keep_firing_for: 2s`));
    expect(on.step({ a: 95 }, 3)).toEqual([]);
    expect(on.monitor.alerts()).toMatchObject([{ state: 'pending', name: 'Hot' }]);
    expect(on.step({ a: 10 })).toEqual([]);
    expect(on.monitor.alerts()).toEqual([]);
    expect(on.step({ a: 95 }, 3)).toEqual([]);
    expect(on.step({})).toEqual(['Hot a firing']);
    expect(on.step({ a: 10 }, 2)).toEqual([]);
    expect(on.step({ a: 95 })).toEqual([]);
    expect(on.step({ a: 10 }, 2)).toEqual([]);
    expect(on.step({})).toEqual(['Hot a resolved']);
  });

  it('with `clear` goes on until that holds', () => {
    const on = stage(file(`${hot}, clear: heat < 50`));
    expect(on.step({ a: 95 })).toEqual(['Hot a firing']);
    expect(on.step({ a: 60 }, 20)).toEqual([]);
    expect(on.step({ a: 49 })).toEqual(['Hot a resolved']);
    expect(on.step({ a: 60 }, 5)).toEqual([]);
  });

  it('is judged every `interval` only', () => {
    const on = stage(`groups: [{ name: g, interval: 5s, rules: [{ ${hot} }] }]`);
    expect(on.step({ a: 95 }, 4)).toEqual([]);
    expect(on.step({}, 1)).toEqual(['Hot a firing']);
  });
});

describe('no data', () => {
  it('keeps what fires, and starts over what is pending, unless told otherwise', () => {
    const on = stage(file(`${hot}, for: 2s`));
    on.step({ a: 95 }, 2);
    expect(on.step({ a: Number.NaN })).toEqual([]);
    expect(on.step({ a: 95 }, 2)).toEqual([]);
    expect(on.step({})).toEqual(['Hot a firing']);
    expect(on.step({ a: Number.NaN, b: Number.NaN }, 20)).toEqual([]);
    expect(on.monitor.stats().rulesWithoutData).toBe(1);
    expect(on.step({ a: 1, b: 1 })).toEqual(['Hot a resolved']);
    expect(on.monitor.stats().rulesWithoutData).toBe(0);
  });

  it('resolves where the rule says so', () => {
    const on = stage(file(`${hot}, no_data: resolve`));
    on.step({ a: 95 });
    expect(on.step({ a: Number.NaN })).toEqual(['Hot a resolved']);
  });

  it('fires where the rule says so, also for a metric that does not exist', () => {
    const on = stage(file('alert: Lost, expr: nosuch > 1, no_data: fire, for: 2s'));
    expect(on.step({}, 3)).toEqual(['Lost - firing']);
    expect(on.monitor.alerts()).toMatchObject([{ value: undefined, message: 'Lost: no data for 2 s' }]);
  });

  it('is what absent() asks for', () => {
    const on = stage(file('alert: Lost, expr: "absent(heat{device=\\"a\\"})"'));
    expect(on.step({}, 2)).toEqual([]);
    expect(on.step({ a: Number.NaN })).toEqual(['Lost a firing']);
    expect(on.step({ a: 1 })).toEqual(['Lost a resolved']);
  });

  it('of a metric nobody knows is counted', () => {
    const on = stage(file('alert: Typo, expr: cpu.utilisation > 1'));
    on.step({});
    expect(on.monitor.stats()).toMatchObject({ rules: 1, rulesWithoutData: 1, alertsFiring: 0 });
  });
});

describe('one alert', () => {
  it('of two rules with the same name and labels is told once', () => {
    const on = stage(`groups:\n  - { name: g, rules: [{ ${hot} }] }\n  - { name: h, rules: [{ alert: Hot, expr: heat > 50 }] }`);
    expect(on.step({ a: 95 })).toEqual(['Hot a firing']);
    expect(on.monitor.alerts()).toHaveLength(1);
    expect(on.step({ a: 60 })).toEqual([]);
    expect(on.step({ a: 10 })).toEqual(['Hot a resolved']);
  });

  it('that another inhibits is told when that is over', () => {
    const on = stage(file('alert: Fire, expr: heat > 200, inhibit: [{ alert: Hot, equal: [device] }]', hot));
    expect(on.step({ a: 250, b: 95 })).toEqual(['Fire a firing', 'Hot b firing']);
    expect(on.monitor.alerts().map(({ name, labels, suppressedBy }) => [name, labels['device'], suppressedBy])).toEqual([['Fire', 'a', undefined], ['Hot', 'a', 'inhibition'], ['Hot', 'b', undefined]]);
    expect(on.monitor.stats().alertsSuppressed).toBe(1);
    expect(on.step({ a: 150 })).toEqual(['Fire a resolved', 'Hot a firing']);
  });

  it('that is silenced is told when the silence ends, and not if it resolves before', () => {
    const on = stage(file(hot));
    const silence = on.monitor.silence({ labels: { alertname: 'Hot', device: /^[ab]$/ }, durationMs: 5_000, comment: 'maintenance' });
    expect(on.step({ a: 95, b: 95 })).toEqual([]);
    expect(on.monitor.alerts()).toMatchObject([{ suppressedBy: 'silence' }, { suppressedBy: 'silence' }]);
    expect(on.step({ b: 1 })).toEqual([]);
    expect(on.step({}, 3)).toEqual(['Hot a firing']);
    expect(on.monitor.silences()).toEqual([]);
    silence.end();
    const second = on.monitor.silence({ labels: { device: 'b' }, durationMs: 60_000 });
    expect(on.step({ b: 95 })).toEqual([]);
    second.end();
    expect(on.step({})).toEqual(['Hot b firing']);
  });

  it.each([[{}], [{ labels: {}, durationMs: 5 }], [{ labels: { a: 5 }, durationMs: 5 }], [{ labels: { a: 'b' }, durationMs: 0 }], [{ labels: { a: 'b' }, durationMs: 5, reason: '' }]])('cannot be silenced by %j', (options) => {
    expect(() => stage('').monitor.silence(options as never)).toThrow(expect.objectContaining({ code: 'ERR_MONITOR_INVALID_OPTION' }));
  });
});

describe('new rules', () => {
  it('take over the alerts of the old ones; those of rules that are no more resolve', () => {
    const on = stage(file(`${hot}, for: 5s`, 'alert: Warm, expr: heat > 30'));
    expect(on.step({ a: 95 }, 4)).toEqual(['Warm a firing']);
    on.monitor.loadRules(file(`${hot}, for: 6s`));
    expect(on.step({})).toEqual(['Warm a resolved']);
    expect(on.step({}, 2)).toEqual(['Hot a firing']);
    on.monitor.loadRules(file('alert: Hot, expr: heat > 94, for: 1h'));
    expect(on.step({}, 3)).toEqual([]);
    expect(on.monitor.alerts()).toMatchObject([{ name: 'Hot', state: 'firing', startedAtMs: 1_000 }]);
    expect(on.step({ a: 94 })).toEqual(['Hot a resolved']);
  });

  it('that are wrong leave the old ones in force', () => {
    const on = stage(file(hot));
    for (const wrong of [file('alert: Hot, expr: heat >'), file(`${hot}, actions: [nosuch]`)]) expect(() => on.monitor.loadRules(wrong, { file: 'new.yaml' })).toThrow(expect.objectContaining({ code: 'ERR_MONITOR_INVALID_RULES', message: expect.stringMatching(/^new\.yaml:4:\d+: /) as unknown }));
    expect(on.step({ a: 95 })).toEqual(['Hot a firing']);
  });
});

describe('actions', () => {
  const settled = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

  it('are given the alerts of a group together, then what changed', async () => {
    const on = stage(`groups:\n  - { name: g, group_wait: 2s, group_interval: 5s, rules: [{ ${hot}, actions: [notify] }] }`);
    on.step({ a: 95 });
    on.step({ b: 95 });
    await settled();
    expect(on.given).toEqual([]);
    on.step({});
    await settled();
    expect(on.given).toMatchObject([{ action: 'notify', group: 'g', labels: {}, state: 'firing', alerts: [{ labels: { device: 'a' } }, { labels: { device: 'b' } }] }]);
    on.step({ a: 1 }, 4);
    await settled();
    expect(on.given).toHaveLength(1);
    on.step({});
    await settled();
    expect(on.given[1]).toMatchObject({ state: 'firing', alerts: [{ state: 'resolved', labels: { device: 'a' } }, { state: 'firing', labels: { device: 'b' } }] });
    on.step({ b: 1 }, 6);
    await settled();
    expect(on.given[2]).toMatchObject({ state: 'resolved', alerts: [{ state: 'resolved', labels: { device: 'b' } }] });
    expect(on.given).toHaveLength(3);
  });

  it('are grouped by labels, and told again while it goes on', async () => {
    const on = stage(`groups:\n  - { name: g, group_by: [device], repeat_interval: 10s, rules: [{ ${hot}, actions: [notify] }] }`);
    on.step({ a: 95, b: 95 });
    await settled();
    expect(on.given.map(({ labels }) => labels)).toEqual([{ device: 'a' }, { device: 'b' }]);
    on.step({ b: 1 });
    await settled();
    on.step({}, 12);
    await settled();
    expect(on.given.map(({ labels, state }) => [labels['device'], state])).toEqual([['a', 'firing'], ['b', 'firing'], ['b', 'resolved'], ['a', 'firing']]);
  });

  it('are not told again while a silence lasts, and then at once', async () => {
    const on = stage(`groups:\n  - { name: g, repeat_interval: 10s, rules: [{ ${hot}, actions: [notify] }] }`);
    on.step({ a: 95 });
    await settled();
    const silence = on.monitor.silence({ labels: { alertname: 'Hot' }, durationMs: 60_000 });
    on.step({}, 25);
    await settled();
    expect(on.given.map(({ atMs }) => atMs)).toEqual([1_000]);
    silence.end();
    on.step({});
    await settled();
    expect(on.given.map(({ atMs, state }) => [atMs, state])).toEqual([[1_000, 'firing'], [27_000, 'firing']]);
  });

  it('that throw, reject or hang hurt nobody, and are counted', async () => {
    const signals: AbortSignal[] = [];
    const actions = {
      throws: () => {
        throw new Error('no');
      },
      rejects: () => Promise.reject(new Error('no')),
      hangs: (_: Notification, { signal }: { signal: AbortSignal }) => new Promise(() => void signals.push(signal)),
    };
    const on = stage(`groups:\n  - { name: g, rules: [{ ${hot}, actions: [throws, rejects, hangs] }] }`, { actions, actionTimeoutMs: 5_000 });
    expect(on.step({ a: 95 })).toEqual(['Hot a firing']);
    await settled();
    expect(on.monitor.stats()).toMatchObject({ actionRunsTotal: 3, actionFailuresTotal: 2, runningActions: 1 });
    // What comes while it hangs is gathered: of each alert the latest.
    on.step({ a: 1 });
    on.step({ a: 99 });
    on.step({}, 4);
    await settled();
    expect(signals.map(({ aborted }) => aborted)).toEqual([true, false]);
    expect(on.monitor.stats()).toMatchObject({ actionFailuresTotal: 7, runningActions: 1 });
    await on.monitor.close();
    await settled();
    expect(signals.map(({ aborted }) => aborted)).toEqual([true, true]);
    expect(on.clock.pendingTimers).toBe(0);
  });

  it('nobody registered are refused as the monitor is made', () => {
    expect(() => stage(file(`${hot}, actions: [scale-out]`))).toThrow(expect.objectContaining({ code: 'ERR_MONITOR_INVALID_RULES', problems: [expect.objectContaining({ line: 4, message: 'no action "scale-out": registered are notify' })] }));
  });
});

describe('a dry run', () => {
  it('tells what rules would have done with the history, and does nothing', () => {
    const on = stage('');
    on.step({}, 10);
    on.step({ a: 95 }, 10);
    on.step({ a: 10 }, 10);
    on.step({ a: 95 }, 2);
    const rules = file(`${hot}, for: 3s, actions: [notify]`);
    const run = on.monitor.dryRun(rules, 0, 40_000);
    expect(run.alerts.map(({ state, changedAtMs }) => [state, changedAtMs])).toEqual([['firing', 14_000], ['resolved', 21_000]]);
    expect(run.active).toMatchObject([{ state: 'pending', startedAtMs: 31_000 }]);
    expect(run.notifications.map(({ state }) => state)).toEqual(['firing', 'resolved']);
    expect(run).toMatchObject({ samples: 33, coarseBeforeMs: -Infinity });
    expect(on.monitor.dryRun(rules, 15_000, 25_000).alerts.map(({ changedAtMs }) => changedAtMs)).toEqual([18_000, 21_000]);
    expect(on.given).toEqual([]);
    expect(on.monitor.stats()).toMatchObject({ rules: 0, alertsFiring: 0 });
    expect(() => on.monitor.dryRun(rules, 5, 1)).toThrow(expect.objectContaining({ code: 'ERR_MONITOR_INVALID_OPTION' }));
  });

  it('goes on into the tiers where samples are gone', () => {
    const on = stage('', { historySize: 30 });
    on.step({ a: 95 }, 100);
    on.step({ a: 10 }, 100);
    const run = on.monitor.dryRun(file(hot));
    expect(run.coarseBeforeMs).toBe(171_000);
    expect(run.alerts.map(({ state, changedAtMs }) => [state, changedAtMs])).toEqual([['firing', 10_000], ['resolved', 100_000]]);
  });
});
