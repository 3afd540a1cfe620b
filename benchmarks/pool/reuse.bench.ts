import { createPool } from '@fog/pool';
import { ManualClock, seededRandom } from '@fog/testkit';
import { defineBench, type Subject } from '../harness/bench.js';

const DAY_MS = 86_400_000;
/** A day's requests, at 1 a second on average. */
const REQUESTS = DAY_MS / 1_000;

/**
 * The ms between one request and the next over a day: few at night and many by day, and in bursts of ten times as many for some
 * seconds now and then, as in a web server's log.
 */
function* pausesMs(): Generator<number, never> {
  const random = seededRandom(7);
  const exponential = (meanMs: number): number => -Math.log(1 - random()) * meanMs;
  let nowMs = 0;
  let burstEndMs = 0;
  for (;;) {
    const daylight = 1 - 0.9 * Math.cos((2 * Math.PI * nowMs) / DAY_MS);
    if (nowMs > burstEndMs && random() < 0.002) burstEndMs = nowMs + exponential(8_000);
    const pauseMs = exponential(1_400 / daylight / (nowMs < burstEndMs ? 10 : 1));
    nowMs += pauseMs;
    yield pauseMs;
  }
}

/** Each request holds a connection for as long as its queries take: mostly some ms, now and then seconds. */
function holdsMs(): () => number {
  const random = seededRandom(8);
  return () => Math.min(10_000, 5 * Math.exp(2 * Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random())));
}

function around(order: 'lifo' | 'fifo'): Subject {
  let reuseRatio = Number.NaN;
  let mostOpen = 0;
  let meanOpen = 0;
  return {
    run: async (iterations) => {
      const clock = new ManualClock();
      const pool = createPool({ create: async () => ({}), max: 50, min: 2, order, idleTimeoutMs: 60_000, clock });
      const holdMs = holdsMs();
      let served = 0;
      let openMs = 0;
      const pauses = pausesMs();
      for (let request = 0; request < iterations; request += 1) {
        const pauseMs = pauses.next().value;
        const { size } = pool.stats();
        mostOpen = Math.max(mostOpen, size);
        openMs += size * pauseMs;
        clock.advance(pauseMs);
        const hold = holdMs();
        void pool.use(() => new Promise<void>((resolve) => clock.setTimeout(resolve, hold))).then(() => (served += 1));
        // A create, and what it is for.
        for (let turn = 0; turn < 4; turn += 1) await Promise.resolve();
      }
      await clock.advanceAsync(20_000);
      if (iterations >= REQUESTS / 2) {
        ({ reuseRatio } = pool.stats());
        meanOpen = openMs / clock.now();
      }
      await pool.close();
      return served;
    },
    figures: async function figures() {
      // However many requests the clock's time was measured with: the figures are those of one day.
      await this.run(REQUESTS);
      return { 'reuse ratio': reuseRatio, 'connections open, mean': meanOpen, 'most': mostOpen };
    },
  };
}

const LIFO = 'the last used first';

export default defineBench<undefined>({
  name: 'pool/reuse',
  title: 'How often is a connection used again over a day, with idle eviction on?',
  operation: 'request',
  cases: { '86,400 requests, by day, by night and in bursts': undefined },
  contenders: { [LIFO]: () => around('lifo'), 'each in turn': () => around('fifo') },
  reference: LIFO,
  checkIterations: 2_000,
  rounds: 1,
  targets: (readings) => [{ id: 'reuse ratio', reach: '>= 0.95', value: readings.figure('reuse ratio', LIFO) }],
});
