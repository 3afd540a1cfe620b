import { describe, expect, it } from '@jest/globals';
import { MonitorError, parseNotation, testRules } from '../../src/index.js';

describe('values in promtool\'s notation', () => {
  it.each<[string, number[]]>([
    ['-2+4x3', [-2, 2, 6, 10]],
    ['1-2x4', [1, -1, -3, -5, -7]],
    ['1x4', [1, 1, 1, 1, 1]],
    [' 1 _ _x2 stale -1.5e2 ', [1, Number.NaN, Number.NaN, Number.NaN, Number.NaN, -150]],
    ['0+.5x2 Inf -Inf', [0, 0.5, 1, Infinity, -Infinity]],
    ['', []],
  ])('%s', (text, values) => {
    expect(parseNotation(text)).toEqual(values);
  });

  it.each(['a', '1+', '1x', '1+2', '--1', '1+2x3x4', '_y', '1x9999999'])('%s means nothing', (text) => {
    expect(() => parseNotation(text)).toThrow(expect.objectContaining({ code: 'ERR_MONITOR_INVALID_OPTION' }));
  });
});

const rules = `
groups:
  - name: g
    rules:
      - alert: Busy
        expr: disk.busy > 90%
        for: 2m
        labels: { severity: warning }
        annotations: { summary: '{{ labels.device }} at {{ value }}' }
      - alert: NoDisk
        expr: absent(disk.busy)
`;
const test = (expectation: string, values = '0.5 0.95x3 0.1'): string => `
evaluation_interval: 1m
tests:
  - name: disks
    input_series:
      - series: disk.busy{device="sda"}
        values: '${values}'
    alert_rule_test:
${expectation.replaceAll(/^/gm, '      ')}
`;
const fires = "exp_alerts: [{ exp_labels: { severity: warning, device: sda }, exp_annotations: { summary: 'sda at 0.95' } }]";

describe('a test of rules', () => {
  it('holds where the alerts are those expected, with their labels and annotations', () => {
    const tests = test(`- { eval_time: 2m, alertname: Busy }\n- { eval_time: 3m, alertname: Busy, ${fires} }\n- { eval_time: 4m, alertname: Busy, ${fires} }\n- { eval_time: 5m, alertname: Busy }\n- { eval_time: 5m, alertname: NoDisk }\n- { eval_time: 6m, alertname: NoDisk, exp_alerts: [{}] }`);
    expect(testRules(rules, tests)).toEqual({ passed: 6, failures: [] });
  });

  it('names what was expected and what was found, and the line', () => {
    const { passed, failures } = testRules(rules, test(`- { eval_time: 1m, alertname: Busy }\n- { eval_time: 2m, alertname: Busy, ${fires} }\n- { eval_time: 3m, alertname: Busy }`));
    expect(passed).toBe(1);
    expect(failures).toMatchObject([
      { test: 'disks', subject: 'Busy', evalTimeMs: 120_000, line: 10, message: expect.stringMatching(/expected .*sda.*found no alert/) as unknown },
      { evalTimeMs: 180_000, line: 11, message: expect.stringMatching(/expected no alert, found .*sda/) as unknown },
    ]);
  });

  it('knows an alert that always fires', () => {
    const always = 'groups: [{ name: g, rules: [{ alert: Always, expr: 1 }, { alert: Watchdog, expr: vector(1) }] }]';
    const tests = 'tests: [{ alert_rule_test: [{ eval_time: 0, alertname: Always, exp_alerts: [{}] }, { eval_time: 5m, alertname: Watchdog, exp_alerts: [{}] }] }]';
    expect(testRules(always, tests)).toEqual({ passed: 2, failures: [] });
  });

  it('compares what expressions give', () => {
    const tests = `
tests:
  - interval: 1m
    input_series:
      - { series: 'up{job="a"}', values: '1 1 0' }
      - { series: 'up{job="b"}', values: '1x2' }
    promql_expr_test:
      - { expr: sum(up), eval_time: 1m, exp_samples: [{ labels: '{}', value: 2 }] }
      - { expr: up == 0, eval_time: 2m, exp_samples: [{ labels: 'up{job="a"}', value: 0 }] }
      - { expr: up > 5, eval_time: 2m }
      - { expr: up, eval_time: 2m, exp_samples: [{ labels: '{job="a"}', value: 0 }] }
`;
    const { passed, failures } = testRules('', tests);
    expect(passed).toBe(3);
    expect(failures).toMatchObject([{ test: '1', subject: 'up', line: 11, message: 'expected {job="a"} 0, found {job="a"} 0 and {job="b"} 1' }]);
  });

  it.each([
    // As promtool has it: a value a minute, rules judged twice as often or half as often.
    ['30s', '- { eval_time: 89s, alertname: Slow }\n- { eval_time: 90s, alertname: Slow, exp_alerts: [{}] }'],
    ['2m', '- { eval_time: 119s, alertname: Slow }\n- { eval_time: 2m, alertname: Slow, exp_alerts: [{}] }'],
  ])('judges every %s, whenever values come', (evaluation, expectations) => {
    const slow = 'groups: [{ name: g, rules: [{ alert: Slow, expr: wait > 1, for: 90s }] }]';
    const tests = `evaluation_interval: ${evaluation}\ntests:\n  - interval: 1m\n    input_series: [{ series: wait, values: '5x9' }]\n    alert_rule_test:\n${expectations.replaceAll(/^/gm, '      ')}\n`;
    expect(testRules(slow, tests)).toEqual({ passed: 2, failures: [] });
  });

  it.each([
    ['an alert that no rule has', test('- { eval_time: 1m, alertname: Bussy }'), [{ line: 9, column: 37, message: 'no rule here is called "Bussy"' }]],
    ['a series twice', "tests: [{ input_series: [{ series: 'a{b=\"c\"}', values: 1 }, { series: 'a{b=\"c\"}', values: 2 }] }]", [{ line: 1, column: 71, message: 'a series a{b="c"} is there already' }]],
    ['no time between judgements', 'evaluation_interval: 0s\ntests: []', [{ line: 1, column: 22, message: 'evaluation_interval should be above 0' }]],
  ])('refuses %s', (_, tests, problems) => {
    expect(() => testRules(rules, tests)).toThrow(expect.objectContaining({ code: 'ERR_MONITOR_INVALID_RULES', problems }));
  });

  it('that cannot be read says where', () => {
    expect(() => testRules(rules, test('- { eval_time: 1m, alertname: Busy }', '1 x'))).toThrow(expect.objectContaining({ code: 'ERR_MONITOR_INVALID_RULES', problems: [{ line: 7, column: 17, message: expect.stringContaining('"x"') as unknown }] }));
    expect(() => testRules(rules, 'tests: 5')).toThrow(MonitorError);
  });
});
