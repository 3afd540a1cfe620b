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

/** One fresh process a contender and case, in the order given. */
export async function measureRound({ url, bench }: BenchFile, round: number, on: (given: string, contender: string, measurement: Measurement) => void): Promise<void> {
  const contenders = Object.keys(bench.contenders);
  for (const given of Object.keys(bench.cases))
    // Each round starts with another contender, so that nobody always runs right after the heaviest.
    for (let index = 0; index < contenders.length; index += 1) {
      const contender = contenders[(index + round) % contenders.length] ?? '';
      on(given, contender, await ask(url, contender, given, 'measure'));
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

function ask<Mode extends keyof Answers>(url: string, contender: string, given: string, mode: Mode): Promise<Answers[Mode]> {
  return new Promise((resolve, reject) => {
    const child = fork(fileURLToPath(new URL('contender.js', import.meta.url)), [url, contender, given, mode], {
      execArgv: ['--expose-gc', '--disable-warning=ExperimentalWarning', ...FLAGS[mode]],
      stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
      serialization: 'advanced', // JSON has no NaN.
    });
    child.once('message', (answer) => resolve(answer as Answers[Mode]));
    child.once('error', reject);
    child.once('exit', (code, signal) => reject(new Error(`${contender} (${given}) ended with ${code ?? signal} before it answered`)));
  });
}

const shortened = (text: string): string => (text.length > 120 ? `${text.slice(0, 120)}…` : text);
