import { subscribe, unsubscribe } from 'node:diagnostics_channel';
import { describe, expect, it } from '@jest/globals';
import { setUp, settled } from './backend.js';

const refused = new Error('connect ECONNREFUSED');

/** Fails so often that the circuit opens: five times, whose pauses are 75, 150, 300, 600 and 1,200 ms. */
async function open({ pool, backend, clock }: ReturnType<typeof setUp>): Promise<void> {
  backend.down = refused;
  for (let failure = 0; failure < 5; failure += 1) {
    await expect(pool.acquire()).rejects.toBe(refused);
    if (failure < 4) await clock.advanceAsync(75 * 2 ** failure);
  }
}

describe('the circuit', () => {
  it('opens after breakAfterFailures: callers are refused at once, with the last error as cause', async () => {
    const setup = setUp();
    const { pool, backend } = setup;
    await open(setup);
    expect(pool.stats().circuitOpen).toBe(1);
    for (let caller = 0; caller < 100; caller += 1)
      await expect(pool.acquire()).rejects.toMatchObject({
        code: 'ERR_POOL_CIRCUIT_OPEN',
        cause: refused,
        message: 'pool: create failed 5 times in a row, the next try is in 1200 ms; the last time: connect ECONNREFUSED',
      });
    expect(backend.attempts).toBe(5);
    expect(pool.stats()).toMatchObject({ refusedTotal: 100, waiting: 0 });
  });

  it('lets one caller probe after each pause, and closes when that is served', async () => {
    const setup = setUp({ max: 5 });
    const { pool, backend, clock } = setup;
    await open(setup);
    await clock.advanceAsync(1_200);
    const probe = pool.acquire();
    await expect(pool.acquire()).rejects.toMatchObject({ code: 'ERR_POOL_CIRCUIT_OPEN', message: expect.stringContaining('another try is under way') });
    await expect(probe).rejects.toBe(refused);
    backend.down = undefined;
    await clock.advanceAsync(2_400);
    (await pool.acquire()).release();
    expect(pool.stats().circuitOpen).toBe(0);
    await Promise.all([pool.acquire(), pool.acquire()]);
  });

  it('holds the process for no longer than somebody waits', async () => {
    for (const way of ['time-out', 'abort']) {
      const controller = new AbortController();
      const { pool, backend, clock } = setUp({ failFast: false, createRetryMinMs: 10_000, createRetryMaxMs: 10_000 });
      backend.down = refused;
      const waiting = expect(pool.acquire({ timeoutMs: 100, signal: controller.signal })).rejects.toThrow();
      await settled();
      expect(clock.pendingRefs).toBe(2);
      if (way === 'abort') controller.abort();
      else await clock.advanceAsync(100);
      await waiting;
      expect(clock.pendingRefs).toBe(0);
    }
  });

  it('refuses nobody while there is a resource that could be waited for', async () => {
    const { pool, backend, clock } = setUp({ max: 2, breakAfterFailures: 1 });
    const lease = await pool.acquire();
    backend.down = refused;
    await expect(pool.acquire()).rejects.toBe(refused);
    const waiting = pool.acquire();
    lease.release();
    expect((await waiting).resource.id).toBe(1);
    await clock.advanceAsync(10);
  });

  it.each([{ breakAfterFailures: Infinity }, { failFast: false }])('refuses nobody with %p', async (options) => {
    const { pool, backend, clock } = setUp({ ...options, acquireTimeoutMs: 10 });
    backend.down = refused;
    for (let failure = 0; failure < 8; failure += 1) {
      const waiting = expect(pool.acquire()).rejects.toHaveProperty('message', expect.not.stringContaining('in a row'));
      await clock.advanceAsync(10_000);
      await waiting;
    }
  });

  it('tells when it opens and closes', async () => {
    const told: unknown[] = [];
    const tell = (event: unknown, name: string | symbol): number => told.push([name, event]);
    subscribe('@fog/pool:circuit:opened', tell);
    subscribe('@fog/pool:circuit:closed', tell);
    const setup = setUp({ name: 'db' });
    await open(setup);
    setup.backend.down = undefined;
    await setup.clock.advanceAsync(2_000);
    await setup.pool.use(settled);
    unsubscribe('@fog/pool:circuit:opened', tell);
    unsubscribe('@fog/pool:circuit:closed', tell);
    expect(told).toEqual([['@fog/pool:circuit:opened', { pool: 'db', error: refused, failures: 5 }], ['@fog/pool:circuit:closed', { pool: 'db' }]]);
  });
});
