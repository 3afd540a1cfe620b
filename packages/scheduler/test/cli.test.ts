import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { main } from '../src/cli/main.js';
import type { Measures } from '../src/index.js';

let folder = '';
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'fog-scheduler-'));
});
afterAll(() => rmSync(folder, { recursive: true }));

function run(...args: string[]): { readonly code: number; readonly out: string; readonly err: string } {
  let [out, err] = ['', ''];
  const code = main(args, { out: (text) => void (out += text), err: (text) => void (err += text) });
  return { code, out, err };
}

describe('the command line', () => {
  it('simulates a generated trace where none is given, by several strategies, and shows progress', () => {
    const { code, out, err } = run('simulate', '--tasks=100', '--processors=32', '--strategy=fifo,adaptive');
    expect(code).toBe(0);
    expect(out).toMatch(/^ +fifo +adaptive\ntasks +100 +100\n/);
    expect(err).toContain('\rfifo 100 %');
    expect(err).toContain('\radaptive 50 %');
  });

  it('reads the formats by their names, zipped ones too, and a cluster', () => {
    const rows = 'id,submitMs,runMs,cpu\na,0,10,1\nb,0,10,1\n';
    writeFileSync(join(folder, 'trace.csv.gz'), gzipSync(rows));
    writeFileSync(join(folder, 'ZIPPED.CSV'), gzipSync(rows));
    writeFileSync(join(folder, 'trace.ndjson'), '{"submitMs":0,"runMs":10}\n{"submitMs":0,"runMs":10}\n');
    writeFileSync(join(folder, 'trace.swf'), '1 0 -1 1 1 -1 -1 1 -1 -1 1 -1 -1 -1 -1 -1 -1 -1\n');
    writeFileSync(join(folder, 'cluster.json'), JSON.stringify([{ id: 'w', capacity: { cpu: 1 }, pricePerHour: 3_600 }]));
    const measuresOf = (...args: string[]): Measures | undefined => (JSON.parse(run('simulate', '--json', '--strategy=fifo', ...args).out) as Record<string, Measures>)['fifo'];
    for (const file of ['trace.csv.gz', 'ZIPPED.CSV', 'trace.ndjson']) expect(measuresOf(join(folder, file), `--cluster=${join(folder, 'cluster.json')}`)).toMatchObject({ tasks: 2, makespanMs: 20, cost: 0.02 });
    expect(measuresOf(join(folder, 'trace.csv.gz'), '--processors=2', '--limit=1')).toMatchObject({ tasks: 1, makespanMs: 10 });
    expect(measuresOf(join(folder, 'trace.swf'))).toMatchObject({ tasks: 1, makespanMs: 1_000 });
  });

  it('draws the schedule', () => {
    const file = join(folder, 'schedule.svg');
    expect(run('simulate', '--tasks=50', '--processors=16', `--svg=${file}`).code).toBe(0);
    const svg = readFileSync(file, 'utf8');
    expect(svg.match(/<rect /g)?.length).toBeGreaterThanOrEqual(50);
    expect(svg).toContain('CPUs in use');
    expect(svg).not.toMatch(/NaN|Infinity|undefined/);
  });

  it('says what is wrong and exits 2', () => {
    writeFileSync(join(folder, 'odd.json'), '{');
    for (const [args, words] of [
      [['simulate', 'nowhere.swf'], 'nowhere.swf'], [['simulate', '--strategy=best'], 'best'], [['simulate', '--processors=many'], 'processors'], [['simulate', '--what'], '--what'], [['simulate', '--limit=some'], 'limit'], [['simulate', '--limit=-1'], 'limit'], [['simulate', '--tasks=9', `--svg=${join(folder, 'no', 'such.svg')}`], 'such.svg'], [['simulate', '--tasks=9', `--svg=${join(folder, 'odd.json', 'x.svg')}`], 'x.svg'], [['simulate', `--cluster=${join(folder, 'odd.json')}`], 'odd.json'], [['imitate'], 'Usage'], [[], 'Usage'],
    ] as const) {
      const { code, err } = run(...args);
      expect([code, err.includes(words)]).toEqual([2, true]);
    }
    expect(run('simulate', '--tasks=9', '--strategy=fifo,best').err).not.toContain('fifo 100');
    expect(run('--help')).toMatchObject({ code: 0, err: '' });
  });
});
