import { describe, expect, it } from '@jest/globals';
import { type Connection, deferred, setUp, settled } from './backend.js';

describe('resize', () => {
  it('to more gives those who wait what they wait for', async () => {
    const { pool } = setUp({ max: 1 });
    await pool.acquire();
    const second = pool.acquire();
    pool.resize({ max: 2 });
    expect((await second).resource.id).toBe(2);
    expect(pool.stats()).toMatchObject({ min: 0, max: 2, limit: 2 });
  });

  it('to less ends idle ones at once and leased ones when they come back', async () => {
    const reasons: string[] = [];
    const { pool, backend } = setUp({ max: 4, destroy: (connection, reason) => { reasons.push(reason); backend.disconnect(connection); } });
    const leases = await Promise.all([pool.acquire(), pool.acquire(), pool.acquire(), pool.acquire()]);
    leases[3]?.release();
    pool.resize({ max: 2 });
    expect(backend.open).toBe(3);
    for (const lease of leases.slice(0, 3)) lease.release();
    await settled();
    expect(backend.open).toBe(2);
    expect(reasons).toEqual(['surplus', 'surplus']);
    expect(pool.stats()).toMatchObject({ max: 2, idle: 2 });
  });

  it('to less ends whichever come back first, and lends none of them before there are no more than may be', async () => {
    const { pool, backend } = setUp({ max: 4 });
    const leases = await Promise.all([pool.acquire(), pool.acquire(), pool.acquire(), pool.acquire()]);
    pool.resize({ max: 1 });
    const waiting = pool.acquire();
    for (const lease of leases.slice(1)) lease.release();
    await settled();
    expect(pool.stats()).toMatchObject({ size: 1, leased: 1, waiting: 1 });
    const last = leases[0]?.resource;
    leases[0]?.release();
    expect((await waiting).resource).toBe(last);
    expect(backend.attempts).toBe(4);
  });

  it('to less and back ends none that is in use', async () => {
    const { pool, backend } = setUp({ max: 3 });
    const leases = await Promise.all([pool.acquire(), pool.acquire(), pool.acquire()]);
    pool.resize({ max: 1 });
    pool.resize({ max: 2 });
    for (const lease of leases) lease.release();
    await settled();
    expect(pool.stats()).toMatchObject({ size: 2, idle: 2 });
    const again = await Promise.all([pool.acquire(), pool.acquire()]);
    pool.resize({ max: 1 });
    pool.resize({ max: 3 });
    for (const lease of again) lease.release();
    await settled();
    expect(pool.stats()).toMatchObject({ size: 2, idle: 2 });
    expect(backend.attempts).toBe(3);
  });

  it('to less spares nothing that was evicted or lost meanwhile', async () => {
    const { pool, backend } = setUp({ max: 4 });
    const leases = await Promise.all([pool.acquire(), pool.acquire(), pool.acquire(), pool.acquire()]);
    pool.resize({ max: 2 });
    pool.evictAll();
    pool.resize({ max: 4 });
    for (const lease of leases) lease.release();
    await settled();
    expect(backend.open).toBe(0);
    const [first, second] = await Promise.all([pool.acquire(), pool.acquire()]);
    pool.resize({ max: 1 });
    first.destroy();
    second.release();
    await settled();
    expect(pool.stats()).toMatchObject({ size: 1, idle: 1 });
  });

  it('to less leaves places where several share one', async () => {
    const { pool } = setUp({ max: 3, concurrency: 2 });
    const leases = await Promise.all(Array.from({ length: 6 }, () => pool.acquire()));
    pool.resize({ max: 1 });
    const waiting = pool.acquire();
    for (const lease of leases) lease.release();
    await waiting;
    expect(pool.stats()).toMatchObject({ size: 1, leased: 1, leases: 1 });
  });

  it('to a greater minimum creates it, to a lesser one lets it age', async () => {
    const { pool, clock } = setUp({ max: 3, idleTimeoutMs: 1_000 });
    pool.resize({ min: 2 });
    await pool.ready();
    expect(pool.stats()).toMatchObject({ min: 2, idle: 2 });
    await clock.advanceAsync(5_000);
    expect(pool.stats().idle).toBe(2);
    pool.resize({ min: 0 });
    await pool.use(() => {});
    await clock.advanceAsync(2_000);
    expect(pool.stats().size).toBe(0);
  });

  it('to a lesser minimum ends what has been idle for too long, though nobody uses the pool', async () => {
    const { pool, clock } = setUp({ max: 3, min: 3, idleTimeoutMs: 1_000 });
    await pool.ready();
    await clock.advanceAsync(5_000);
    pool.resize({ min: 1 });
    expect(pool.stats()).toMatchObject({ size: 1, idle: 1 });
    pool.resize({ min: 0 });
    expect(pool.stats().size).toBe(0);
  });

  it('to less while too many are being created ends them when they are there', async () => {
    const gates = [deferred<Connection>(), deferred<Connection>()];
    let begun = 0;
    const { pool } = setUp({ max: 2, create: () => gates[begun++]?.promise ?? Promise.reject(new Error('a third')), destroy: () => {} });
    const callers = [pool.acquire(), pool.acquire()];
    pool.resize({ max: 1 });
    gates[0]?.resolve({ id: 1, open: true });
    gates[1]?.resolve({ id: 2, open: true });
    const first = await Promise.race(callers);
    await settled();
    expect(pool.stats()).toMatchObject({ size: 1, leased: 1, waiting: 1 });
    first.release();
    await Promise.all(callers);
  });

  it('refuses what it cannot be, and a pool that closes', async () => {
    const { pool } = setUp({ min: 1, max: 2 });
    for (const size of [{ max: 0 }, { min: 3 }, { min: -1 }, { max: 1.5 }, { size: 5 }, null]) expect(() => pool.resize(size as never)).toThrow(expect.objectContaining({ code: 'ERR_POOL_INVALID_OPTION' }));
    expect(pool.stats()).toMatchObject({ min: 1, max: 2 });
    await pool.close();
    expect(() => pool.resize({ max: 5 })).toThrow(expect.objectContaining({ code: 'ERR_POOL_CLOSED' }));
  });

  it('to less, while some are being created, ends no more than is too many', async () => {
    const late = deferred<void>();
    const { pool, backend } = setUp({ max: 4, create: async () => { if (backend.attempts === 2) await late.promise; return backend.connect(); } });
    const leases = [await pool.acquire(), await pool.acquire()];
    const waits = [pool.acquire(), pool.acquire()];
    await settled();
    pool.resize({ max: 2 });
    late.resolve();
    await settled();
    for (const lease of leases) lease.release();
    expect(new Set((await Promise.all(waits)).map(({ resource }) => resource.id))).toEqual(new Set([1, 2]));
  });
});

describe('suspend', () => {
  it('has callers wait until resume, and touches no lease', async () => {
    const { pool, backend } = setUp({ max: 2 });
    const lease = await pool.acquire();
    pool.suspend();
    const waiting = pool.acquire();
    expect(pool.tryAcquire()).toBeUndefined();
    lease.release();
    await settled();
    expect(pool.stats()).toMatchObject({ suspended: 1, waiting: 1, idle: 1 });
    expect(backend.attempts).toBe(1);
    pool.resume();
    expect((await waiting).resource.id).toBe(1);
    expect(pool.stats().suspended).toBe(0);
  });

  it('creates nothing, not even the minimum', async () => {
    const { pool, backend } = setUp({ min: 2, max: 2 });
    pool.suspend();
    await settled();
    expect(backend.attempts).toBe(0);
    pool.resume();
    await pool.ready();
    expect(backend.attempts).toBe(2);
  });

  it('leaves callers their time-outs, and ends when the pool closes', async () => {
    const { pool, clock } = setUp();
    pool.suspend();
    const waits = Promise.allSettled([pool.acquire({ timeoutMs: 10 }), pool.use(() => 1)]);
    await clock.advanceAsync(10);
    await pool.close();
    pool.suspend();
    expect(pool.stats().suspended).toBe(0);
    expect((await waits).map((outcome) => outcome.status === 'rejected' && (outcome.reason as { code: string }).code)).toEqual(['ERR_POOL_ACQUIRE_TIMEOUT', 'ERR_POOL_CLOSED']);
  });
});

describe('evictAll', () => {
  it('takes a function, or nothing', () => {
    const { pool } = setUp();
    expect(() => pool.evictAll(5 as never)).toThrow(expect.objectContaining({ code: 'ERR_POOL_INVALID_OPTION' }));
  });

  it('replaces idle ones at once, leased ones when they come back, and those being created when they are there', async () => {
    const slow = deferred<Connection>();
    let begun = 0;
    const { pool, backend } = setUp({ max: 3, create: () => ((begun += 1) === 3 ? slow.promise : backend.connect()) });
    const lease = await pool.acquire();
    const other = await pool.acquire();
    const third = pool.acquire();
    other.release();
    (await third).release();
    expect(pool.stats()).toMatchObject({ leased: 1, idle: 1, creating: 1 });
    pool.evictAll();
    expect(pool.stats()).toMatchObject({ leased: 1, idle: 0, creating: 1, destroyedTotal: 1 });
    lease.release();
    expect(backend.open).toBe(0);
    const late = { id: 99, open: true };
    backend.open += 1;
    slow.resolve(late);
    await settled();
    expect(late.open).toBe(false);
    await pool.use(({ id }) => expect(id).toBe(3));
  });

  it('replaces some alone, where it is told which', async () => {
    const { pool, backend } = setUp({ max: 3 });
    const leases = await Promise.all([pool.acquire(), pool.acquire(), pool.acquire()]);
    leases[0]?.release();
    leases[1]?.release();
    pool.evictAll(({ id }) => id !== 2);
    expect(pool.stats()).toMatchObject({ leased: 1, idle: 1, destroyedTotal: 1 });
    leases[2]?.release();
    expect(backend.open).toBe(1);
    expect((await pool.acquire()).resource.id).toBe(2);
  });

  it('leaves new ones alone', async () => {
    const { pool } = setUp({ max: 2 });
    (await pool.acquire()).release();
    pool.evictAll();
    expect(pool.stats()).toMatchObject({ size: 0, destroyedTotal: 1 });
    (await pool.acquire()).release();
    expect((await pool.acquire()).resource.id).toBe(2);
  });
});

describe('resources', () => {
  it('tells of each what it does, how often and how long it was lent', async () => {
    const { pool, clock } = setUp({ max: 2 });
    const lease = await pool.acquire();
    await clock.advanceAsync(1_000);
    const second = await pool.acquire();
    second.release();
    await clock.advanceAsync(500);
    expect(pool.resources()).toEqual([
      { resource: lease.resource, state: 'leased', borrowers: 1, uses: 1, ageMs: 1_500, stateMs: 1_500, leasedMs: 1_500 },
      { resource: expect.anything(), state: 'idle', borrowers: 0, uses: 1, ageMs: 500, stateMs: 500, leasedMs: 0 },
    ]);
    lease.release();
    await clock.advanceAsync(100);
    expect(pool.resources()[0]).toMatchObject({ state: 'idle', stateMs: 100, leasedMs: 1_500 });
  });
});
