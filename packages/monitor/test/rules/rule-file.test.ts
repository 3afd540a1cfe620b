import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { MonitorError, parseRules } from '../../src/index.js';

/** Problems as `line:column message`. */
function problems(text: string, actions?: readonly string[]): string[] {
  try {
    parseRules(text, { file: 'r.yaml', ...(actions && { actions }) });
    return [];
  } catch (error) {
    if (!(error instanceof MonitorError) || error.code !== 'ERR_MONITOR_INVALID_RULES') throw error;
    return error.problems.map(({ line, column, message }) => `${line}:${column} ${message}`);
  }
}

const rule = (lines: string): string => `groups:\n  - name: g\n    rules:\n      - alert: A\n${lines.replaceAll(/^/gm, '        ')}\n`;

describe('a file of rules', () => {
  it('gives every field of every rule', () => {
    const { rules } = parseRules(`
groups:
  - name: machine
    interval: 5s
    group_by: [device]
    group_wait: 10s
    repeat_interval: 4h
    labels: { team: ops }
    rules:
      - alert: DiskBusy
        expr: avg_over_time(disk.busy{device=~"sd."}[1m]) > 90%
        clear: avg_over_time(disk.busy{device=~"sd."}[1m]) < 70%
        for: 1m30s
        keep_firing_for: 5m
        no_data: resolve
        labels: { severity: critical }
        annotations: { summary: '{{ labels.device }} is {{ value | humanizePercentage }} busy' }
        actions: [notify]
        inhibit: [{ alert: DiskSlow, equal: [device] }]
      - { alert: DiskSlow, expr: disk.busy > 0.5 }
`);
    const [busy, slow] = rules;
    expect(busy).toMatchObject({
      group: { name: 'machine', intervalMs: 5_000, groupBy: ['device'], groupWaitMs: 10_000, groupIntervalMs: 0, repeatIntervalMs: 4 * 3_600_000 },
      alert: { name: 'DiskBusy', line: 10, column: 16 },
      forMs: 90_000,
      keepFiringForMs: 300_000,
      noData: 'resolve',
      labels: { team: 'ops', severity: 'critical' },
      actions: [{ name: 'notify' }],
      inhibit: [{ alert: { name: 'DiskSlow' }, equal: ['device'] }],
    });
    expect(busy?.annotations['summary']?.({ labels: { device: 'sda' }, value: 0.953 })).toBe('sda is 95.3% busy');
    expect(slow).toMatchObject({ forMs: 0, keepFiringForMs: 0, noData: 'keep', clear: undefined, actions: [], inhibit: [], labels: { team: 'ops' } });
  });

  it('may be empty', () => {
    expect(parseRules('').rules).toEqual([]);
    expect(parseRules('groups: []').rules).toEqual([]);
  });
});

describe('what is wrong has its line and column:', () => {
  it.each<[string, string, string]>([
    ['YAML itself', 'groups:\n  - name: [a\n', '3:1'],
    ['not a mapping', 'just text', '1:1'],
    ['an unknown field', 'groups: []\nrules: []', '2:1'],
    ['a group without a name', 'groups:\n  - rules: []', '2:5'],
    ['a rule without expr', rule(''), '4:9'],
    ['a duration', rule('expr: a > 1\nfor: five minutes'), '6:14'],
    ['a field of a rule', rule('expr: a > 1\nfro: 5m'), '6:9'],
    ['an expression', rule('expr: avg_over_time(cpu.utilization[5m]) >> 1'), '5:51'],
    ['an expression in quotes', rule('expr: "a > )"'), '5:20'],
    ['an expression over lines', rule('expr: |\n  a\n    > nosuch(b)'), '7:15'],
    ['a folded expression', rule('expr: >-\n  a > 1 and\n  b > (2'), '7:17'],
    ['a window alone', rule('expr: a[5m]'), '5:15'],
    ['a template', rule('expr: a > 1\nannotations: { summary: "{{ nonsense }}" }'), '6:33'],
    ['a name of a label', rule('expr: a > 1\nlabels: { "a-b": x }'), '6:19'],
    ['no_data', rule('expr: a > 1\nno_data: explode'), '6:18'],
    ['inhibit of nobody', rule('expr: a > 1\ninhibit: [Nobody]'), '6:19'],
    ['inhibit of itself', rule('expr: a > 1\ninhibit: [A]'), '6:19'],
    ['the same rule twice', `${rule('expr: a > 1')}      - { alert: A, expr: b > 1 }`, '6:18'],
  ])('%s', (_, text, place) => {
    expect(problems(text)[0]).toMatch(new RegExp(`^${place} `));
  });

  it('a circle of inhibition, with the way around', () => {
    const text = 'groups:\n  - name: g\n    rules:\n      - { alert: A, expr: a > 1, inhibit: [B] }\n      - { alert: B, expr: b > 1, inhibit: [C] }\n      - { alert: C, expr: c > 1, inhibit: [A] }\n';
    expect(problems(text)).toEqual(['4:44 inhibits in a circle: A -> B -> C -> A', '5:44 inhibits in a circle: B -> C -> A -> B', '6:44 inhibits in a circle: C -> A -> B -> C']);
  });

  it('an action nobody registered', () => {
    expect(problems(rule('expr: a > 1\nactions: [notify, scale-out]'), ['notify'])).toEqual(['6:27 no action "scale-out": registered are notify']);
    expect(problems(rule('expr: a > 1\nactions: [notify]'))).toEqual([]);
  });

  it('all of it at once', () => {
    expect(problems(rule('expr: a >\nfor: x\nno_data: y'))).toHaveLength(3);
  });
});

it('any text whatsoever is read or refused with places that are in it', () => {
  const piece = fc.constantFrom('groups:', '\n', '  ', '- ', 'name: ', 'rules:', 'alert: A', 'expr: ', 'a > 1', 'for: 5m', '[', ']', '{', '}', '"', "'", '|', '>', '&x ', '*x', ': ', '#', '\t', '\0', '💥', '5', '!!binary x', '---', 'clear: b < 1');
  fc.assert(
    fc.property(fc.array(piece, { maxLength: 30 }), (pieces) => {
      const text = pieces.join('');
      try {
        parseRules(text);
      } catch (error) {
        if (!(error instanceof MonitorError)) throw error;
        expect(error.code).toBe('ERR_MONITOR_INVALID_RULES');
        for (const { line, column } of error.problems) expect(line >= 1 && column >= 1 && line <= text.split('\n').length + 1).toBe(true);
      }
    }),
    { seed: 6, numRuns: 1_500 },
  );
});
