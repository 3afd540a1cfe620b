import { subscribe } from 'node:diagnostics_channel';
import { type AcquireOptions, createPool, type PoolOptions } from '@fog/pool';
import { defineBench, type Subject } from '../harness/bench.js';

const PLAIN = 'none';
const RELEASED = '@fog/pool:lease:released';

function withOptions(tuning: Partial<PoolOptions<object>>, wait?: AcquireOptions, before?: () => void): () => Subject {
  return () => {
    before?.();
    const pool = createPool({ create: () => ({}), max: 10, ...tuning });
    return {
      run: async (iterations) => {
        let loans = 0;
        for (; loans < iterations; loans += 1) (await pool.acquire(wait)).release();
        return loans;
      },
      close: () => pool.close(),
    };
  };
}

export default defineBench<undefined>({
  name: 'pool/features',
  title: 'What does each feature cost when it is on?',
  operation: 'acquire + release',
  cases: { 'one of ten idle': undefined },
  contenders: {
    [PLAIN]: withOptions({}),
    validate: withOptions({ validate: () => true }),
    reset: withOptions({ reset: () => {} }),
    maxLifetimeMs: withOptions({ maxLifetimeMs: 3_600_000 }),
    'concurrency: 10': withOptions({ concurrency: 10 }),
    adaptive: withOptions({ adaptive: true }),
    '{ priority }': withOptions({}, { priority: 5 }),
    '{ key } with maxPerKey': withOptions({ maxPerKey: 5 }, { key: 'tenant' }),
    leakAfterMs: withOptions({ leakAfterMs: 60_000 }),
    'leakStackRatio: 1': withOptions({ leakAfterMs: 60_000, leakStackRatio: 1 }),
    detectDeadlock: withOptions({ detectDeadlock: true }),
    'a subscriber of lease:released': withOptions({}, undefined, () => subscribe(RELEASED, () => {})),
  },
  reference: PLAIN,
  rounds: 2,
  targets: () => [],
});
