import { describe, expect, it } from '@jest/globals';
import { type Connection, setUp, settled } from './backend.js';

describe('the minimum', () => {
  it('is created at the start, not before the pool is there to its maker', async () => {
    const { pool, backend } = setUp({ min: 3, max: 5 });
    expect(backend.attempts).toBe(0);
    await pool.ready();
    expect(pool.stats()).toMatchObject({ idle: 3, size: 3 });
  });

  it('is restored after a resource is destroyed, discarded or lost', async () => {
    const losers = new Map<Connection, (cause?: unknown) => void>();
    const { pool } = setUp({ min: 2, max: 3, watch: (connection, lost) => { losers.set(connection, lost); } });
    await pool.ready();
    const lease = await pool.acquire();
    lease.destroy();
    await settled();
    expect(pool.stats()).toMatchObject({ idle: 2, createdTotal: 3 });
    await pool.use((connection) => losers.get(connection)?.());
    await settled();
    expect(pool.stats()).toMatchObject({ idle: 2, createdTotal: 4, destroyedTotal: 2 });
  });

  it('counts what is leased', async () => {
    const { pool, backend } = setUp({ min: 2, max: 3 });
    await pool.ready();
    const leases = [await pool.acquire(), await pool.acquire()];
    await settled();
    expect(backend.open).toBe(2);
    for (const lease of leases) lease.release();
  });
});

describe('ready', () => {
  it('resolves at once without a minimum', async () => {
    const { pool, backend } = setUp();
    await pool.ready();
    expect(backend.attempts).toBe(0);
  });

  it('rejects with what create threw, while the pool goes on trying', async () => {
    const { pool, backend, clock } = setUp({ min: 1 });
    backend.down = new Error('ECONNREFUSED');
    await expect(pool.ready()).rejects.toBe(backend.down);
    backend.down = undefined;
    const ready = pool.ready();
    await clock.advanceAsync(100);
    await ready;
    expect(pool.stats().idle).toBe(1);
  });

  it('rejects when the pool closes, or with the reason of its signal', async () => {
    const { pool } = setUp({ min: 1, create: () => new Promise<Connection>(() => {}) });
    const controller = new AbortController();
    const aborted = pool.ready({ signal: controller.signal });
    const closed = pool.ready();
    controller.abort(new Error('no longer'));
    await expect(aborted).rejects.toThrow('no longer');
    void pool.close({ force: true, timeoutMs: 0 });
    await expect(closed).rejects.toMatchObject({ code: 'ERR_POOL_CLOSED' });
    await expect(pool.ready()).rejects.toMatchObject({ code: 'ERR_POOL_CLOSED' });
  });
});

describe('watch', () => {
  it('has a resource that breaks while idle destroyed at once', async () => {
    const losers: ((cause?: unknown) => void)[] = [];
    const { pool, backend } = setUp({ watch: (_connection, lost) => { losers.push(lost); } });
    (await pool.acquire()).release();
    losers[0]?.(new Error('reset by peer'));
    expect(backend.open).toBe(0);
    losers[0]?.(); // An 'end' after an 'error'.
    expect(pool.stats()).toMatchObject({ size: 0, destroyedTotal: 1 });
  });

  it('has one that breaks while leased destroyed when it comes back, and never lent again', async () => {
    const losers: ((cause?: unknown) => void)[] = [];
    const { pool, backend } = setUp({ reset: () => {}, watch: (_connection, lost) => { losers.push(lost); } });
    const lease = await pool.acquire();
    const next = pool.acquire();
    losers[0]?.();
    expect(backend.open).toBe(1);
    expect(lease.resource.id).toBe(1);
    lease.release();
    expect((await next).resource.id).toBe(2);
    expect(backend.open).toBe(1);
    expect(pool.stats()).toMatchObject({ leased: 1, checking: 0 });
  });

  it('that throws is a failed create, and its resource is destroyed', async () => {
    const { pool, backend } = setUp({ watch: () => { throw new Error('no emitter'); } });
    await expect(pool.acquire()).rejects.toThrow('no emitter');
    expect(backend.open).toBe(0);
    expect(pool.stats()).toMatchObject({ createdTotal: 0, destroyedTotal: 0, createErrorsTotal: 1 });
  });
});
