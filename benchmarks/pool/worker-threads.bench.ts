import { createWorkerPool } from '@fog/pool/worker-threads';
import { Piscina } from 'piscina';
import { Tinypool } from 'tinypool';
import { defineBench, type Subject } from '../harness/bench.js';
import type { BenchTasks } from './tasks.worker.js';

const OURS = '@fog/pool';
const RIVALS = ['piscina', 'piscina without atomics', 'tinypool'] as const;
const THREADS = 2;
/** The last so many durations, of which the figure is taken. */
const KEPT = 2 ** 13;

interface Given {
  /** How long a task keeps its thread. */
  readonly ms: number;
  /** Callers that each have one task under way or waiting. */
  readonly callers: number;
}

type Run = (payload: { readonly value: number; readonly ms: number }) => Promise<number>;

/** All callers at once, each handing in a task again and again. */
function around({ ms, callers }: Given, run: Run, close: () => unknown): Subject {
  const durations = new Float64Array(KEPT);
  let done = 0;
  return {
    run: async (iterations) => {
      let left = iterations;
      let sum = 0;
      const caller = async (): Promise<void> => {
        while (left > 0) {
          left -= 1;
          const value = left;
          const startMs = performance.now();
          const answer = await run({ value, ms });
          sum += answer;
          durations[done % KEPT] = performance.now() - startMs;
          done += 1;
        }
      };
      await Promise.all(Array.from({ length: callers }, caller));
      return sum;
    },
    figures: () => {
      const sorted = durations.subarray(0, Math.min(done, KEPT)).toSorted();
      return { 'p99 ms': sorted[Math.floor(sorted.length * 0.99)] ?? Number.NaN };
    },
    close,
  };
}

const file = new URL('./tasks.worker.js', import.meta.url);
const NOOP = 'task that does nothing, 64 callers';
const SHORT = 'task of 1 ms, 64 callers';
const CASES = [NOOP, SHORT] as const;

export default defineBench<Given>({
  name: 'pool/worker-threads',
  title: 'How many tasks go through two worker threads?',
  operation: 'task',
  cases: { [NOOP]: { ms: 0, callers: 64 }, [SHORT]: { ms: 1, callers: 64 } },
  contenders: {
    [OURS]: async (given) => {
      const pool = createWorkerPool<BenchTasks>({ worker: file, workerData: 'serve', min: THREADS, size: THREADS });
      await pool.ready();
      return around(given, (payload) => pool.run('work', payload), () => pool.close());
    },
    piscina: (given) => {
      const pool = new Piscina({ filename: file.href, minThreads: THREADS, maxThreads: THREADS });
      return around(given, (payload) => pool.run(payload), () => pool.destroy());
    },
    'piscina without atomics': (given) => {
      const pool = new Piscina({ filename: file.href, minThreads: THREADS, maxThreads: THREADS, atomics: 'disabled' });
      return around(given, (payload) => pool.run(payload), () => pool.destroy());
    },
    tinypool: (given) => {
      const pool = new Tinypool({ filename: file.href, minThreads: THREADS, maxThreads: THREADS });
      return around(given, (payload) => pool.run(payload), () => pool.destroy());
    },
  },
  reference: 'piscina',
  together: true,
  warmUpMs: 1_000,
  targets: (readings) => CASES.flatMap((given) => [
    { id: `tasks a second, ours over the best rival, ${given}`, reach: '>= 1', value: Math.min(...RIVALS.map((rival) => readings.wallNs(rival, given))) / readings.wallNs(OURS, given) },
    { id: `p99, ours over the best rival, ${given}`, reach: '<= 1', value: readings.figure('p99 ms', OURS, given) / Math.min(...RIVALS.map((rival) => readings.figure('p99 ms', rival, given))) },
  ]),
});
