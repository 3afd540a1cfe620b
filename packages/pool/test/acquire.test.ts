import { inspect } from 'node:util';
import { describe, expect, it } from '@jest/globals';
import { createPool, type Lease, type PoolError } from '../src/index.js';
import { type Connection, deferred, setUp, settled } from './backend.js';

describe('acquire', () => {
  it('creates while there is room, lends idle resources first, and never has more than max', async () => {
    const { pool, backend } = setUp({ max: 2 });
    const first = await pool.acquire();
    first.release();
    const second = await pool.acquire();
    expect(second.resource.id).toBe(1);
    const third = await pool.acquire();
    const fourth = pool.acquire();
    await settled();
    expect(pool.stats()).toMatchObject({ size: 2, leased: 2, waiting: 1 });
    third.release();
    expect((await fourth).resource.id).toBe(2);
    expect(backend.mostOpen).toBe(2);
  });

  it('serves waiters first come, first served', async () => {
    const { pool } = setUp();
    let lease = await pool.acquire();
    const order: number[] = [];
    const waiters = [1, 2, 3, 4].map(async (number) => {
      const own = await pool.acquire();
      order.push(number);
      return own;
    });
    for (const waiter of waiters) {
      lease.release();
      lease = await waiter;
    }
    expect(order).toEqual([1, 2, 3, 4]);
  });

  it('does not let a newcomer pass those who wait', async () => {
    const { pool } = setUp({ validate: async () => true, validateAfterIdleMs: 0 });
    (await pool.acquire()).release();
    const waiting = pool.acquire(); // Being validated for.
    expect(pool.tryAcquire()).toBeUndefined();
    const newcomer = pool.acquire();
    (await waiting).release();
    expect((await newcomer).resource.id).toBe(1);
  });

  it('does not let a newcomer pass either when something is idle that needs no validation', async () => {
    const { pool, clock } = setUp({ max: 2, order: 'fifo', validate: () => new Promise<boolean>(() => {}) });
    const leases = await Promise.all([pool.acquire(), pool.acquire()]);
    leases[0]?.release();
    clock.advance(500);
    leases[1]?.release();
    const waiting = pool.acquire();
    expect(pool.tryAcquire()).toBeUndefined();
    expect((await waiting).resource.id).toBe(2);
  });

  it('lends the last used resource first, or each in turn with order fifo', async () => {
    for (const [order, expected] of [['lifo', [2, 2]], ['fifo', [1, 2]]] as const) {
      const { pool } = setUp({ max: 2, order });
      const leases = [await pool.acquire(), await pool.acquire()];
      for (const lease of leases) lease.release();
      const lent: number[] = [];
      for (let use = 0; use < 2; use += 1) await pool.use(({ id }) => lent.push(id));
      expect(lent).toEqual(expected);
    }
  });

  it('times out after acquireTimeoutMs, says what the pool had, and leaves no waiter behind', async () => {
    const { pool, clock } = setUp({ acquireTimeoutMs: 100, name: 'db' });
    await pool.acquire();
    const second = pool.acquire();
    await settled();
    clock.advance(99);
    expect(pool.stats().waiting).toBe(1);
    clock.advance(1);
    await expect(second).rejects.toMatchObject({
      code: 'ERR_POOL_ACQUIRE_TIMEOUT',
      message: 'db: no resource in 100 ms: 1 of 1 leased, 0 idle, 0 being created, 0 still waiting',
    });
    expect(pool.stats()).toMatchObject({ waiting: 0, timeoutsTotal: 1 });
    expect(new Error('of somebody else').stack).toContain('acquire.test'); // Stacks are cut short for the time-out alone.
  });

  it('gives those who time out at the same moment an error each, and one reading of the pool', async () => {
    const { pool, clock } = setUp({ name: 'db', max: 1, acquireTimeoutMs: 100 });
    await pool.acquire();
    const waiting = Array.from({ length: 3 }, () => pool.acquire().catch((error: PoolError) => error));
    clock.advance(50);
    void pool.acquire({ timeoutMs: 1_000 }).catch(() => {});
    clock.advance(50);
    const errors = (await Promise.all(waiting)) as PoolError[];
    expect(new Set(errors).size).toBe(3);
    for (const { message, stats } of errors) {
      expect(message).toContain('1 still waiting');
      expect(stats).toMatchObject({ leased: 1, waiting: 1, timeoutsTotal: 3 });
    }
    expect(inspect(errors[0])).not.toContain('timeoutsTotal');
  });

  it('times every waiter out at its own time, whatever the others do', async () => {
    const { pool, clock } = setUp({ acquireTimeoutMs: 100 });
    const lease = await pool.acquire();
    const ended: [string, number][] = [];
    const wait = (name: string, timeoutMs?: number): void => {
      void pool.acquire(timeoutMs === undefined ? {} : { timeoutMs }).catch(() => ended.push([name, clock.now()]));
    };
    wait('default at 0');
    wait('250 at 0', 250);
    wait('30 at 0', 30);
    await clock.advanceAsync(50);
    wait('default at 50');
    wait('30 at 50', 30);
    wait('for ever', Infinity);
    await clock.advanceAsync(1_000);
    expect(ended).toEqual([['30 at 0', 30], ['30 at 50', 80], ['default at 0', 100], ['default at 50', 150], ['250 at 0', 250]]);
    expect(pool.stats().waiting).toBe(1);
    lease.release();
    await settled();
    expect(pool.stats().waiting).toBe(0);
  });

  it('does not time out early when the timer of an earlier wait is still running', async () => {
    const { pool, clock } = setUp({ acquireTimeoutMs: 100 });
    const lease = await pool.acquire();
    const early = pool.acquire();
    clock.advance(60);
    lease.release();
    const own = await early;
    let error: unknown;
    void pool.acquire().catch((reason: unknown) => (error = reason));
    await clock.advanceAsync(99);
    expect(error).toBeUndefined();
    await clock.advanceAsync(1);
    expect(error).toMatchObject({ code: 'ERR_POOL_ACQUIRE_TIMEOUT' });
    own.release();
  });

  it('rejects with the reason of the signal, at once if it has aborted before', async () => {
    const { pool } = setUp();
    const lease = await pool.acquire();
    const controller = new AbortController();
    const waiting = pool.acquire({ signal: controller.signal });
    controller.abort(new Error('caller went away'));
    await expect(waiting).rejects.toThrow('caller went away');
    expect(pool.stats()).toMatchObject({ waiting: 0, abortedTotal: 1 });
    lease.release();
    await expect(pool.acquire({ signal: controller.signal })).rejects.toThrow('caller went away');
    expect(pool.stats().idle).toBe(1);
  });

  it('does not lose a resource to a waiter that aborts', async () => {
    const { pool } = setUp();
    const lease = await pool.acquire();
    const controller = new AbortController();
    const aborted = pool.acquire({ signal: controller.signal });
    const patient = pool.acquire();
    controller.abort();
    lease.release();
    await expect(aborted).rejects.toMatchObject({ name: 'AbortError' });
    expect((await patient).resource.id).toBe(1);
  });

  it('keeps what is being created for a caller who has gone', async () => {
    const { pool, backend } = setUp();
    const controller = new AbortController();
    const gone = pool.acquire({ signal: controller.signal });
    controller.abort();
    await expect(gone).rejects.toMatchObject({ name: 'AbortError' });
    await settled();
    expect(pool.stats().idle).toBe(1);
    expect(backend.attempts).toBe(1);
  });

  it('refuses callers beyond maxWaiting, those with room to create not counted', async () => {
    const { pool } = setUp({ max: 2, maxWaiting: 1 });
    const leases = await Promise.all([pool.acquire(), pool.acquire()]);
    const waiting = pool.acquire();
    await expect(pool.acquire()).rejects.toMatchObject({ code: 'ERR_POOL_QUEUE_FULL' });
    expect(pool.stats()).toMatchObject({ waiting: 1, refusedTotal: 1 });
    leases[0]?.release();
    await waiting;
  });

  it('refuses no caller that there is room for, whoever waits for its quota, and lets no more of these wait', async () => {
    const { pool } = setUp({ max: 3, maxPerKey: 1, maxWaiting: 2 });
    const first = await pool.acquire({ key: 'a' });
    const waiting = [pool.acquire({ key: 'a' }), pool.acquire({ key: 'a' })];
    await expect(pool.acquire({ key: 'a' })).rejects.toMatchObject({ code: 'ERR_POOL_QUEUE_FULL' });
    const others = await Promise.all([pool.acquire({ key: 'b' }), pool.acquire()]);
    for (const key of ['a', 'c', undefined]) await expect(pool.acquire({ key })).rejects.toMatchObject({ code: 'ERR_POOL_QUEUE_FULL' });
    first.release();
    for (const lease of waiting) (await lease).release();
    for (const lease of others) lease.release();
    expect(pool.stats()).toMatchObject({ leases: 0, waiting: 0, refusedTotal: 4 });
  });

  it('serves who waits for its quota by another resource while that which came back is being reset', async () => {
    for (const broken of [false, true]) {
      const gate = deferred<void>();
      const { pool } = setUp({ max: 2, maxPerKey: 1, reset: () => gate.promise, destroy: () => gate.promise });
      const first = await pool.acquire({ key: 'a' });
      const second = pool.acquire({ key: 'a' });
      if (broken) first.destroy();
      else first.release();
      expect((await second).resource.id).toBe(2);
      gate.resolve();
    }
  });

  it('lends to nobody where destroy has the last who waits give up', async () => {
    const gone = new AbortController();
    const { pool, clock } = setUp({ max: 3, maxLifetimeMs: 1_000, jitterRatio: 0, destroy: () => gone.abort() });
    const leases = await Promise.all([pool.acquire(), pool.acquire()]);
    clock.advance(500);
    await clock.advanceAsync(0);
    const young = await pool.acquire();
    const waiting = pool.acquire({ signal: gone.signal });
    pool.suspend();
    for (const lease of [young, ...leases]) lease.release();
    clock.advance(500);
    pool.resume();
    await expect(waiting).rejects.toMatchObject({ name: 'AbortError' });
    await settled();
    expect(pool.stats()).toMatchObject({ leases: 0, leased: 0, waiting: 0 });
    await pool.close({ timeoutMs: 0 });
  });

  it('never throws synchronously', async () => {
    const pool = createPool({ max: 1, create: (): object => { throw new Error('no'); } });
    const wrong = [null, 'soon', { timeoutMs: 0 }, { timeoutMs: -1 }, { timeoutMs: Number.NaN }, { timeoutMs: 2 ** 31 }, { signal: {} }, { timeout: 5 }];
    for (const options of wrong) await expect(pool.acquire(options as never)).rejects.toMatchObject({ code: 'ERR_POOL_INVALID_OPTION' });
    await expect(pool.acquire()).rejects.toThrow('no');
  });

  it('rejects when closed, also while draining', async () => {
    const { pool } = setUp();
    const lease = await pool.acquire();
    const drained = pool.drain();
    await expect(pool.acquire()).rejects.toMatchObject({ code: 'ERR_POOL_CLOSED', message: 'pool is draining and lends no more' });
    lease.release();
    await drained;
    await pool.close();
    await expect(pool.acquire()).rejects.toMatchObject({ code: 'ERR_POOL_CLOSED', message: 'pool is closed and lends no more' });
  });

  it('stands calls from within the user\'s own functions', async () => {
    const inner: Promise<Lease<Connection>>[] = [];
    const { pool, backend } = setUp({
      max: 2,
      create: () => {
        if (inner.length === 0) inner.push(pool.acquire());
        return backend.connect();
      },
    });
    const outer = await pool.acquire();
    expect((await inner[0])?.resource).not.toBe(outer.resource);
    expect(pool.stats()).toMatchObject({ leased: 2, size: 2, waiting: 0 });
  });
});

describe('tryAcquire', () => {
  it('gives an idle resource or nothing, and creates nothing', async () => {
    const { pool, backend } = setUp();
    expect(pool.tryAcquire()).toBeUndefined();
    expect(backend.attempts).toBe(0);
    (await pool.acquire()).release();
    const lease = pool.tryAcquire();
    expect(lease?.resource.id).toBe(1);
    expect(pool.tryAcquire()).toBeUndefined();
  });

  it('gives nothing that would have to be validated first, nor anything of a closed pool', async () => {
    const { pool, clock } = setUp({ validate: () => true });
    (await pool.acquire()).release();
    clock.advance(500);
    expect(pool.tryAcquire()).toBeUndefined();
    expect(pool.stats().idle).toBe(1);
    (await pool.acquire()).release();
    expect(pool.tryAcquire()).toBeDefined();
    void pool.close();
    expect(pool.tryAcquire()).toBeUndefined();
  });
});
