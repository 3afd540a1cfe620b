import { describe, expect, it } from '@jest/globals';
import type { AcquireOptions, Lease } from '../src/index.js';
import { type Connection, type Setup, setUp, settled } from './backend.js';

/** Acquires in the order given while all is lent, and tells in which order they were served, each for a moment. */
async function served({ pool }: Setup, callers: readonly [string, AcquireOptions][], release: () => void): Promise<string[]> {
  const order: string[] = [];
  const all = callers.map(([who, options]) =>
    pool.use(() => {
      order.push(who);
    }, options),
  );
  release();
  await Promise.all(all);
  return order;
}

async function takeAll({ pool }: Setup): Promise<() => void> {
  const leases: Lease<Connection>[] = [];
  for (let number = pool.stats().max; number > 0; number -= 1) leases.push(await pool.acquire());
  return () => {
    for (const lease of leases) lease.release();
  };
}

describe('priority', () => {
  it('serves the more urgent first, and in one priority who came first', async () => {
    const setup = setUp();
    const release = await takeAll(setup);
    const order = await served(setup, [['a', {}], ['b', { priority: 5 }], ['c', { priority: -3 }], ['d', { priority: 5 }], ['e', { priority: 100 }], ['f', { priority: 0 }]], release);
    expect(order).toEqual(['e', 'b', 'd', 'a', 'f', 'c']);
  });

  it('leaves nothing behind of those who gave up', async () => {
    const { pool, clock } = setUp();
    const lease = await pool.acquire();
    const urgent = pool.acquire({ priority: 9, timeoutMs: 10 });
    const failed = expect(urgent).rejects.toMatchObject({ code: 'ERR_POOL_ACQUIRE_TIMEOUT' });
    const usual = pool.acquire();
    await clock.advanceAsync(10);
    await failed;
    lease.release();
    expect((await usual).resource.id).toBe(1);
    expect(pool.stats().waiting).toBe(0);
  });

  it.each([1.5, '1', Number.NaN, Infinity, null])('refuses %p', async (priority) => {
    await expect(setUp().pool.acquire({ priority } as never)).rejects.toMatchObject({ code: 'ERR_POOL_INVALID_OPTION', message: expect.stringContaining('option priority must be an integer') });
  });
});

describe('keys', () => {
  it('take turns, so that one with many callers does not crowd out the others', async () => {
    const setup = setUp();
    const release = await takeAll(setup);
    const order = await served(setup, [['a1', { key: 'a' }], ['a2', { key: 'a' }], ['a3', { key: 'a' }], ['b1', { key: 'b' }], ['-1', {}], ['b2', { key: 'b' }]], release);
    expect(order).toEqual(['a1', 'b1', '-1', 'a2', 'b2', 'a3']);
  });

  it('take turns within a priority', async () => {
    const setup = setUp();
    const release = await takeAll(setup);
    const order = await served(setup, [['a1', { key: 'a' }], ['a2', { key: 'a', priority: 1 }], ['b1', { key: 'b' }], ['a3', { key: 'a', priority: 1 }]], release);
    expect(order).toEqual(['a2', 'a3', 'a1', 'b1']);
  });

  it.each(['', 5, null])('refuses %p', async (key) => {
    await expect(setUp().pool.acquire({ key } as never)).rejects.toMatchObject({ code: 'ERR_POOL_INVALID_OPTION', message: expect.stringContaining('option key must be a string') });
  });
});

describe('maxPerKey', () => {
  it('has callers of a key wait that has as many leases, and lets others pass', async () => {
    const { pool } = setUp({ max: 3, maxPerKey: 2 });
    const a = [await pool.acquire({ key: 'a' }), await pool.acquire({ key: 'a' })];
    let third = 0;
    const waiting = pool.use(({ id }) => (third = id), { key: 'a' });
    const b = await pool.acquire({ key: 'b' });
    expect(b.resource.id).toBe(3);
    b.release();
    await settled();
    expect(third).toBe(0);
    expect(pool.stats()).toMatchObject({ idle: 1, waiting: 1, leases: 2 });
    expect(pool.tryAcquire()?.resource.id).toBe(3);
    a[0]?.release();
    await waiting;
    expect(third).toBe(1);
  });

  it('does not count who has no key', async () => {
    const { pool } = setUp({ max: 3, maxPerKey: 1 });
    await Promise.all([pool.acquire(), pool.acquire(), pool.acquire()]);
    expect(pool.stats().leases).toBe(3);
  });

  it('creates nothing for those whom a lease of their own holds up', async () => {
    const { pool, backend } = setUp({ max: 3, maxPerKey: 1 });
    const lease = await pool.acquire({ key: 'a' });
    const waiting = pool.acquire({ key: 'a' });
    await settled();
    expect(backend.attempts).toBe(1);
    lease.destroy();
    expect((await waiting).resource.id).toBe(2);
  });

  it('settles them like all others, by time-out, abort and close', async () => {
    const { pool, clock } = setUp({ max: 3, maxPerKey: 1 });
    const lease = await pool.acquire({ key: 'a' });
    const controller = new AbortController();
    const outcomes = Promise.allSettled([
      pool.acquire({ key: 'a', timeoutMs: 10 }),
      pool.acquire({ key: 'a', signal: controller.signal }),
      pool.acquire({ key: 'a' }),
    ]);
    await clock.advanceAsync(10);
    controller.abort(new Error('enough'));
    expect(pool.stats().waiting).toBe(1);
    const closed = pool.close();
    expect((await outcomes).map((outcome) => outcome.status === 'rejected' && String(outcome.reason.code ?? outcome.reason.message))).toEqual(['ERR_POOL_ACQUIRE_TIMEOUT', 'enough', 'ERR_POOL_CLOSED']);
    lease.release();
    await closed;
  });
});
