import { describe, expect, it } from '@jest/globals';
import { type Connection, deferred, setUp, settled } from './backend.js';

describe('keepalive', () => {
  it('is called every keepaliveMs of those that are idle, which go on ageing', async () => {
    const kept: number[] = [];
    const { pool, clock } = setUp({ max: 2, keepaliveMs: 100, idleTimeoutMs: 350, keepalive: ({ id }) => { kept.push(id); } });
    const leases = await Promise.all([pool.acquire(), pool.acquire()]);
    leases[0]?.release();
    await clock.advanceAsync(250);
    expect(kept).toEqual([1, 1]);
    leases[1]?.release();
    await clock.advanceAsync(100);
    expect(kept).toEqual([1, 1, 1, 2]);
    expect(pool.resources().map(({ resource }) => resource.id)).toEqual([2]);
    await clock.advanceAsync(10_000);
    expect(pool.stats().size).toBe(0);
  });

  it('leaves the order in which they are lent', async () => {
    for (const order of ['lifo', 'fifo'] as const) {
      const { pool, clock } = setUp({ max: 3, order, keepaliveMs: 1_000, keepalive: () => {} });
      const leases = await Promise.all([pool.acquire(), pool.acquire(), pool.acquire()]);
      for (const lease of leases) {
        lease.release();
        await clock.advanceAsync(100);
      }
      await clock.advanceAsync(1_500);
      const again = [await pool.acquire(), await pool.acquire(), await pool.acquire()].map(({ resource }) => resource.id);
      expect(again).toEqual(order === 'lifo' ? [3, 2, 1] : [1, 2, 3]);
    }
  });

  it('is validate, unless given, and spares the borrower the question', async () => {
    let asked = 0;
    const { pool, clock } = setUp({ min: 1, keepaliveMs: 400, validate: () => (asked += 1) > 0 });
    await pool.ready();
    await clock.advanceAsync(850);
    expect(asked).toBe(2);
    await pool.use(() => {});
    expect(asked).toBe(2);
  });

  it.each<[string, () => unknown]>([
    ['says no', () => false],
    ['fails', () => { throw new Error('gone'); }],
    ['rejects', () => Promise.reject(new Error('gone'))],
    ['hangs', () => new Promise(() => {})],
  ])('that %s has the resource destroyed, and the minimum restored', async (_how, keepalive) => {
    const reasons: string[] = [];
    let first = true;
    const { pool, clock } = setUp({
      min: 1,
      keepaliveMs: 1_000,
      validateTimeoutMs: 50,
      keepalive: () => (first ? keepalive() : undefined),
      destroy: (_connection, reason) => { first = false; reasons.push(reason); },
    });
    await pool.ready();
    await clock.advanceAsync(1_100);
    expect(reasons).toEqual(['invalid']);
    expect(pool.stats()).toMatchObject({ idle: 1, validateErrorsTotal: 1, createdTotal: 2 });
  });

  it('under way does not keep a caller from it for longer than it takes', async () => {
    const gate = deferred<void>();
    const { pool, clock } = setUp({ keepaliveMs: 100, keepalive: () => gate.promise });
    (await pool.acquire()).release();
    await clock.advanceAsync(100);
    expect(pool.stats()).toMatchObject({ checking: 1, idle: 0 });
    const waiting = pool.acquire();
    gate.resolve();
    expect((await waiting).resource.id).toBe(1);
  });

  it('is not asked of what is in use or is used often enough', async () => {
    let asked = 0;
    const { pool, clock } = setUp({ max: 2, keepaliveMs: 100, keepalive: () => { asked += 1; } });
    await pool.acquire();
    for (let turn = 0; turn < 10; turn += 1) {
      await pool.use(() => {});
      await clock.advanceAsync(90);
    }
    expect(asked).toBe(0);
  });

  it('needs keepaliveMs, and keepaliveMs needs it or validate', () => {
    expect(() => setUp({ keepalive: () => {} })).toThrow('option keepaliveMs must be given along with keepalive');
    expect(() => setUp({ keepaliveMs: 5 })).toThrow('option keepaliveMs must be left out where there is neither keepalive nor validate');
  });

  it('ends with the pool', async () => {
    const { pool, clock } = setUp({ min: 1, keepaliveMs: 100, keepalive: () => new Promise<Connection>(() => {}) });
    await pool.ready();
    await clock.advanceAsync(100);
    const closed = pool.close();
    await settled();
    await clock.advanceAsync(1_000);
    await closed;
    expect(clock.pendingTimers).toBe(0);
  });
});
