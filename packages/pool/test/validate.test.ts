import { describe, expect, it } from '@jest/globals';
import { type Connection, deferred, setUp, settled } from './backend.js';

describe('validate', () => {
  it('is not asked about what was just used, and asked about what has been idle', async () => {
    const asked: number[] = [];
    const { pool, clock } = setUp({
      validateAfterIdleMs: 500,
      validate: ({ id }) => {
        asked.push(id);
        return true;
      },
    });
    (await pool.acquire()).release();
    clock.advance(450);
    (await pool.acquire()).release();
    expect(asked).toEqual([]);
    clock.advance(500);
    (await pool.acquire()).release();
    expect(asked).toEqual([1]);
    (await pool.acquire()).release();
    expect(asked).toEqual([1]);
  });

  it('is always asked with validateAfterIdleMs 0', async () => {
    let asked = 0;
    const { pool } = setUp({ validateAfterIdleMs: 0, validate: async () => (asked += 1) > 0 });
    for (let use = 0; use < 3; use += 1) await pool.use(() => {});
    expect(asked).toBe(2); // Not about the new one.
  });

  it.each<[string, () => boolean | Promise<boolean>]>([
    ['is false', () => false],
    ['is a promise of false', async () => false],
    ['throws', () => { throw new Error('broken'); }],
    ['rejects', async () => { throw new Error('broken'); }],
  ])('has a resource replaced when it %s', async (_how, validate) => {
    const { pool, backend, clock } = setUp({ validate });
    (await pool.acquire()).release();
    clock.advance(500);
    expect((await pool.acquire()).resource.id).toBe(2);
    expect(backend.open).toBe(1);
    expect(pool.stats()).toMatchObject({ validateErrorsTotal: 1, errorsTotal: 1, destroyedTotal: 1, createdTotal: 2 });
  });

  it('goes through all stale resources before a new one is created', async () => {
    const { pool, clock } = setUp({ max: 3, validate: async ({ id }: Connection) => id === 1 });
    const leases = await Promise.all([pool.acquire(), pool.acquire(), pool.acquire()]);
    for (const lease of leases) lease.release();
    clock.advance(500);
    expect((await pool.acquire()).resource.id).toBe(1);
    expect(pool.stats()).toMatchObject({ createdTotal: 3, destroyedTotal: 2 });
  });

  it('that hangs costs its resource, not its place in the pool', async () => {
    const { pool, backend, clock } = setUp({ validateTimeoutMs: 200, validate: () => new Promise<boolean>(() => {}) });
    (await pool.acquire()).release();
    clock.advance(500);
    const waiting = pool.acquire();
    expect(pool.stats()).toMatchObject({ checking: 1, leased: 0, waiting: 1, size: 1 });
    await clock.advanceAsync(200);
    expect((await waiting).resource.id).toBe(2);
    expect(backend.open).toBe(1);
    expect(pool.stats()).toMatchObject({ checking: 0, leased: 1, size: 1, validateErrorsTotal: 1 });
  });

  it('that fails has its caller wait for another, not for the end of what failed', async () => {
    const gate = deferred<void>();
    const { pool, clock } = setUp({ max: 2, validate: () => Promise.resolve(false), destroy: () => gate.promise });
    (await pool.acquire()).release();
    await clock.advanceAsync(5_000);
    expect((await pool.acquire()).resource.id).toBe(2);
    gate.resolve();
  });

  it('whose answer comes after its time-out changes nothing', async () => {
    const answer = deferred<boolean>();
    const { pool, clock } = setUp({ validateTimeoutMs: 200, validate: () => answer.promise });
    (await pool.acquire()).release();
    clock.advance(500);
    const waiting = pool.acquire();
    await clock.advanceAsync(200);
    const lease = await waiting;
    answer.resolve(true);
    await settled();
    expect(pool.stats()).toMatchObject({ size: 1, leased: 1, idle: 0 });
    expect(lease.resource.id).toBe(2);
  });

  it('serves the next in line when its caller has gone', async () => {
    const answer = deferred<boolean>();
    const { pool, clock } = setUp({ validate: () => answer.promise });
    (await pool.acquire()).release();
    clock.advance(500);
    const controller = new AbortController();
    const gone = pool.acquire({ signal: controller.signal });
    const next = pool.acquire();
    controller.abort();
    await expect(gone).rejects.toMatchObject({ name: 'AbortError' });
    answer.resolve(true);
    expect((await next).resource.id).toBe(1);
  });
});
