import { describe, expect, it } from '@jest/globals';
import { type Connection, setUp, settled } from './backend.js';

describe('concurrency', () => {
  it('lends one resource to so many at once, fills it before the next is created, and has the rest wait', async () => {
    const { pool, backend } = setUp({ max: 2, concurrency: 2 });
    const leases = await Promise.all([pool.acquire(), pool.acquire(), pool.acquire(), pool.acquire()]);
    expect(leases.map(({ resource }) => resource.id)).toEqual([1, 1, 2, 2]);
    const fifth = pool.acquire();
    expect(pool.stats()).toMatchObject({ size: 2, leased: 2, leases: 4, idle: 0, waiting: 1 });
    leases[2]?.release();
    expect((await fifth).resource.id).toBe(2);
    expect(backend.open).toBe(2);
  });

  it('spreads over the resources with order fifo, and fills the last used with lifo', async () => {
    for (const [order, ids] of [['fifo', [1, 2, 3, 1]], ['lifo', [3, 3, 3, 2]]] as const) {
      const { pool } = setUp({ max: 3, min: 3, maxCreating: 1, concurrency: 3, order });
      await pool.ready();
      const leases = await Promise.all(ids.map(() => pool.acquire()));
      expect(leases.map(({ resource }) => resource.id)).toEqual(ids);
    }
  });

  it('counts no free place at a resource that is lent for the last time', async () => {
    for (const options of [{ maxUses: 1 }, {}]) {
      const { pool } = setUp({ max: 1, concurrency: 2, maxWaiting: 0, ...options });
      const lease = await pool.acquire();
      pool.evictAll();
      await expect(pool.acquire()).rejects.toMatchObject({ code: 'ERR_POOL_QUEUE_FULL' });
      lease.release();
      expect((await pool.acquire()).resource.id).toBe(2);
    }
  });

  it('is idle when its last borrower has gone, and then reset', async () => {
    const reset: number[] = [];
    const { pool, clock } = setUp({ concurrency: 3, idleTimeoutMs: 1_000, reset: ({ id }) => { reset.push(id); } });
    const [first, second] = await Promise.all([pool.acquire(), pool.acquire()]);
    await clock.advanceAsync(900);
    first?.release();
    await clock.advanceAsync(900);
    expect(pool.stats()).toMatchObject({ idle: 0, leased: 1, leases: 1 });
    expect(reset).toEqual([]);
    second?.release();
    expect(reset).toEqual([1]);
    expect(pool.stats()).toMatchObject({ idle: 1, leased: 0, leases: 0 });
    await clock.advanceAsync(1_000);
    expect(pool.stats().size).toBe(0);
  });

  it('lends what one borrower destroys to nobody else, and destroys it when the last has gone', async () => {
    const { pool, backend } = setUp({ max: 2, concurrency: 2 });
    const [first, second] = await Promise.all([pool.acquire(), pool.acquire()]);
    first?.destroy();
    expect(backend.open).toBe(1);
    const third = await pool.acquire();
    expect(third.resource.id).toBe(2);
    second?.release();
    await settled();
    expect(backend.open).toBe(1);
    expect(pool.stats()).toMatchObject({ leases: 1, leased: 1, size: 1, releasedTotal: 2 });
  });

  it('counts a use a borrower, and lends what is used up or lost no more', async () => {
    const lose = new Map<number, () => void>();
    const { pool } = setUp({ max: 3, concurrency: 4, maxUses: 3, jitterRatio: 0, watch: ({ id }, lost) => { lose.set(id, lost); } });
    const take = async (): Promise<Connection> => (await pool.acquire()).resource;
    expect([(await take()).id, (await take()).id, (await take()).id]).toEqual([1, 1, 1]);
    expect((await take()).id).toBe(2);
    lose.get(2)?.();
    expect((await take()).id).toBe(3);
  });

  it('validates only what nobody has', async () => {
    const { pool, clock } = setUp({ concurrency: 2, validateAfterIdleMs: 100, validate: () => false });
    await pool.acquire();
    await clock.advanceAsync(1_000);
    expect(pool.tryAcquire()?.resource.id).toBe(1);
  });
});
