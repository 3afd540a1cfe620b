import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { defineBench, type Subject } from '../harness/bench.js';
import { works } from './recorders.js';

const run = promisify(execFile);
const worker = fileURLToPath(new URL('./catalogue.worker.js', import.meta.url));

interface Listed {
  readonly title: string;
  readonly problem?: string;
  readonly sites: readonly string[];
}

interface Found {
  readonly kind: string;
  readonly title: string;
  readonly site?: string;
}

const ask = async <Answer>(...args: string[]): Promise<Answer> => JSON.parse((await run(process.execPath, [worker, ...args])).stdout) as Answer;

/** Right is a finding of the kind that was planted, or one that names the place. */
const isRight = ({ problem, sites }: Listed, { kind, site }: Found): boolean => kind === problem || (problem !== undefined && site !== undefined && sites.includes(site));

const isFound = (program: Listed, found: readonly Found[]): boolean => found.some((one) => one.kind === program.problem && (one.site === undefined || program.sites.includes(one.site)));

async function figures(): Promise<Readonly<Record<string, number>>> {
  const counts = { planted: 0, foundPlanted: 0, findings: 0, rightFindings: 0 };
  for (const program of await ask<Listed[]>()) {
    const found = await ask<Found[]>(program.title);
    counts.findings += found.length;
    counts.rightFindings += found.filter((one) => isRight(program, one)).length;
    for (const wrong of found.filter((one) => !isRight(program, one))) console.error(`${program.title}: wrongly ${wrong.kind}, ${wrong.title}`);
    if (program.problem === undefined) continue;
    counts.planted += 1;
    if (isFound(program, found)) counts.foundPlanted += 1;
    else console.error(`${program.title}: not found`);
  }
  return { problems: counts.planted, findings: counts.findings, recall: counts.foundPlanted / counts.planted, precision: counts.rightFindings / counts.findings };
}

const subject = (): Subject => ({ run: works, figures });

const OURS = '@fog/profiler';

export default defineBench({
  name: 'profiler/catalogue',
  title: 'Programs with one planted problem each, and healthy ones: what bottlenecks() finds',
  operation: 'work, for the harness to time',
  cases: { programs: undefined },
  contenders: { [OURS]: subject },
  reference: OURS,
  rounds: 1,
  targets: (readings) => [
    { id: 'recall', reach: '>= 1', value: readings.figure('recall', OURS) },
    { id: 'precision', reach: '>= 1', value: readings.figure('precision', OURS) },
  ],
});
