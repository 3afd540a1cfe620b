import { describe, expect, it } from '@jest/globals';
import { ManualClock } from '@fog/testkit';
import { HoldingPool } from '../../src/adapters/holding-pool.js';
import type { PoolOptions } from '../../src/index.js';

/** Resources that hold the process from when they are made, as sockets and threads do. */
function setUp(options: Partial<PoolOptions<string>> = {}): { readonly pool: HoldingPool<string>; readonly clock: ManualClock; readonly held: Set<string>; readonly calls: () => number } {
  const clock = new ManualClock();
  const held = new Set<string>();
  let made = 0;
  let calls = 0;
  const create = (): string => {
    made += 1;
    held.add(`resource ${made}`);
    return `resource ${made}`;
  };
  const pool = new HoldingPool<string>({ create, max: 1, clock, ...options }, (resource, holds) => {
    calls += 1;
    if (holds) held.add(resource);
    else held.delete(resource);
  });
  return { pool, clock, held, calls: () => calls };
}

describe('a pool whose resources hold the process', () => {
  it('has them hold it while they are lent, and not while they are idle', async () => {
    const { pool, held } = setUp();
    const lease = await pool.acquire();
    expect(held.size).toBe(1);
    lease.release();
    expect(held.size).toBe(0);
    await pool.use(() => expect(held.size).toBe(1));
    expect(held.size).toBe(0);
    pool.tryAcquire()?.release();
    expect(held.size).toBe(0);
  });

  it('lets go of none that goes from hand to hand', async () => {
    const { pool, held, calls } = setUp();
    const lease = await pool.acquire();
    const next = pool.acquire();
    const before = calls();
    lease.release();
    expect(held.size).toBe(1);
    const second = await next;
    expect(calls()).toBe(before);
    second.release();
    expect(held.size).toBe(0);
  });

  it('has one hold it that was validated for its borrower, that is shared, and until it is reset', async () => {
    let reset = (): void => {};
    const { pool, clock, held } = setUp({
      concurrency: 2,
      validate: async () => true,
      validateAfterIdleMs: 10,
      reset: () => new Promise<void>((resolve) => (reset = resolve)),
    });
    const backIdle = async (): Promise<void> => {
      expect(held.size).toBe(1);
      reset();
      await clock.advanceAsync(0);
      expect(held.size).toBe(0);
    };
    (await pool.acquire()).release();
    await backIdle();
    await clock.advanceAsync(100);
    const [first, second] = await Promise.all([pool.acquire(), pool.acquire()]);
    expect(held.size).toBe(1);
    first.release();
    expect(held.size).toBe(1);
    second.release();
    await backIdle();
  });

  it('has them hold it while they are destroyed', async () => {
    const seen: number[] = [];
    const { pool, held } = setUp({ destroy: () => void seen.push(held.size) });
    (await pool.acquire()).release();
    await pool.close();
    expect(seen).toEqual([1]);
  });
});
