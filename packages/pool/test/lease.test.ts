import { describe, expect, it } from '@jest/globals';
import { setUp, settled } from './backend.js';

describe('a lease', () => {
  it('refuses a second release and a use after it, and says so', async () => {
    const { pool } = setUp({ name: 'db' });
    const lease = await pool.acquire();
    lease.release();
    expect(() => lease.release()).toThrow(expect.objectContaining({ code: 'ERR_POOL_LEASE_ENDED', message: expect.stringContaining('db: release') }));
    expect(() => lease.destroy()).toThrow(expect.objectContaining({ code: 'ERR_POOL_LEASE_ENDED' }));
    expect(() => lease.resource).toThrow(expect.objectContaining({ code: 'ERR_POOL_LEASE_ENDED' }));
    expect(pool.stats()).toMatchObject({ idle: 1, leased: 0, releasedTotal: 1 });
  });

  it('may be disposed of any number of times', async () => {
    const { pool } = setUp();
    const lease = await pool.acquire();
    lease[Symbol.dispose]();
    lease[Symbol.dispose]();
    await lease[Symbol.asyncDispose]();
    expect(pool.stats()).toMatchObject({ idle: 1, releasedTotal: 1 });
  });

  it('ends with its scope, by using and by await using', async () => {
    const { pool } = setUp();
    {
      using lease = await pool.acquire();
      expect(lease.resource.id).toBe(1);
      expect(pool.stats().leased).toBe(1);
    }
    expect(pool.stats().leased).toBe(0);
    {
      await using lease = await pool.acquire();
      expect(lease.resource.id).toBe(1);
    }
    expect(pool.stats().leased).toBe(0);
  });

  it('destroys the resource on demand, and the next waiter gets a new one', async () => {
    const { pool, backend } = setUp();
    const lease = await pool.acquire();
    const next = pool.acquire();
    lease.destroy();
    expect((await next).resource.id).toBe(2);
    expect(backend.open).toBe(1);
    expect(pool.stats()).toMatchObject({ createdTotal: 2, destroyedTotal: 1, acquiredTotal: 2, releasedTotal: 1, leased: 1 });
  });

  it('is no thenable, so that awaiting it gives the lease', async () => {
    const { pool } = setUp();
    const lease = await pool.acquire();
    // oxlint-disable-next-line typescript/await-thenable -- that is the question
    expect(await lease).toBe(lease);
  });

  it('is harmless when it ends after a forced close', async () => {
    const { pool, backend } = setUp();
    const lease = await pool.acquire();
    await pool.close({ timeoutMs: 0, force: true });
    lease.release();
    await settled();
    expect(backend.open).toBe(0);
    expect(pool.stats()).toMatchObject({ size: 0, acquiredTotal: 1, releasedTotal: 1 });
  });
});
