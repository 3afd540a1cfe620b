import { readFileSync, writeFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { gunzipSync } from 'node:zlib';
import { invalidOption, SchedulerError } from '../errors.js';
import { resolveStrategy } from '../options.js';
import { lublinTrace } from '../simulation/lublin.js';
import type { Measures } from '../simulation/measures.js';
import { drawSchedule } from '../simulation/picture.js';
import { readCsv, readNdjson } from '../simulation/rows.js';
import { simulate } from '../simulation/simulate.js';
import { readSwf } from '../simulation/swf.js';
import type { Trace } from '../simulation/trace.js';
import type { StrategyName } from '../strategies/policy.js';
import { strategies } from '../strategies/strategies.js';
import type { WorkerOptions } from '../workers/worker-options.js';

const USAGE = `Usage: fog-scheduler simulate [trace] [options]

Runs a trace through the scheduler's decision core and prints measures of the schedule.

  trace                  a file: .swf, .csv or .ndjson, each also as .gz; without one, a generated trace
  --strategy=<names>     of ${Object.keys(strategies).join(', ')}; several by commas (adaptive)
  --processors=<n>       one worker with so many CPUs (what the trace says, else 256)
  --cluster=<file>       workers as a JSON array, as addWorker() takes them
  --limit=<n>            the first n tasks alone
  --tasks=<n>            of the generated trace (2000)
  --seed=<n>             of the generated trace (1)
  --svg=<file>           draws the schedule of the last strategy
  --json                 measures as JSON
  --help
`;

/** Where a command line program speaks. */
export interface Terminal {
  out(text: string): void;
  /** Progress and complaints. */
  err(text: string): void;
}

/** The program; gives its exit code: 0, or 2 for what it cannot read or was not told right. */
export function main(args: readonly string[], terminal: Terminal): number {
  try {
    return run(args, terminal);
  } catch (error) {
    if (!isExpected(error)) throw error;
    terminal.err(`${error.message}\n`);
    return 2;
  }
}

function run(args: readonly string[], terminal: Terminal): number {
  const { values, positionals } = parseArgs({
    args: [...args],
    allowPositionals: true,
    options: {
      strategy: { type: 'string', default: 'adaptive' }, processors: { type: 'string' }, cluster: { type: 'string' }, limit: { type: 'string' }, tasks: { type: 'string' },
      seed: { type: 'string', default: '1' }, svg: { type: 'string' }, json: { type: 'boolean', default: false }, help: { type: 'boolean', default: false },
    },
  });
  const [command, file, ...rest] = positionals;
  if (values.help) {
    terminal.out(USAGE);
    return 0;
  }
  if (command !== 'simulate' || rest.length > 0) {
    terminal.err(USAGE);
    return 2;
  }
  const processors = countOf('processors', values.processors);
  const limit = countOf('limit', values.limit);
  const trace = file === undefined ? lublinTrace({ tasks: countOf('tasks', values.tasks) ?? 2_000, seed: Number(values.seed), processors: processors ?? 256 }) : readTrace(file);
  const cluster = values.cluster === undefined ? [{ id: 'machine', capacity: { cpu: processors ?? trace.processors ?? 256 } }] : readCluster(values.cluster);
  const tasks = trace.tasks.slice(0, limit);
  const results: Record<string, Measures> = {};
  const names = values.strategy.split(',') as StrategyName[];
  for (const name of names) resolveStrategy(name); // Before the first is simulated for nothing.
  for (const name of names) {
    const simulation = simulate(tasks, cluster, name, { onProgress: (done) => terminal.err(`\r${name} ${Math.round(done * 100)} %`) });
    terminal.err('\n');
    results[name] = simulation.measures;
    if (values.svg !== undefined) writeFileSync(values.svg, drawSchedule(simulation, cluster));
  }
  terminal.out(values.json ? `${JSON.stringify(results, null, 2)}\n` : tableOf(results));
  return 0;
}

/** An integer of at least 1; `slice()` would make something of any other. */
function countOf(option: string, value: string | undefined): number | undefined {
  if (value === undefined) return undefined;
  const count = Number(value);
  if (!Number.isInteger(count) || count < 1) throw invalidOption(option, value, 'an integer ≥ 1');
  return count;
}

function readTrace(file: string): Trace {
  const bytes = readFileSync(file);
  const isZipped = bytes[0] === 0x1f && bytes[1] === 0x8b;
  const text = (isZipped ? gunzipSync(bytes) : bytes).toString('utf8');
  const name = file.toLowerCase().replace(/\.gz$/, '');
  return name.endsWith('.csv') ? readCsv(text) : name.endsWith('.ndjson') || name.endsWith('.jsonl') ? readNdjson(text) : readSwf(text);
}

function readCluster(file: string): WorkerOptions[] {
  try {
    return JSON.parse(readFileSync(file, 'utf8')) as WorkerOptions[];
  } catch (error) {
    throw error instanceof SyntaxError ? invalidOption('cluster', file, `JSON: ${error.message}`) : error;
  }
}

/** A row a measure, a column a strategy. */
function tableOf(results: Readonly<Record<string, Measures>>): string {
  const names = Object.keys(results);
  const measures = Object.keys(results[names[0] ?? ''] ?? {}) as (keyof Measures)[];
  const rows = [['', ...names], ...measures.map((measure) => [measure, ...names.map((name) => shown(results[name]?.[measure]))])];
  const widths = rows[0]?.map((_, column) => Math.max(...rows.map((row) => row[column]?.length ?? 0))) ?? [];
  return rows.map((row) => `${row.map((cell, column) => (column === 0 ? cell.padEnd(widths[0] ?? 0) : cell.padStart(widths[column] ?? 0))).join('  ')}\n`).join('');
}

const shown = (value = Number.NaN): string => (Number.isNaN(value) ? '-' : value.toLocaleString('en-US', { maximumFractionDigits: Math.abs(value) < 1_000 ? 3 : 0 }));

/** What a user can put right: an option, a file that is not there, a trace that cannot be read. */
function isExpected(error: unknown): error is Error {
  if (error instanceof SchedulerError) return true;
  const { code, syscall } = (error ?? {}) as NodeJS.ErrnoException;
  return syscall !== undefined || String(code).startsWith('ERR_PARSE_ARGS') || String(code).startsWith('Z_');
}
