/**
 * One contender and one case, in a process of its own, so that nobody inherits another's compiled code, heap or
 * timers. Started by `round.ts` with the bench's file, the contender and the case; answers with one message.
 */
import type { Bench } from './bench.js';
import { measure, measureHeap, type Measurement } from './measure.js';

export interface Answers {
  /** What a fixed number of iterations gives, as JSON. */
  readonly check: string;
  readonly measure: Measurement;
  readonly heap: number;
}

const [file = '', contender = '', given = '', mode = ''] = process.argv.slice(2);
const { default: bench } = (await import(file)) as { default: Bench };
const create = bench.contenders[contender];
if (create === undefined) throw new Error(`${bench.name} has no contender ${contender}`);

const subject = await create(bench.cases[given]);
const modes: { readonly [Mode in keyof Answers]: () => Promise<Answers[Mode]> } = {
  check: async () => JSON.stringify((await subject.run(bench.checkIterations ?? 64)) ?? null),
  measure: () => measure(subject),
  heap: () => measureHeap(subject),
};
const answer = await modes[mode as keyof Answers]();
await subject.close?.();
process.send?.(answer, () => process.exit(0));
