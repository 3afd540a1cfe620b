import { fork } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import type { Bench } from './bench.js';
import type { Answers } from './contender.js';
import type { Measurement } from './measure.js';

/** Where a bench's compiled file is; a contender's process imports it afresh. */
export interface BenchFile {
  readonly url: string;
  readonly bench: Bench;
}

/** What every contender gives for every case, by fixed iterations; they must be equal. */
export async function checkEqual({ url, bench }: BenchFile): Promise<void> {
  for (const given of Object.keys(bench.cases)) {
    let agreed: { contender: string; result: string } | undefined;
    for (const contender of Object.keys(bench.contenders)) {
      const result = await ask(url, contender, given, 'check');
      agreed ??= { contender, result };
      if (agreed.result !== result)
        throw new Error(`${bench.name}, ${given}: ${contender} gives ${shortened(result)} where ${agreed.contender} gives ${shortened(agreed.result)}; they don't do the same work`);
    }
  }
}

/** One fresh process a contender and case, or one a case for contenders that are measured together. */
export async function measureRound({ url, bench }: BenchFile, round: number, on: (given: string, contender: string, measurement: Measurement) => void): Promise<void> {
  const names = Object.keys(bench.contenders);
  // Each round starts with another contender, so that nobody always runs right after the heaviest.
  const contenders = names.map((_, index) => names[(index + round) % names.length] ?? '');
  const groups = bench.together === true ? [contenders] : contenders.map((contender) => [contender]);
  for (const given of Object.keys(bench.cases))
    for (const group of groups) {
      const measurements = await askAll(url, group, given, 'measure');
      for (const [index, measurement] of measurements.entries()) on(given, group[index] ?? '', measurement);
    }
}

/** Heap bytes an operation; they hardly vary, so once is enough. */
export async function measureHeaps({ url, bench }: BenchFile, on: (given: string, contender: string, heapBytes: number) => void): Promise<void> {
  for (const given of Object.keys(bench.cases))
    for (const contender of Object.keys(bench.contenders)) on(given, contender, await ask(url, contender, given, 'heap'));
}

const FLAGS: { readonly [Mode in keyof Answers]: readonly string[] } = {
  check: [],
  measure: [],
  // In MB: room for what is allocated while it is measured. Only here, since it would flatter whoever allocates most.
  heap: ['--min-semi-space-size=128', '--max-semi-space-size=128'],
};

async function ask<Mode extends keyof Answers>(url: string, contender: string, given: string, mode: Mode): Promise<Answers[Mode]> {
  const [answer] = await askAll(url, [contender], given, mode);
  return answer as Answers[Mode];
}

function askAll<Mode extends keyof Answers>(url: string, contenders: readonly string[], given: string, mode: Mode): Promise<Answers[Mode][]> {
  return new Promise((resolve, reject) => {
    const child = fork(fileURLToPath(new URL('contender.js', import.meta.url)), [url, given, mode, ...contenders], {
      execArgv: ['--expose-gc', '--disable-warning=ExperimentalWarning', ...FLAGS[mode]],
      stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
      serialization: 'advanced', // JSON has no NaN.
    });
    child.once('message', (answers) => resolve(answers as Answers[Mode][]));
    child.once('error', reject);
    child.once('exit', (code, signal) => reject(new Error(`${contenders.join(', ')} (${given}) ended with ${code ?? signal} before it answered`)));
  });
}

const shortened = (text: string): string => (text.length > 120 ? `${text.slice(0, 120)}…` : text);
