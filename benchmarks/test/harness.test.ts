import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { afterEach, describe, expect, it } from '@jest/globals';
import { defineBench } from '../harness/bench.js';
import { chartOf } from '../harness/chart.js';
import { conclude, Rounds, type Result } from '../harness/result.js';
import { holds, spread } from '../harness/statistics.js';
import { markdownOf } from '../harness/table.js';

describe('statistics', () => {
  it.each([
    [[3], { median: 3, min: 3, max: 3 }],
    [[5, 1, 3], { median: 3, min: 1, max: 5 }],
    [[4, 1, 3, 2], { median: 2.5, min: 1, max: 4 }],
  ])('takes the spread of %j', (values, expected) => expect(spread(values)).toEqual(expected));

  it('has no spread of nothing', () => expect(() => spread([])).toThrow(RangeError));

  it.each([
    ['<= 1.3', 1.3, true],
    ['<= 1.3', 1.31, false],
    ['>= 8', 8, true],
    ['>= 8', 7.99, false],
    ['<= 1.3', Number.NaN, false],
    ['>= 8', Number.NaN, false],
  ])('%s holds for %d: %p', (reach, value, expected) => expect(holds(reach, value)).toBe(expected));

  it('refuses a target that states no relation', () => expect(() => holds('1.3', 1)).toThrow("a target reads '<= 1.3' or '>= 8', not '1.3'"));
});

const bench = defineBench({
  name: 'pool/example',
  title: 'An <example>',
  operation: 'call',
  cases: { few: 1, many: 2 },
  reference: 'floor',
  contenders: { ours: () => ({ run: () => 0 }), floor: () => ({ run: () => 0 }) },
  targets: (readings) => [
    { id: 'cost', reach: '<= 2', value: readings.cpuNs('ours', 'many') / readings.cpuNs('floor', 'many') },
    { id: 'p99', reach: '<= 5', value: readings.figure('p99Ms', 'ours') },
    { id: 'heap', reach: '<= 100', value: readings.heapBytes('floor') },
  ],
});

function exampleResult(): Result {
  const rounds = new Rounds();
  for (const given of ['few', 'many'])
    for (const [contender, cost] of [['ours', 30], ['floor', 10]] as const) {
      for (const noise of [0, 1, 2]) rounds.add(given, contender, { cpuNs: cost + noise, wallNs: cost, figures: contender === 'ours' ? { p99Ms: 4 } : {} });
      rounds.addHeap(given, contender, contender === 'ours' ? 64 : Number.NaN);
    }
  const machine = { cpu: 'one', cores: 2, memoryGiB: 4, os: 'linux', node: '20' };
  return { name: bench.name, title: bench.title, operation: 'call', reference: 'floor', command: 'npx nx bench pool', date: '2026-01-01', machine, commit: 'abc', rounds: 3, ...conclude(bench, rounds) };
}

describe('a result', () => {
  it('judges the targets by medians; what could not be measured does not hold', () => {
    expect(exampleResult().targets).toEqual([
      { id: 'cost', reach: '<= 2', value: 2.818, holds: false },
      { id: 'p99', reach: '<= 5', value: 4, holds: true },
      { id: 'heap', reach: '<= 100', value: Number.NaN, holds: false },
    ]);
  });

  it('is shown with ratios to the reference, spreads, and the targets that fall short', () => {
    const markdown = markdownOf(exampleResult());
    expect(markdown).toContain('| many | CPU ns | x floor | wall ns | spread | heap bytes | p99Ms |');
    expect(markdown).toContain('| ours | 31 | 2.82 | 30 | 30–30 | 64 | 4 |');
    expect(markdown).toContain('- **falls short**: cost <= 2, measured 2.818');
    expect(markdown).toContain('commit abc: `npx nx bench pool`');
  });

  it('is drawn with its title escaped', () => {
    const chart = chartOf(exampleResult());
    expect(chart).toMatch(/^<svg /);
    expect(chart).not.toContain('<example>');
    expect(chart.match(/<rect /g)).toHaveLength(4);
  });

  it('refuses a target about what was not measured', () => {
    const rounds = new Rounds();
    expect(() => conclude(bench, rounds)).toThrow(RangeError);
  });

  it('refuses a reference that is no contender', () => {
    expect(() => defineBench({ ...bench, reference: 'nobody' })).toThrow('pool/example: the reference nobody is none of the contenders');
  });
});

describe('a contender', () => {
  const compiled = join(import.meta.dirname, '../dist/harness/contender.js');
  let folder = '';
  afterEach(() => rmSync(folder, { recursive: true, force: true }));

  it('is measured in a process of its own or with others in turn, and tells what it gives', () => {
    folder = mkdtempSync(join(tmpdir(), 'fog-bench-'));
    const file = join(folder, 'example.bench.mjs');
    writeFileSync(file, "export default { name: 'x/y', cases: { one: 2 }, contenders: { ours: sum, theirs: sum } };\nfunction sum(given) { return { run: async (n) => { let sum = 0; for (let i = 0; i < n; i += 1) sum += await given; return sum; } }; }");
    const script = `
      import { fork } from 'node:child_process';
      for (const [mode, ...contenders] of [['check', 'ours'], ['measure', 'ours'], ['heap', 'ours'], ['measure', 'ours', 'theirs']]) {
        const child = fork(${JSON.stringify(compiled)}, [${JSON.stringify(pathToFileURL(file).href)}, 'one', mode, ...contenders], { serialization: 'advanced', execArgv: [] });
        const answers = await new Promise((resolve) => child.once('message', resolve));
        for (const answer of answers) console.log(mode, typeof answer === 'string' ? answer : Object.keys(Object(answer)).join());
      }`;
    const { stdout, stderr } = spawnSync(process.execPath, ['--input-type=module', '-e', script], { encoding: 'utf8' });
    expect(stderr).toBe('');
    const both = Array.from({ length: 2 }, () => 'measure cpuNs,wallNs,figures');
    expect(stdout.split('\n')).toEqual(['check 128', 'measure cpuNs,wallNs,figures', expect.stringMatching(/^heap /), ...both, '']);
  });
});
