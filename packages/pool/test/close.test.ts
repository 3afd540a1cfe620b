import { describe, expect, it } from '@jest/globals';
import { type Connection, deferred, setUp, settled } from './backend.js';

describe('drain', () => {
  it('serves those who wait, takes no more, and settles when all leases are back', async () => {
    const { pool } = setUp();
    const lease = await pool.acquire();
    const waiting = pool.acquire();
    let drained = false;
    void pool.drain().then(() => (drained = true));
    lease.release();
    const last = await waiting;
    await settled();
    expect(drained).toBe(false);
    last.release();
    await settled();
    expect(drained).toBe(true);
    expect(pool.stats().idle).toBe(1);
  });

  it('settles when the last who waits gives up', async () => {
    const { pool, clock } = setUp({ create: () => new Promise<Connection>(() => {}) });
    const waiting = pool.acquire({ timeoutMs: 10 });
    const drained = pool.drain();
    const failed = expect(waiting).rejects.toMatchObject({ code: 'ERR_POOL_ACQUIRE_TIMEOUT' });
    clock.advance(10);
    await failed;
    await drained;
  });

  it('rejects with the reason of its signal', async () => {
    const { pool } = setUp();
    await pool.acquire();
    const controller = new AbortController();
    const drained = pool.drain({ signal: controller.signal });
    controller.abort(new Error('enough'));
    await expect(drained).rejects.toThrow('enough');
  });
});

describe('close', () => {
  it('refuses those who wait, waits for the leases, and destroys everything', async () => {
    const { pool, backend, clock } = setUp({ max: 2 });
    const lease = await pool.acquire();
    (await pool.acquire()).release();
    const second = await pool.acquire();
    const waiting = pool.acquire();
    const closed = pool.close();
    await expect(waiting).rejects.toMatchObject({ code: 'ERR_POOL_CLOSED' });
    second.release();
    expect(backend.open).toBe(1);
    lease.release();
    await closed;
    expect(backend.open).toBe(0);
    expect(pool.stats().size).toBe(0);
    expect(clock.pendingTimers).toBe(0);
  });

  it('rejects after timeoutMs if leases are out, and they are destroyed when they come back', async () => {
    const { pool, backend, clock } = setUp({ name: 'db' });
    const lease = await pool.acquire();
    const closed = pool.close({ timeoutMs: 100 });
    await settled();
    clock.advance(100);
    await expect(closed).rejects.toMatchObject({ code: 'ERR_POOL_CLOSE_TIMEOUT', message: expect.stringContaining('1 still leased') });
    lease.release();
    expect(backend.open).toBe(0);
    await pool.close();
    expect(clock.pendingTimers).toBe(0);
  });

  it('destroys what is leased after timeoutMs by force, also when force comes later', async () => {
    const { pool, backend, clock } = setUp({ max: 3 });
    await Promise.all([pool.acquire(), pool.acquire(), pool.acquire()]);
    const patient = pool.close({ timeoutMs: Infinity });
    const forced = pool.close({ timeoutMs: 100, force: true });
    await settled();
    expect(backend.open).toBe(3);
    clock.advance(100);
    await Promise.all([patient, forced]);
    expect(backend.open).toBe(0);
    expect(clock.pendingTimers).toBe(0);
  });

  it('is the same when called again, at once and later', async () => {
    const { pool, backend } = setUp({ min: 1 });
    await pool.ready();
    await Promise.all([pool.close(), pool.close()]);
    await pool.close();
    await pool[Symbol.asyncDispose]();
    expect(backend.open).toBe(0);
  });

  it('aborts a create under way and destroys what it gives all the same', async () => {
    const pending = deferred<Connection>();
    const signals: AbortSignal[] = [];
    const { pool, backend } = setUp({
      create: ({ signal }) => {
        signals.push(signal);
        return pending.promise;
      },
    });
    const waiting = pool.acquire();
    const failed = expect(waiting).rejects.toMatchObject({ code: 'ERR_POOL_CLOSED' });
    let closed = false;
    const closing = pool.close().then(() => (closed = true));
    await failed;
    expect(signals[0]?.aborted).toBe(true);
    await settled();
    expect(closed).toBe(false);
    backend.open = 1;
    pending.resolve({ id: 1, open: true });
    await closing;
    expect(backend.open).toBe(0);
  });

  it('does not wait by force for a create that never settles', async () => {
    const { pool, clock } = setUp({ min: 1, create: () => new Promise<Connection>(() => {}) });
    await settled();
    expect(pool.stats().creating).toBe(1);
    await pool.close({ timeoutMs: 0, force: true });
    expect(pool.stats().size).toBe(0);
    expect(clock.pendingTimers).toBe(0);
  });

  it('waits for destroy, but not for one that hangs, nor does one that fails make it fail', async () => {
    const destroyed: number[] = [];
    const { pool, clock } = setUp({
      max: 3,
      destroyTimeoutMs: 500,
      destroy: async ({ id }) => {
        if (id === 1) throw new Error('already gone');
        if (id === 2) await new Promise(() => {});
        destroyed.push(id);
      },
    });
    const leases = await Promise.all([pool.acquire(), pool.acquire(), pool.acquire()]);
    for (const lease of leases) lease.release();
    let closed = false;
    const closing = pool.close().then(() => (closed = true));
    await clock.advanceAsync(499);
    expect(closed).toBe(false);
    expect(pool.stats()).toMatchObject({ destroying: 1, size: 1 });
    await clock.advanceAsync(1);
    await closing;
    expect(destroyed).toEqual([3]);
    expect(pool.stats()).toMatchObject({ destroyErrorsTotal: 2, destroyedTotal: 3 });
  });

  it('ends with the scope, by await using', async () => {
    const { pool, backend } = setUp();
    {
      await using scoped = pool;
      await scoped.use(() => {});
    }
    expect(backend.open).toBe(0);
  });

  it('refuses options it does not know, as ready and drain do', async () => {
    const { pool } = setUp();
    for (const call of [pool.close({ tiemoutMs: 1 } as never), pool.close({ timeoutMs: -1 }), pool.close({ force: 1 } as never), pool.ready({ timeoutMs: 5 } as never), pool.drain(null as never)])
      await expect(call).rejects.toMatchObject({ code: 'ERR_POOL_INVALID_OPTION' });
    expect(pool.stats().size).toBe(0);
    await pool.use(() => {}); // Nothing was closed by mistake.
  });
});

describe('while a resource is being destroyed', () => {
  it('it counts towards max', async () => {
    const ended = deferred<void>();
    const { pool, backend } = setUp({ destroy: () => ended.promise });
    (await pool.acquire()).destroy();
    const next = pool.acquire();
    await settled();
    expect(backend.attempts).toBe(1);
    expect(pool.stats()).toMatchObject({ destroying: 1, size: 1, waiting: 1 });
    ended.resolve();
    expect((await next).resource.id).toBe(2);
  });
});
