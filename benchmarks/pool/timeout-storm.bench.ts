import { defineBench, type Subject } from '../harness/bench.js';
import { type Given, OURS, type Pooled, pools, RIVALS } from './rivals.js';

const WAITERS = 10_000;

/** Everything is lent, 10,000 callers wait, and nobody gives anything back before their time is over. */
function around<L>(pool: Pooled<L>): Subject {
  let lent: L | undefined;
  /** The longest of each storm. */
  const stallsMs: number[] = [];
  return {
    run: async (iterations) => {
      lent ??= await pool.acquire();
      let timedOut = 0;
      for (let storm = 0; storm < iterations; storm += 1) {
        const waiters = Promise.allSettled(Array.from({ length: WAITERS }, () => pool.acquire()));
        const longest = watchStalls();
        const outcomes = await waiters;
        stallsMs.push(longest());
        timedOut += outcomes.filter(({ status }) => status === 'rejected').length;
      }
      return timedOut;
    },
    figures: () => ({ 'longest stall ms': stallsMs.toSorted((a, b) => a - b)[stallsMs.length >> 1] ?? Number.NaN }),
    close: () => pool.close(),
  };
}

/** Watches how long the event loop gives nobody a turn, until it is asked. */
function watchStalls(): () => number {
  let lastMs = performance.now();
  let longestMs = 0;
  const look = (): number => {
    const nowMs = performance.now();
    longestMs = Math.max(longestMs, nowMs - lastMs);
    lastMs = nowMs;
    return longestMs;
  };
  const watch = setInterval(look, 1);
  return () => {
    clearInterval(watch);
    return look();
  };
}

const given: Given = { max: 1, timeoutMs: 100 };

export default defineBench({
  name: 'pool/timeout-storm',
  title: 'What does it cost when everybody gives up at once?',
  operation: 'storm',
  cases: { '10,000 waiters time out': given },
  contenders: pools(around),
  reference: 'generic-pool',
  checkIterations: 1,
  rounds: 2,
  targets: (readings) => [
    { id: 'CPU of the best peer over ours', reach: '>= 1.5', value: Math.min(...RIVALS.map((rival) => readings.cpuNs(rival))) / readings.cpuNs(OURS) },
    { id: 'longest stall of the event loop, ours over the best peer', reach: '<= 0.6', value: readings.figure('longest stall ms', OURS) / Math.min(...RIVALS.map((rival) => readings.figure('longest stall ms', rival))) },
  ],
});
