import { createPool } from '@fog/pool';
import { ManualClock } from '@fog/testkit';
import { createPool as createGenericPool } from 'generic-pool';
import { Pool as LightningPool } from 'lightning-pool';
import { Pool as TarnPool } from 'tarn';
import { defineBench, type Subject } from '../harness/bench.js';
import { OURS, type Resource } from './rivals.js';

const CALLERS = 20;
const MAX = 10;
const WAIT_MS = 200;

interface Attempts {
  creates: number;
}

/** What a pool makes of a `create` that always fails. */
type Down = (create: () => Promise<Resource>) => { acquire(): Promise<unknown>; close?(): unknown };

/** Twenty callers, who ask again as soon as they are refused but for a turn of 10 ms, as a server's requests do. */
function down(make: Down): Subject {
  const attempts: Attempts = { creates: 0 };
  const pool = make(async () => {
    attempts.creates += 1;
    // As a connection is refused: after a turn of the event loop.
    await new Promise((resolve) => setImmediate(resolve));
    throw new Error('connect ECONNREFUSED');
  });
  const perSecond: number[] = [];
  const stallsMs: number[] = [];
  const outage = async (): Promise<boolean> => {
    const before = attempts.creates;
    const endMs = performance.now() + 1_000;
    let lastMs = performance.now();
    let stallMs = 0;
    const watch = setInterval(() => {
      stallMs = Math.max(stallMs, performance.now() - lastMs);
      lastMs = performance.now();
    }, 1);
    let served = false;
    await Promise.all(
      Array.from({ length: CALLERS }, async () => {
        while (performance.now() < endMs) {
          await pool.acquire().then(
            () => (served = true),
            () => {},
          );
          await new Promise((resolve) => setTimeout(resolve, 10));
        }
      }),
    );
    clearInterval(watch);
    perSecond.push(attempts.creates - before);
    stallsMs.push(Math.max(stallMs, performance.now() - lastMs));
    return served;
  };
  return {
    run: async (iterations) => {
      let served = false;
      for (let second = 0; second < iterations; second += 1) served ||= await outage();
      return served;
    },
    figures: () => ({ 'creates a second': Math.max(...perSecond), 'longest stall ms': Math.max(...stallsMs) }),
    close: () => pool.close?.(),
  };
}

/** Creates in a minute during which the backend is down and 20 callers a second come, on a clock of its own. */
async function createsInAMinute(): Promise<number> {
  const clock = new ManualClock();
  let creates = 0;
  const pool = createPool<Resource>({
    max: MAX,
    min: 2,
    clock,
    create: async () => {
      creates += 1;
      throw new Error('connect ECONNREFUSED');
    },
  });
  for (let tenth = 0; tenth < 600; tenth += 1) {
    for (let caller = 0; caller < 2; caller += 1) void pool.acquire().catch(() => {});
    await clock.advanceAsync(100);
  }
  await pool.close({ timeoutMs: 0, force: true });
  return creates;
}

export default defineBench<undefined>({
  name: 'pool/outage',
  title: 'What does a backend that is down get to see?',
  operation: 'second of an outage',
  cases: { '20 callers that do not give up': undefined },
  contenders: {
    [OURS]: () => {
      const subject = down((create) => {
        const pool = createPool({ create, max: MAX, acquireTimeoutMs: WAIT_MS });
        return { acquire: () => pool.acquire(), close: () => pool.close({ timeoutMs: 0, force: true }) };
      });
      return { ...subject, figures: async () => ({ ...(await subject.figures?.()), 'creates in 60 s, simulated': await createsInAMinute() }) };
    },
    'generic-pool': () =>
      down((create) => {
        const pool = createGenericPool({ create, destroy: async () => {} }, { max: MAX, acquireTimeoutMillis: WAIT_MS });
        return { acquire: () => Promise.resolve(pool.acquire()) };
      }),
    'lightning-pool': () =>
      down((create) => {
        const pool = new LightningPool<Resource>({ create, destroy: async () => {} }, { max: MAX, min: 0, acquireTimeoutMillis: WAIT_MS });
        return { acquire: () => pool.acquire() };
      }),
    tarn: () =>
      down((create) => {
        const pool = new TarnPool<Resource>({ create, destroy: async () => {}, min: 0, max: MAX, acquireTimeoutMillis: WAIT_MS });
        return { acquire: () => pool.acquire().promise };
      }),
  },
  reference: OURS,
  checkIterations: 1,
  rounds: 1,
  targets: (readings) => [
    { id: 'creates while the backend is down for 60 s', reach: '<= 40', value: readings.figure('creates in 60 s, simulated', OURS) },
    { id: 'longest stall of the event loop in ms', reach: '<= 50', value: readings.figure('longest stall ms', OURS) },
  ],
});
