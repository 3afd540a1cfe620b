/**
 * Contenders of one case: one in a process of its own, so that nobody inherits another's compiled code, heap or timers,
 * or all of them where a bench says so. Started by `round.ts` with the bench's file, the case, the mode and the contenders;
 * answers with one message, a value for each of them.
 */
import type { Bench, Subject } from './bench.js';
import { measure, measureHeap, type Measurement } from './measure.js';

export interface Answers {
  /** What a fixed number of iterations gives, as JSON. */
  readonly check: string;
  readonly measure: Measurement;
  readonly heap: number;
}

const [file = '', given = '', mode = '', ...contenders] = process.argv.slice(2);
const { default: bench } = (await import(file)) as { default: Bench };
const subjects: Subject[] = [];
for (const contender of contenders) {
  const create = bench.contenders[contender];
  if (create === undefined) throw new Error(`${bench.name} has no contender ${contender}`);
  subjects.push(await create(bench.cases[given]));
}

const { warmUpMs = 150 } = bench;
const modes: { readonly [Mode in keyof Answers]: () => Promise<Answers[Mode][]> } = {
  check: () => Promise.all(subjects.map(async (subject) => JSON.stringify((await subject.run(bench.checkIterations ?? 64)) ?? null))),
  measure: () => measure(subjects, warmUpMs),
  heap: () => Promise.all(subjects.map((subject) => measureHeap(subject, warmUpMs))),
};
const answers = await modes[mode as keyof Answers]();
for (const subject of subjects) await subject.close?.();
process.send?.(answers, () => process.exit(0));
