import { describe, expect, it } from '@jest/globals';
import { deferred, setUp, settled } from './backend.js';

describe('detectDeadlock', () => {
  it('refuses the last use that would wait for a lease that nobody will give back', async () => {
    const { pool } = setUp({ max: 2, detectDeadlock: true });
    const nested = (): Promise<number> => pool.use(async () => {
      await settled();
      return pool.use(({ id }) => id);
    });
    const outcomes = await Promise.allSettled([nested(), nested()]);
    expect(outcomes.map(({ status }) => status).toSorted()).toEqual(['fulfilled', 'rejected']);
    expect(outcomes.find(({ status }) => status === 'rejected')).toMatchObject({
      reason: { code: 'ERR_POOL_DEADLOCK', message: 'pool: all 2 leases are held by callers that wait for another; this one would wait for ever' },
    });
    expect(pool.stats()).toMatchObject({ leases: 0, waiting: 0, refusedTotal: 1 });
  });

  it('sees an acquire inside a use, and a use in that of a use', async () => {
    const { pool } = setUp({ max: 2, detectDeadlock: true });
    await pool.use(() =>
      pool.use(async () => {
        await expect(pool.acquire()).rejects.toMatchObject({ code: 'ERR_POOL_DEADLOCK' });
        await expect(pool.use(() => 1)).rejects.toMatchObject({ code: 'ERR_POOL_DEADLOCK' });
      }),
    );
  });

  it('counts no free place at a shared resource that is lent for the last time', async () => {
    for (const options of [{ maxUses: 1 }, {}]) {
      const { pool } = setUp({ max: 1, concurrency: 2, detectDeadlock: true, ...options });
      const nested = pool.use(() => {
        pool.evictAll();
        return pool.use(() => 1);
      });
      await expect(nested).rejects.toMatchObject({ code: 'ERR_POOL_DEADLOCK' });
    }
  });

  it('has those wait who are beside each other in a use, as each gives back what it has', async () => {
    const { pool } = setUp({ max: 3, detectDeadlock: true });
    const each = async (): Promise<number> => {
      using lease = await pool.acquire();
      await settled();
      return lease.resource.id;
    };
    expect(await pool.use(() => Promise.all([each(), each(), each(), each(), pool.use(({ id }) => id)]))).toHaveLength(5);
  });

  it('has those wait who can be served: another holder goes on, or is no use', async () => {
    const { pool } = setUp({ max: 2, detectDeadlock: true });
    const gate = deferred<void>();
    const other = pool.use(() => gate.promise);
    const nested = pool.use(() => pool.use(({ id }) => id));
    await settled();
    expect(pool.stats().waiting).toBe(1);
    gate.resolve();
    await other;
    expect(await nested).toBe(1);

    const lease = await pool.acquire();
    const again = pool.use(() => pool.use(({ id }) => id));
    await settled();
    lease.release();
    await again;
  });

  it('has those wait who hold nothing, however many do', async () => {
    const { pool } = setUp({ detectDeadlock: true });
    const gate = deferred<void>();
    const first = pool.use(() => gate.promise);
    const others = Promise.all([pool.use(() => 1), pool.use(() => 2), pool.acquire().then((lease) => lease.release())]);
    await settled();
    expect(pool.stats().waiting).toBe(3);
    gate.resolve();
    await first;
    await others;
  });

  it('forgets who has given up', async () => {
    const { pool, clock } = setUp({ max: 2, detectDeadlock: true });
    const gate = deferred<void>();
    const other = pool.use(() => gate.promise);
    await pool.use(async () => {
      const waiting = expect(pool.acquire({ timeoutMs: 10 })).rejects.toMatchObject({ code: 'ERR_POOL_ACQUIRE_TIMEOUT' });
      await clock.advanceAsync(10);
      await waiting;
    });
    gate.resolve();
    await other;
    await Promise.all([pool.use(() => 1), pool.use(() => 2)]);
  });

  it('refuses who would wait for ever since the pool became smaller', async () => {
    const { pool } = setUp({ max: 2, detectDeadlock: true });
    const holder = await pool.acquire();
    const nested = pool.use(() => expect(pool.acquire()).rejects.toMatchObject({ code: 'ERR_POOL_DEADLOCK' }));
    await settled();
    expect(pool.stats().waiting).toBe(1);
    pool.resize({ max: 1 });
    expect(pool.stats().waiting).toBe(1);
    holder.release();
    await nested;
  });

  it('stands a use that begins the next before it ends, for ever', async () => {
    const { pool } = setUp({ max: 2, detectDeadlock: true });
    const done = deferred<void>();
    const poll = (left: number): Promise<void> => pool.use(async () => {
      setImmediate(() => void (left > 0 ? poll(left - 1) : last()));
    });
    // Inside of all the others, were they not over.
    const last = async (): Promise<void> => {
      const held = await pool.acquire();
      const waiting = pool.use(() => {});
      held.release();
      await waiting;
      done.resolve();
    };
    const holder = await pool.acquire();
    await poll(20_000);
    await done.promise;
    holder.release();
    expect(pool.stats()).toMatchObject({ leases: 0, waiting: 0, acquiredTotal: 20_004 });
  });

  it('refuses who waits for another key, whose leases wait for its own', async () => {
    const { pool } = setUp({ max: 5, maxPerKey: 1, detectDeadlock: true });
    const nested = (outer: string, inner: string): Promise<number> => pool.use(async () => {
      await settled();
      return pool.use(({ id }) => id, { key: inner });
    }, { key: outer });
    const outcomes = await Promise.allSettled([nested('a', 'b'), nested('b', 'c'), nested('c', 'a')]);
    expect(outcomes.map(({ status }) => status)).toEqual(['fulfilled', 'fulfilled', 'rejected']);
    expect(outcomes[2]).toMatchObject({ reason: { code: 'ERR_POOL_DEADLOCK', message: "pool: all 1 leases of key 'a' are held by callers that wait for another; this one would wait for ever" } });
    expect(pool.stats()).toMatchObject({ leases: 0, waiting: 0, refusedTotal: 1 });
  });

  it('refuses who waits for a lease of its own key that has no other', async () => {
    const { pool } = setUp({ max: 5, maxPerKey: 2, detectDeadlock: true });
    const held = await pool.acquire({ key: 'a' });
    const nested = pool.use(() => pool.use(({ id }) => id, { key: 'a' }), { key: 'a' });
    await settled();
    expect(pool.stats().waiting).toBe(1); // For the lease held outside.
    held.release();
    await nested;
    await pool.use(async () => {
      await pool.use(
        () =>
          expect(pool.acquire({ key: 'a' })).rejects.toMatchObject({
            code: 'ERR_POOL_DEADLOCK',
            message: "pool: all 2 leases of key 'a' are held by callers that wait for another; this one would wait for ever",
          }),
        { key: 'a' },
      );
      await pool.use(() => pool.use(({ id }) => id), { key: 'b' }); // Others are there for who has no key.
    }, { key: 'a' });
    expect(pool.stats()).toMatchObject({ leases: 0, waiting: 0, refusedTotal: 1 });
  });
});
