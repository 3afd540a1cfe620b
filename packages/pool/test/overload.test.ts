import { describe, expect, it } from '@jest/globals';
import { Overload } from '../src/queue/overload.js';
import { setUp, settled } from './backend.js';

describe('overload', () => {
  it('is a wait above the target for a whole interval, and ends with the first below', () => {
    const overload = new Overload(10, 100);
    const seen = ([[5, 0], [11, 50], [30, 149], [9, 149.5], [12, 150], [12, 249], [12, 250], [500, 300], [10, 310], [11, 320]] as const).map(([waitMs, nowMs]) => {
      overload.look(waitMs, nowMs);
      return overload.isOverloaded;
    });
    expect(seen).toEqual([false, false, false, false, false, false, true, true, false, false]);
  });
});

describe('a pool with overloadTargetMs', () => {
  const overloaded = { overloadTargetMs: 50, overloadIntervalMs: 100, acquireTimeoutMs: 5_000 };

  it('refuses, once it is overloaded, who has waited for twice the target', async () => {
    const { pool, clock } = setUp(overloaded);
    await pool.acquire();
    const refusals: unknown[] = [];
    for (let ms = 0; ms < 400; ms += 20) {
      void pool.acquire().catch((error: unknown) => refusals.push([clock.now(), error]));
      await clock.advanceAsync(20);
    }
    expect(pool.stats().overloaded).toBe(1);
    expect(refusals.length).toBeGreaterThan(10);
    expect(refusals[0]).toEqual([expect.any(Number), expect.objectContaining({ code: 'ERR_POOL_OVERLOADED', message: 'pool is overloaded: refused after a wait of 160 ms, as the limit is now 100 ms' })]);
    expect(pool.stats()).toMatchObject({ shedTotal: refusals.length, refusedTotal: refusals.length });
    expect(pool.stats().waiting).toBeLessThanOrEqual(6);
  });

  it('serves who came last first while it is, and in turn again when it is over', async () => {
    const { pool, clock } = setUp(overloaded);
    let lease = await pool.acquire();
    const served: number[] = [];
    const enter = async (caller: number): Promise<void> => {
      lease = await pool.acquire();
      served.push(caller);
    };
    for (let caller = 0; caller < 20; caller += 1) {
      enter(caller).catch(() => {});
      await clock.advanceAsync(20);
    }
    lease.release();
    await settled();
    expect(served).toEqual([19]);
    while (pool.stats().waiting > 0) {
      lease.release();
      await settled();
    }
    await clock.advanceAsync(20);
    expect(pool.stats().overloaded).toBe(0);
    for (const caller of [100, 101]) enter(caller).catch(() => {});
    lease.release();
    await settled();
    lease.release();
    await settled();
    expect(served.slice(-2)).toEqual([100, 101]);
  });

  it('sheds nobody who waits for resume()', async () => {
    const { pool, clock } = setUp(overloaded);
    pool.suspend();
    const waiting = pool.use(() => 1);
    await clock.advanceAsync(3_000);
    expect(pool.stats()).toMatchObject({ overloaded: 0, shedTotal: 0 });
    pool.resume();
    expect(await waiting).toBe(1);
  });

  it('leaves a burst alone that drains', async () => {
    const { pool, clock } = setUp(overloaded);
    const held = await pool.acquire();
    let served = 0;
    for (let caller = 0; caller < 8; caller += 1) void pool.use(() => { served += 1; return new Promise<void>((resolve) => clock.setTimeout(resolve, 10)); });
    await clock.advanceAsync(60);
    held.release();
    await clock.advanceAsync(200);
    expect(served).toBe(8);
    expect(pool.stats()).toMatchObject({ shedTotal: 0, overloaded: 0 });
  });

  it('leaves no timer when nobody waits, or it is closed', async () => {
    const { pool, clock } = setUp(overloaded);
    const lease = await pool.acquire();
    const waiting = pool.acquire();
    const outcome = expect(waiting).rejects.toMatchObject({ code: 'ERR_POOL_CLOSED' });
    void pool.close();
    await outcome;
    lease.release();
    await settled();
    expect(clock.pendingTimers).toBe(0);
  });
});
