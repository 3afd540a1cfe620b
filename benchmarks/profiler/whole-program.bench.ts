import { execFile } from 'node:child_process';
import { mkdtemp, readFile, readdir, rm, stat, writeFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { parseProfile } from '@fog/profiler';
import { defineBench, type Subject } from '../harness/bench.js';
import { works } from './recorders.js';

const execute = promisify(execFile);
const ZERO_X = '0x@6.0.0'; // By npx, when this is run: some 290 packages that nothing else needs.

/** What runs, by function, and the steps that each does: V8 inlines all into `rounds`. See `known-truth`. */
const STEPS = { fifty: [10_000, 37], thirty: [6_000, 41], fifteen: [3_000, 43], five: [1_000, 53] } as const;
const TOTAL_STEPS = 20_000;

const PROGRAM = [
  ...Object.entries(STEPS).map(([name, [steps, factor]]) => `function ${name}(from) {
  let sum = from;
  for (let step = 0; step < ${steps}; step += 1) sum = (Math.imul(sum, ${factor}) + step) | 0;
  return sum;
}`),
  `function rounds(count) {
  let sum = 1;
  for (let round = 0; round < count; round += 1) sum = five(fifteen(thirty(fifty(sum))));
  return sum;
}
for (let batch = 0; batch < 100; batch += 1) rounds(1_200);`,
].join('\n');

/** One way to run a program from its start to its end, profiled. */
interface Contender {
  /** A shell's command that leaves its report in the current folder. */
  command(): Promise<string> | string;
  /** The file that one opens. */
  report(folder: string): Promise<string> | string;
  /** Samples by innermost function. */
  samples(folder: string): Promise<ReadonlyMap<string, number>>;
}

const node = JSON.stringify(process.execPath);
const fileIn = async (folder: string, wanted: RegExp): Promise<string> => join(folder, (await readdir(folder)).find((name) => wanted.test(name)) ?? '');

function tally(samples: Iterable<readonly [string, number]>): ReadonlyMap<string, number> {
  const found = new Map<string, number>();
  for (const [name, count] of samples) found.set(name, (found.get(name) ?? 0) + count);
  return found;
}

const cli = join(dirname(createRequire(import.meta.url).resolve('@fog/profiler')), 'cli/main.js');
const fog: Contender = {
  command: () => `${node} ${cli} run --mode CPU --out report.html app.mjs`,
  report: (folder) => join(folder, 'report.html'),
  samples: async (folder) => {
    await execute(process.execPath, [cli, 'run', '--mode', 'CPU', '--out', 'run.fogprofile', 'app.mjs'], { cwd: folder });
    return tally(parseProfile(await readFile(join(folder, 'run.fogprofile'))).costs().functions.map(({ name, self }) => [name, self]));
  },
};

const cpuProf: Contender = {
  command: () => `${node} --cpu-prof app.mjs`,
  report: (folder) => fileIn(folder, /\.cpuprofile$/),
  samples: async (folder) => {
    const { nodes } = JSON.parse(await readFile(await fileIn(folder, /\.cpuprofile$/), 'utf8')) as { readonly nodes: readonly { readonly callFrame: { readonly functionName: string }; readonly hitCount: number }[] };
    return tally(nodes.map(({ callFrame, hitCount }) => [callFrame.functionName, hitCount]));
  },
};

const zeroX: Contender = {
  command: async () => `${(await execute('npx', ['--yes', '-p', ZERO_X, '-c', 'command -v 0x'])).stdout.trim()} --output-dir 0x -- ${node} app.mjs`,
  report: (folder) => join(folder, '0x/flamegraph.html'),
  samples: async (folder) => {
    const { code, ticks } = JSON.parse(await readFile(await fileIn(join(folder, '0x'), /v8\.log\.json$/), 'utf8')) as { readonly code: readonly { readonly name: string }[]; readonly ticks: readonly { readonly s: readonly number[] }[] };
    return tally(ticks.map(({ s: [innermost = -1] }) => [(code[innermost]?.name ?? '').split(' ')[0] ?? '', 1]));
  },
};

const alone: Contender = { command: () => `${node} app.mjs`, report: (folder) => join(folder, 'app.mjs'), samples: () => Promise.resolve(new Map()) };

/** What a shell's `times` says that its children took, in ms. */
function childrenMs(times: string): number {
  const [, children = ''] = times.trim().split('\n').slice(-2);
  return [...children.matchAll(/(\d+)m([\d.]+)s/g)].reduce((sum, [, minutes, seconds]) => sum + Number(minutes) * 60_000 + Number(seconds) * 1e3, 0);
}

async function profiled(contender: Contender): Promise<Readonly<Record<string, number>>> {
  const folder = await mkdtemp(join(tmpdir(), 'fog-bench-'));
  try {
    await writeFile(join(folder, 'app.mjs'), PROGRAM);
    const command = await contender.command();
    const fromMs = performance.now();
    const { stdout } = await execute('sh', ['-c', `${command} >&2; times`], { cwd: folder });
    const endToEndMs = performance.now() - fromMs;
    const reportKB = contender === alone ? 0 : (await stat(await contender.report(folder))).size / 1e3;
    const samples = await contender.samples(folder);
    const all = Object.keys(STEPS).reduce((sum, name) => sum + (samples.get(name) ?? 0), samples.get('rounds') ?? 0);
    const errors = Object.entries(STEPS).map(([name, [steps]]) => Math.abs((samples.get(name) ?? 0) / (all || 1) - steps / TOTAL_STEPS));
    return { cpuMs: childrenMs(stdout), endToEndMs, reportKB, largestErrorPoints: contender === alone ? 0 : Math.max(...errors) * 100 };
  } finally {
    await rm(folder, { recursive: true });
  }
}

const subject = (contender: Contender): Subject => ({ run: works, figures: () => profiled(contender) });

const OURS = '@fog/profiler run';
const CPU_PROF = 'node --cpu-prof';
const ZERO = '0x';
const ALONE = 'not profiled';

export default defineBench({
  name: 'profiler/whole-program',
  title: 'A program of some seconds profiled from start to end: what that adds, and how far the shares of its four functions are off',
  operation: 'work, for the harness to time',
  cases: { 'four functions, inlined': undefined },
  contenders: { [OURS]: () => subject(fog), [CPU_PROF]: () => subject(cpuProf), [ZERO]: () => subject(zeroX), [ALONE]: () => subject(alone) },
  reference: ALONE,
  rounds: 3,
  targets: (readings) => {
    const added = (contender: string): number => readings.figure('cpuMs', contender) - readings.figure('cpuMs', ALONE);
    return [
      { id: 'largest error of a share, in points', reach: '<= 5', value: readings.figure('largestErrorPoints', OURS) },
      { id: "report, against 0x's", reach: '<= 0.1', value: readings.figure('reportKB', OURS) / readings.figure('reportKB', ZERO) },
      { id: "added CPU, against 0x's", reach: '<= 0.5', value: added(OURS) / added(ZERO) },
    ];
  },
});
