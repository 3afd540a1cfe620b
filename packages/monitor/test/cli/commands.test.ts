import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { run } from '../../src/cli/commands.js';
import { sparkline } from '../../src/cli/sparkline.js';
import { topScreen } from '../../src/cli/top-screen.js';
import type { Alert } from '../../src/index.js';

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'fog-cli-'));
  const rules = 'groups:\n  - name: g\n    rules:\n      - { alert: Hot, expr: cpu.utilization > 90% }\n';
  const tests = (value: number): string =>
    `rule_files: [good.yaml]\ntests:\n  - input_series: [{ series: cpu.utilization, values: '${value}x5' }]\n    alert_rule_test:\n      - { eval_time: 1m, alertname: Hot, exp_alerts: [{}] }\n`;
  for (const [name, text] of Object.entries({ 'good.yaml': rules, 'bad.yaml': rules.replace('> 90%', '>> 90%'), 'acting.yaml': rules.replace('utilization > 90%', "limit > 0, annotations: { summary: there is a CPU }, actions: [notify]"), 'typo.yaml': rules.replace('utilization', 'utilisation'), 'pass.yaml': tests(0.95), 'fail.yaml': tests(0.5) })) writeFileSync(join(folder, name), text);
});
afterAll(() => rmSync(folder, { recursive: true }));

/** Runs a command line in the folder; its exit status and what it wrote, without the folder's name. */
async function command(...args: string[]): Promise<[number, string]> {
  let written = '';
  const console = { write: (text: string) => void (written += text), columns: 90, lines: 12, color: false };
  const status = await run(args.map((arg) => (arg.endsWith('.yaml') ? join(folder, arg) : arg)), console, new AbortController().signal);
  return [status, written.replaceAll(`${folder}/`, '')];
}

describe('check', () => {
  it('says that rules are well-formed, and warns of metrics that look wrong', async () => {
    expect(await command('check', 'good.yaml')).toEqual([0, 'good.yaml: 1 rule is well-formed\n']);
    expect(await command('check', 'typo.yaml')).toEqual([0, expect.stringContaining('typo.yaml:4:29: warning: cpu.utilisation is no built-in metric')]);
  });

  it('names file, line and column of what is wrong', async () => {
    const [status, text] = await command('check', 'good.yaml', 'bad.yaml', 'nowhere.yaml');
    expect(status).toBe(1);
    expect(text).toMatch(/^good\.yaml: 1 rule is well-formed\nbad\.yaml:4:46: expr: expected a number.*\nnowhere\.yaml: ENOENT/);
  });
});

describe('test', () => {
  it('runs tests against the rules they name', async () => {
    expect(await command('test', 'pass.yaml')).toEqual([0, 'pass.yaml: 1 passed, 0 failed\n']);
    expect(await command('test', 'fail.yaml')).toEqual([1, expect.stringMatching(/^fail\.yaml: 0 passed, 1 failed\nfail\.yaml:5: 1: Hot at 60 s: expected .*, found no alert\n$/)]);
  });
});

describe('top', () => {
  it('shows the machine live', async () => {
    const [status, text] = await command('top', '--samples', '2', '--interval', '20ms');
    expect(status).toBe(0);
    expect(text).toMatch(/cpu\.limit +[\d.]+ cores/);
    expect(text).toMatch(/\n… \d+ more\n/);
  });

  it('shows alerts of rules, whose actions it does not run, and says what is wrong with them', async () => {
    const [status, text] = await command('top', '--samples', '2', '--interval', '20ms', '--rules', 'acting.yaml', 'cpu');
    expect([status, text]).toEqual([0, expect.stringContaining('there is a CPU')]);
    expect(await command('top', '--samples', '1', '--rules', 'bad.yaml')).toEqual([1, expect.stringMatching(/^bad\.yaml:4:46: expr: .*\n$/)]);
    expect(await command('top', '--samples', '1', '--rules', 'nowhere.yaml')).toEqual([1, expect.stringMatching(/^nowhere\.yaml: ENOENT/)]);
  });

  it('fits the terminal, alerts first', () => {
    const alert = { state: 'firing', severity: 'critical', message: 'cpu.utilization is 97 %' } as Alert;
    const rows = Array.from({ length: 9 }, (_, index) => ({ name: `cpu.part${index}`, unit: 'ratio' as const, values: [0, 0.5, 1] }));
    const screen = topScreen('host', rows, [alert], { columns: 40, lines: 8, color: false });
    expect(screen.split('\n')).toEqual(['host', 'firing   critical cpu.utilization is 97…', 'series             now before', ...[0, 1, 2, 3].map((part) => `cpu.part${part}        100 %${'▁▅█'.padStart(18)}`), '… 5 more']);
  });

  it('draws values from the least to the most', () => {
    expect(sparkline([1, 2, 3, 4, 5, 6, 7, 8], 8)).toBe('▁▂▃▄▅▆▇█');
    expect(sparkline([5, 5], 4)).toBe('  ▁▁');
    expect(sparkline([], 3)).toBe('   ');
    expect(sparkline([0.5], 1, 1)).toBe('▅');
  });
});

it.each([[[]], [['nosuch']], [['check']], [['top', '--interval', 'soon']], [['top', '--samples', '0']], [['--nosuch']]])('%j is misuse', async (args) => {
  expect(await command(...args)).toEqual([2, expect.stringContaining('Usage: fog-monitor')]);
});

it('helps', async () => {
  expect(await command('--help')).toEqual([0, expect.stringContaining('rules.yaml')]);
});
