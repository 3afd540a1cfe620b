import { describe, expect, it } from '@jest/globals';
import { deferred, setUp, settled } from './backend.js';

describe('reset', () => {
  it('is over before the next borrower gets the resource', async () => {
    const done = deferred<void>();
    const { pool } = setUp({ reset: () => done.promise });
    const lease = await pool.acquire();
    const next = pool.acquire();
    lease.release();
    await settled();
    expect(pool.stats()).toMatchObject({ checking: 1, leased: 0, waiting: 1, releasedTotal: 1 });
    done.resolve();
    expect((await next).resource.id).toBe(1);
    expect(pool.stats()).toMatchObject({ checking: 0, leased: 1 });
  });

  it('that is done at once takes no extra turn', async () => {
    const { pool } = setUp({ reset: () => {} });
    (await pool.acquire()).release();
    expect(pool.tryAcquire()?.resource.id).toBe(1);
  });

  it.each<[string, () => unknown]>([
    ['throws', () => { throw new Error('dirty'); }],
    ['rejects', async () => { throw new Error('dirty'); }],
  ])('that %s has the resource replaced', async (_how, reset) => {
    const { pool, backend } = setUp({ reset });
    (await pool.acquire()).release();
    expect((await pool.acquire()).resource.id).toBe(2);
    expect(backend.open).toBe(1);
    expect(pool.stats()).toMatchObject({ resetErrorsTotal: 1, checking: 0, leased: 1 });
  });

  it('that hangs costs its resource, not its place in the pool', async () => {
    const { pool, clock } = setUp({ resetTimeoutMs: 300, reset: () => new Promise(() => {}) });
    (await pool.acquire()).release();
    const waiting = pool.acquire();
    await clock.advanceAsync(300);
    expect((await waiting).resource.id).toBe(2);
    expect(pool.stats()).toMatchObject({ resetErrorsTotal: 1, checking: 0 });
  });

  it('is given up when the pool is closed by force', async () => {
    const { pool, backend, clock } = setUp({ resetTimeoutMs: Infinity, reset: () => new Promise(() => {}) });
    (await pool.acquire()).release();
    await pool.close({ timeoutMs: 0, force: true });
    expect(backend.open).toBe(0);
    expect(pool.stats()).toMatchObject({ size: 0, checking: 0, leased: 0 });
    expect(clock.pendingTimers).toBe(0);
  });
});
