import { defineBench, type Subject } from '../harness/bench.js';
import { FLOOR, floor, type Given, OURS, type Pooled, pools, RIVALS } from './rivals.js';

const BORROWERS = 1_000;
/** The last so many waits, of which the figure is taken: enough for several collections of garbage, or it would be luck whether one is among them. */
const KEPT_WAITS = 2 ** 17;

const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

/** All borrowers at once, each taking a resource again and again and keeping it for one turn of the event loop. */
function around<L>(pool: Pooled<L>): Subject {
  const waits = new Float64Array(KEPT_WAITS);
  let waited = 0;
  return {
    run: async (iterations) => {
      let left = iterations;
      let loans = 0;
      const borrower = async (): Promise<void> => {
        while (left > 0) {
          left -= 1;
          const startMs = performance.now();
          const loan = await pool.acquire();
          waits[waited % KEPT_WAITS] = performance.now() - startMs;
          waited += 1;
          await turn();
          loans += 1;
          pool.release(loan);
        }
      };
      await Promise.all(Array.from({ length: BORROWERS }, borrower));
      return loans;
    },
    figures: () => {
      const sorted = waits.subarray(0, Math.min(waited, KEPT_WAITS)).toSorted();
      return { 'p99 wait ms': sorted[Math.floor(sorted.length * 0.99)] ?? Number.NaN };
    },
    close: () => pool.close(),
  };
}

const given: Given = { max: 10, timeoutMs: 60_000 };

export default defineBench({
  name: 'pool/contended',
  title: 'How many loans when everybody waits?',
  operation: 'loan over one turn of the event loop',
  cases: { '1,000 borrowers of 10 resources': given },
  contenders: { [FLOOR]: (given: Given) => around(floor(given)), ...pools(around) },
  reference: FLOOR,
  rounds: 3,
  checkIterations: 2_000,
  targets: (readings) => [
    { id: 'loans a second, ours over the best peer', reach: '>= 1.5', value: Math.min(...RIVALS.map((rival) => readings.wallNs(rival))) / readings.wallNs(OURS) },
    { id: 'p99 wait, ours over the best peer', reach: '<= 0.6', value: readings.figure('p99 wait ms', OURS) / Math.min(...RIVALS.map((rival) => readings.figure('p99 wait ms', rival))) },
  ],
});
