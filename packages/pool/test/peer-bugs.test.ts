/** What went wrong in other pools, reproduced there; one test each that it does not go wrong here. */
import { describe, expect, it } from '@jest/globals';
import { createPool } from '../src/index.js';
import { type Connection, deferred, setUp, settled } from './backend.js';
import { ManualClock } from '@fog/testkit';

describe('bugs of other pools', () => {
  it('a stale second release does not give away what somebody else has by now', async () => {
    const { pool } = setUp();
    const a = await pool.acquire();
    a.release();
    const b = await pool.acquire();
    expect(() => a.release()).toThrow(expect.objectContaining({ code: 'ERR_POOL_LEASE_ENDED' }));
    a[Symbol.dispose]();
    expect(pool.tryAcquire()).toBeUndefined();
    expect(b.resource.open).toBe(true);
    expect(pool.stats().leased).toBe(1);
  });

  it('a backend that is down is not stormed, and timers go on', async () => {
    let attempts = 0;
    const pool = createPool({ max: 10, min: 10, create: async (): Promise<object> => { attempts += 1; throw new Error('ECONNREFUSED'); } });
    const waiting = pool.acquire({ timeoutMs: 30 }).catch((error: unknown) => error);
    let ticks = 0;
    const ticking = setInterval(() => (ticks += 1), 1);
    expect(await waiting).toBeInstanceOf(Error);
    await new Promise((resolve) => setTimeout(resolve, 30));
    clearInterval(ticking);
    expect(ticks).toBeGreaterThan(1);
    expect(attempts).toBeLessThan(10);
    await pool.close();
  });

  it('closing settles those who wait', async () => {
    const { pool } = setUp();
    const lease = await pool.acquire();
    const waiting = [pool.acquire(), pool.use(() => 1), pool.acquire({ timeoutMs: Infinity })];
    const outcomes = Promise.allSettled(waiting);
    const closed = pool.close();
    expect((await outcomes).map((outcome) => outcome.status === 'rejected' && (outcome.reason as { code: string }).code)).toEqual(Array(3).fill('ERR_POOL_CLOSED'));
    lease.release();
    await closed;
  });

  it('twenty callers at once do not open ten connections at once', async () => {
    let underWay = 0;
    let most = 0;
    const { pool } = setUp({
      max: 10,
      create: async () => {
        underWay += 1;
        most = Math.max(most, underWay);
        await settled();
        underWay -= 1;
        return { id: 0, open: true };
      },
      destroy: () => {},
    });
    await Promise.all(Array.from({ length: 20 }, () => pool.use(settled)));
    expect(most).toBe(4);
  });

  it('a create that throws synchronously does not throw out of acquire', async () => {
    const pool = createPool({ max: 1, create: (): object => { throw new Error('sync'); }, clock: new ManualClock() });
    const promise = pool.acquire();
    await expect(promise).rejects.toThrow('sync');
  });

  it('a connection made after the caller gave up is neither lost nor leaked', async () => {
    const pending = deferred<Connection>();
    const { pool, backend, clock } = setUp({ create: () => pending.promise, acquireTimeoutMs: 10 });
    const waiting = pool.acquire();
    const failed = expect(waiting).rejects.toMatchObject({ code: 'ERR_POOL_ACQUIRE_TIMEOUT' });
    clock.advance(10);
    await failed;
    backend.open = 1;
    pending.resolve({ id: 1, open: true });
    await settled();
    expect(pool.stats().idle).toBe(1);
    await pool.close();
    expect(backend.open).toBe(0);
  });

  it('twenty thousand time-outs at once are one timer', async () => {
    const { pool, clock } = setUp();
    await pool.acquire();
    await clock.advanceAsync(100);
    const timers = clock.pendingTimers;
    let timedOut = 0;
    for (let caller = 0; caller < 20_000; caller += 1) void pool.acquire().catch(() => (timedOut += 1));
    expect(clock.pendingTimers - timers).toBeLessThanOrEqual(1);
    await clock.advanceAsync(5_000);
    expect(timedOut).toBeGreaterThan(0);
    expect(timedOut).toBeLessThanOrEqual(500); // The rest has to let others have a turn.
    await clock.advanceAsync(50);
    expect(timedOut).toBe(20_000);
  });

  it('a validate that hangs costs its resource, not its place', async () => {
    const { pool, clock } = setUp({ validateAfterIdleMs: 0, validateTimeoutMs: 100, validate: () => new Promise(() => {}) });
    (await pool.acquire()).release();
    const waiting = pool.acquire();
    await clock.advanceAsync(100);
    expect((await waiting).resource.id).toBe(2);
  });

  it('a time-out does not hide the error of create', async () => {
    const { pool, backend, clock } = setUp({ failFast: false, acquireTimeoutMs: 100 });
    backend.down = new Error('password authentication failed');
    const waiting = pool.acquire();
    const failed = expect(waiting).rejects.toMatchObject({ code: 'ERR_POOL_ACQUIRE_TIMEOUT', cause: backend.down, message: expect.stringContaining('password authentication failed') });
    await clock.advanceAsync(100);
    await failed;
  });

  it('an idle resource that breaks throws nothing, and the minimum is restored', async () => {
    const lose = new Map<Connection, (cause: unknown) => void>();
    const { pool, backend, clock } = setUp({ min: 2, max: 2, watch: (connection, lost) => { lose.set(connection, lost); } });
    await pool.ready();
    for (const lost of lose.values()) lost(new Error('terminated by administrator'));
    await clock.advanceAsync(1_000);
    expect(pool.stats()).toMatchObject({ idle: 2, createdTotal: 4 });
    expect(backend.open).toBe(2);
  });

  it('the jitter of a lifetime is rolled once, however often the resource is looked at', async () => {
    let rolls = 0;
    const { pool, clock } = setUp({ maxLifetimeMs: 10_000, jitterRatio: 0.5, random: () => ((rolls += 1) === 1 ? 0.4 : 0.999) });
    for (let look = 0; look < 75; look += 1) {
      await pool.use(() => {});
      await clock.advanceAsync(100);
    }
    expect(pool.stats().createdTotal).toBe(1);
    await clock.advanceAsync(500);
    expect(pool.stats().destroyedTotal).toBe(1);
    expect(rolls).toBe(1);
  });

  it('what is stale is never lent, and what was just used is not asked', async () => {
    let works = true;
    let asked = 0;
    const { pool, clock } = setUp({ validate: () => { asked += 1; return works; } });
    await pool.use(() => {});
    await pool.use(() => {});
    expect(asked).toBe(0);
    works = false;
    await clock.advanceAsync(60_000 - 1);
    await pool.use(({ id }) => expect(id).toBe(2));
    expect(asked).toBe(1);
  });
});
