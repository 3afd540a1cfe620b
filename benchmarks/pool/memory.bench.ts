import { defineBench, type Subject } from '../harness/bench.js';
import { type Given, OURS, type Pooled, pools, RIVALS } from './rivals.js';

/** What the resource itself takes, `{ id }`, which is none of the pool's business. */
const RESOURCE_BYTES = 32;

const MANY = 10_000;
const FIRST = 1_000;
const ROUNDS = 20;

function heapUsed(): number {
  globalThis.gc?.();
  globalThis.gc?.();
  return process.memoryUsage().heapUsed;
}

/** As many resources as there can be, all idle; then all lent, and as many callers that wait. */
function around<L>(pool: Pooled<L>): Subject {
  const borrow = (number: number): Promise<L[]> => Promise.all(Array.from({ length: number }, () => pool.acquire()));
  const giveBack = async (loans: readonly L[]): Promise<void> => {
    for (const loan of loans) await pool.release(loan);
  };
  const figures = async (): Promise<Record<string, number>> => {
    // The first ones bring the compiled code, which is kept, too.
    for (let round = 0; round < ROUNDS; round += 1) await giveBack(await borrow(FIRST));
    const before = heapUsed();
    await giveBack(await borrow(MANY));
    const perIdle = (heapUsed() - before) / (MANY - FIRST) - RESOURCE_BYTES;
    let loans = await borrow(MANY);
    let perWaiter = Number.NaN;
    // Twice, for the same reason.
    for (let time = 0; time < 2; time += 1) {
      const lent = heapUsed();
      const waiting = Array.from({ length: MANY }, () => pool.acquire());
      perWaiter = (heapUsed() - lent) / MANY;
      await giveBack(loans);
      loans = await Promise.all(waiting);
    }
    await giveBack(loans);
    return { 'bytes an idle resource': perIdle, 'bytes a waiter': perWaiter };
  };
  // Before the first loan, as the resources that `run` leaves idle would be missed.
  let measured: Promise<Record<string, number>> | undefined;
  return {
    run: async (iterations) => {
      await (measured ??= figures());
      for (let loan = 0; loan < iterations; loan += 1) await pool.release(await pool.acquire());
      return iterations;
    },
    figures: () => (measured ??= figures()),
    close: () => pool.close(),
  };
}

const given: Given = { max: MANY, timeoutMs: 600_000 };

export default defineBench({
  name: 'pool/memory',
  title: 'What does it keep for a resource and for a waiter?',
  operation: 'acquire + release',
  cases: { '10,000 resources, 10,000 waiters': given },
  contenders: pools(around),
  reference: 'generic-pool',
  checkIterations: 1,
  rounds: 1,
  targets: (readings) => [
    { id: 'bytes an idle resource', reach: '<= 160', value: readings.figure('bytes an idle resource', OURS) },
    { id: 'bytes a waiter', reach: '<= 360', value: readings.figure('bytes a waiter', OURS) },
    ...RIVALS.map((rival) => ({ id: `bytes an idle resource, ${rival} over ours`, reach: '>= 1' as const, value: readings.figure('bytes an idle resource', rival) / readings.figure('bytes an idle resource', OURS) })),
  ],
});
