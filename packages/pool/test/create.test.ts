import { describe, expect, it } from '@jest/globals';
import { createPool } from '../src/index.js';
import { Backend, type Connection, deferred, setUp, settled } from './backend.js';
import { ManualClock } from '@fog/testkit';

const refused = new Error('connect ECONNREFUSED');

describe('create', () => {
  it('fails the caller it was for with its own error, unwrapped', async () => {
    const { pool, backend, clock } = setUp();
    backend.down = refused;
    await expect(pool.acquire()).rejects.toBe(refused);
    backend.down = undefined;
    const next = pool.acquire();
    await clock.advanceAsync(100);
    expect((await next).resource.id).toBe(1);
    expect(pool.stats()).toMatchObject({ createErrorsTotal: 1, errorsTotal: 1, createdTotal: 1 });
  });

  it('fails everybody who waits from the second failure in a row, if there is nothing else to wait for', async () => {
    const { pool, backend, clock } = setUp();
    backend.down = refused;
    const errors: unknown[] = [];
    for (let caller = 0; caller < 5; caller += 1) void pool.acquire().catch((error: unknown) => errors.push(error));
    await settled();
    expect(errors).toEqual([refused]);
    await clock.advanceAsync(75);
    expect(errors).toEqual([refused, refused, refused, refused, refused]);
    expect(backend.attempts).toBe(2);
  });

  it('leaves those waiting who can still get what others have', async () => {
    const { pool, backend, clock } = setUp({ max: 2 });
    const lease = await pool.acquire();
    backend.down = refused;
    const callers = [pool.acquire(), pool.acquire(), pool.acquire()];
    const outcomes = Promise.allSettled(callers);
    await clock.advanceAsync(75);
    expect(backend.attempts).toBe(3);
    expect(pool.stats().waiting).toBe(1);
    lease.release();
    expect((await outcomes).map(({ status }) => status)).toEqual(['rejected', 'rejected', 'fulfilled']);
  });

  it('leaves everybody waiting in their order while it fails, if it is not to fail fast', async () => {
    const { pool, backend, clock } = setUp({ failFast: false });
    backend.down = refused;
    const served: number[] = [];
    for (const caller of [1, 2]) void pool.use(() => served.push(caller));
    const late = pool.acquire({ timeoutMs: 1_000 });
    const timedOut = expect(late).rejects.toMatchObject({ code: 'ERR_POOL_ACQUIRE_TIMEOUT', cause: refused });
    await clock.advanceAsync(1_000);
    await timedOut;
    expect(pool.stats().waiting).toBe(2);
    backend.down = undefined;
    await clock.advanceAsync(1_000);
    expect(served).toEqual([1, 2]);
  });

  it('has at most maxCreating under way, and no more than callers want', async () => {
    let underWay = 0;
    let most = 0;
    const gates: ReturnType<typeof deferred<object>>[] = [];
    const pool = createPool({
      max: 10,
      maxCreating: 3,
      clock: new ManualClock(),
      create: async () => {
        underWay += 1;
        most = Math.max(most, underWay);
        const gate = deferred<object>();
        gates.push(gate);
        return gate.promise.finally(() => (underWay -= 1));
      },
    });
    const callers = Array.from({ length: 5 }, () => pool.acquire());
    expect(pool.stats().creating).toBe(3);
    for (let index = 0; index < 5; index += 1) {
      gates[index]?.resolve({});
      await settled();
    }
    await Promise.all(callers);
    expect(most).toBe(3);
    expect(gates).toHaveLength(5);
  });

  it.each([
    ['nothing', undefined],
    ['null', null],
    ['a promise of nothing', Promise.resolve(undefined)],
  ])('that gives %s is a failure that names it', async (_what, garbage) => {
    const pool = createPool({ max: 1, create: () => garbage as unknown as object, clock: new ManualClock() });
    await expect(pool.acquire()).rejects.toMatchObject({ code: 'ERR_POOL_INVALID_RESOURCE' });
    expect(pool.stats()).toMatchObject({ size: 0, createErrorsTotal: 1 });
  });

  it('may give falsy values, strings and functions', async () => {
    for (const value of [0, '', false, () => 1]) {
      const pool = createPool<unknown>({ max: 1, create: () => value, clock: new ManualClock() });
      expect((await pool.acquire()).resource).toBe(value);
    }
  });

  it('that never settles is given up after createTimeoutMs, and what it gives late is destroyed', async () => {
    const hung = deferred<Connection>();
    const signals: AbortSignal[] = [];
    const backend = new Backend();
    const { pool, clock } = setUp({
      createTimeoutMs: 1_000,
      create: ({ signal }) => {
        signals.push(signal);
        return signals.length === 1 ? hung.promise : backend.connect();
      },
      destroy: backend.disconnect,
    });
    const first = pool.acquire();
    const failed = expect(first).rejects.toMatchObject({ code: 'ERR_POOL_CREATE_TIMEOUT', message: 'pool: create did not end in 1000 ms' });
    await clock.advanceAsync(1_000);
    await failed;
    expect(signals[0]?.aborted).toBe(true);
    const second = pool.acquire();
    await clock.advanceAsync(75);
    expect((await second).resource.id).toBe(1);
    backend.open += 1;
    const late = { id: 99, open: true };
    hung.resolve(late);
    await settled();
    expect(late.open).toBe(false);
    expect(pool.stats()).toMatchObject({ size: 1, createdTotal: 1, destroyedTotal: 0 });
  });

  it('is tried again after longer and longer pauses, one at a time, and at once after a success', async () => {
    const { pool, backend, clock } = setUp({ min: 4, max: 4, createRetryMinMs: 100, createRetryMaxMs: 1_000, random: () => 0 });
    backend.down = refused;
    const attempts: [number, number][] = [];
    await settled();
    for (let ms = 0; ms < 3_000; ms += 50) {
      const before = backend.attempts;
      await clock.advanceAsync(50);
      if (backend.attempts > before) attempts.push([clock.now(), backend.attempts - before]);
    }
    // Half of 100, 200, 400, 800, 1000, 1000 ... as `random` gives 0.
    expect(attempts).toEqual([[50, 1], [150, 1], [350, 1], [750, 1], [1250, 1], [1750, 1], [2250, 1], [2750, 1]]);
    backend.down = undefined;
    await clock.advanceAsync(500);
    expect(pool.stats().idle).toBe(4);
  });

  it('is called at most 40 times while the backend is down for a minute, whatever comes in', async () => {
    const { pool, backend, clock } = setUp({ min: 5, max: 20 });
    backend.down = refused;
    let rejected = 0;
    for (let second = 0; second < 60; second += 1) {
      for (let caller = 0; caller < 20; caller += 1) void pool.acquire({ timeoutMs: 2_000 }).catch(() => (rejected += 1));
      await clock.advanceAsync(1_000);
    }
    expect(backend.attempts).toBeLessThanOrEqual(40);
    expect(backend.attempts).toBeGreaterThan(10);
    await clock.advanceAsync(10_000);
    expect(rejected).toBe(1_200);
    backend.down = undefined;
    await clock.advanceAsync(5_000);
    expect(pool.stats().idle).toBe(5);
    (await pool.acquire()).release();
  });

  it('tells the time-out why: its last error is the cause', async () => {
    const { pool, backend, clock } = setUp({ max: 2, acquireTimeoutMs: 60 });
    await pool.acquire();
    backend.down = refused;
    void pool.acquire().catch(() => {});
    const waiting = pool.acquire();
    const failed = expect(waiting).rejects.toMatchObject({
      code: 'ERR_POOL_ACQUIRE_TIMEOUT',
      cause: refused,
      message: expect.stringContaining('the last create failed: connect ECONNREFUSED'),
    });
    await clock.advanceAsync(60);
    await failed;
  });

  it('pauses for a backend that takes connections and drops them', async () => {
    const { pool, backend, clock } = setUp({ min: 3, max: 3, watch: (_connection, lost) => lost(new Error('dropped')) });
    await settled();
    await clock.advanceAsync(60_000);
    expect(backend.attempts).toBeLessThanOrEqual(40);
    expect(backend.open).toBe(0);
    expect(pool.stats()).toMatchObject({ idle: 0 });
  });
});
