/**
 * Runs benches and keeps what they found in `results/`; the packages' README tables are rewritten from there.
 *
 *     nx bench                       all of them
 *     nx bench pool                  those of one package
 *     nx bench pool --only=acquire   one question
 *     nx bench pool --check          exit 1 when a target is missed
 */
import { execFileSync } from 'node:child_process';
import { mkdirSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { parseArgs } from 'node:util';
import type { Bench } from './bench.js';
import { chartOf } from './chart.js';
import { describeCommit, describeMachine } from './machine.js';
import { conclude, Rounds, type Result } from './result.js';
import { checkEqual, measureHeaps, measureRound, type BenchFile } from './round.js';
import { markdownOf } from './table.js';

const compiled = join(import.meta.dirname, '..');
const root = join(compiled, '../..');

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: { check: { type: 'boolean', default: false }, only: { type: 'string' }, rounds: { type: 'string' } },
});

const files = await findBenches(positionals, values.only);
if (files.length === 0) {
  console.error(`No bench is named ${[...positionals, values.only ?? ''].join(' ')}: there are ${(await findBenches([])).map(({ bench }) => bench.name).join(', ')}.`);
  process.exit(2);
}
const results: Result[] = [];
const broken: string[] = [];
for (const file of files)
  try {
    results.push(await run(file));
  } catch (error) {
    // The others are worth their figures all the same.
    broken.push(file.bench.name);
    console.error(error);
  }
execFileSync(process.execPath, [join(root, 'tools/bench-tables/main.mjs')], { stdio: 'inherit' });

const missed = results.flatMap(({ name, targets }) => targets.filter(({ holds }) => !holds).map((target) => ({ name, ...target })));
const total = results.reduce((sum, { targets }) => sum + targets.length, 0);
console.log(`\n${total - missed.length} of ${total} targets reached.`);
for (const { name, id, reach, value } of missed) console.log(`falls short: ${name}: ${id} ${reach}, measured ${value}`);
for (const name of broken) console.error(`broken: ${name}`);
if (broken.length > 0 || (values.check && missed.length > 0)) process.exitCode = 1;

async function run(file: BenchFile): Promise<Result> {
  const { bench } = file;
  const rounds = values.rounds === undefined ? (bench.rounds ?? 5) : Number(values.rounds);
  console.log(`\n${bench.name}: ${bench.title}`);
  await checkEqual(file);
  const measured = new Rounds();
  for (let round = 0; round < rounds; round += 1) await measureRound(file, round, (given, contender, measurement) => measured.add(given, contender, measurement));
  await measureHeaps(file, (given, contender, heapBytes) => measured.addHeap(given, contender, heapBytes));
  const { name, title, operation, reference } = bench;
  const [folder = '', question = ''] = name.split('/');
  const result: Result = {
    name,
    title,
    operation,
    reference,
    command: `npx nx bench ${folder} --only=${question}`,
    date: new Date().toISOString().slice(0, 10),
    machine: describeMachine(),
    commit: describeCommit(root),
    rounds,
    ...conclude(bench, measured),
  };
  const kept = join(root, 'benchmarks/results', folder);
  mkdirSync(kept, { recursive: true });
  const markdown = markdownOf(result);
  writeFileSync(join(kept, `${question}.json`), `${JSON.stringify(result, null, 2)}\n`);
  writeFileSync(join(kept, `${question}.md`), `${markdown}\n`);
  writeFileSync(join(kept, `${question}.svg`), chartOf(result));
  console.log(`\n${markdown}`);
  return result;
}

async function findBenches(packages: readonly string[], only?: string): Promise<BenchFile[]> {
  const paths = readdirSync(compiled, { recursive: true, encoding: 'utf8' })
    .map((path) => path.replaceAll('\\', '/'))
    .filter((path) => path.endsWith('.bench.js'))
    .filter((path) => packages.length === 0 || packages.includes(path.split('/')[0] ?? ''))
    .filter((path) => only === undefined || path.endsWith(`/${only}.bench.js`))
    .toSorted();
  return Promise.all(
    paths.map(async (path) => {
      const url = pathToFileURL(join(compiled, path)).href;
      const { default: bench } = (await import(url)) as { default: Bench };
      if (`${bench.name}.bench.js` !== path) throw new Error(`${path} names its bench ${bench.name}; the two must agree`);
      return { url, bench };
    }),
  );
}
