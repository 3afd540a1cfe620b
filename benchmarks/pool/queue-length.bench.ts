import { defineBench, type Subject } from '../harness/bench.js';
import { FLOOR, floor, OURS, type Pooled, pools } from './rivals.js';

/** Callers that wait at once; one resource goes through all of their hands, in their order. */
function around(waiters: number): <L>(pool: Pooled<L>) => Subject {
  return (pool) => ({
    run: async (iterations) => {
      let served = 0;
      for (let queue = 0; queue < iterations; queue += 1) {
        const all = Array.from({ length: waiters }, () => pool.acquire());
        for (const waiting of all) {
          pool.release(await waiting);
          served += 1;
        }
      }
      return served;
    },
    close: () => pool.close(),
  });
}

const SHORT = '10,000 wait';
const LONG = '100,000 wait';
const timeoutMs = 600_000;
const OTHERS = ['generic-pool', 'lightning-pool'] as const;

export default defineBench<number>({
  name: 'pool/queue-length',
  title: 'What does a longer queue cost?',
  operation: 'all of them served',
  cases: { [SHORT]: 10_000, [LONG]: 100_000 },
  // Those whose queue is an array that they shift and scan take minutes for the long one: `nx bench pool --only=timeout-storm`.
  contenders: {
    [FLOOR]: (waiters) => around(waiters)(floor({ max: 1, timeoutMs })),
    ...Object.fromEntries([OURS, ...OTHERS].map((name) => [name, (waiters: number): Subject => pools(around(waiters))[name]?.({ max: 1, timeoutMs }) ?? { run: () => undefined }])),
  },
  reference: FLOOR,
  checkIterations: 1,
  rounds: 1,
  targets: (readings) => {
    const growth = (contender: string): number => readings.cpuNs(contender, LONG) / readings.cpuNs(contender, SHORT) / 10;
    return [
      { id: 'CPU a waiter, 100,000 over 10,000', reach: '<= 1.5', value: growth(OURS) },
      // What the collector takes to keep so many promises alive is in both.
      { id: 'the same, over that of array and promise', reach: '<= 1', value: growth(OURS) / growth(FLOOR) },
    ];
  },
});
