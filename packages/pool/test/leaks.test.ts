import { subscribe, unsubscribe } from 'node:diagnostics_channel';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import type { LeaseLeaked } from '../src/index.js';
import { deferred, setUp, settled } from './backend.js';

describe('leaks', () => {
  let leaks: LeaseLeaked[] = [];
  const tell = (event: unknown): number => leaks.push(event as LeaseLeaked);
  beforeEach(() => {
    leaks = [];
    subscribe('@fog/pool:lease:leaked', tell);
  });
  afterEach(() => {
    unsubscribe('@fog/pool:lease:leaked', tell);
  });

  it('are leases out for longer than leakAfterMs, told once each', async () => {
    const { pool, clock } = setUp({ max: 3, leakAfterMs: 1_000 });
    const kept = await pool.acquire({ key: 'tenant' });
    await clock.advanceAsync(500);
    (await pool.acquire()).release();
    const second = await pool.acquire();
    await clock.advanceAsync(500);
    expect(leaks).toEqual([{ pool: 'pool', resource: kept.resource, key: 'tenant', heldMs: 1_000, stack: undefined, reclaimed: false }]);
    await clock.advanceAsync(10_000);
    expect(leaks).toHaveLength(2);
    expect(pool.stats()).toMatchObject({ leaksTotal: 2, leased: 2 });
    kept.release();
    second.release();
    expect(pool.stats()).toMatchObject({ leased: 0, idle: 2 });
  });

  it('have the stack of the borrower, not of who made room for it', async () => {
    const { pool, clock } = setUp({ leakAfterMs: 1_000, leakStackRatio: 1 });
    const first = await pool.acquire();
    const theCulprit = async (): Promise<unknown> => pool.acquire();
    const leaked = theCulprit();
    await clock.advanceAsync(10);
    first.release();
    await leaked;
    await clock.advanceAsync(1_000);
    expect(leaks[0]?.stack).toContain('theCulprit');
  });

  it('have a stack in the share that leakStackRatio says', async () => {
    const dice = [0.1, 0.9, 0.4, 0.6];
    const { pool, clock } = setUp({ max: 4, leakAfterMs: 1_000, leakStackRatio: 0.5, jitterRatio: 0, random: () => dice.shift() ?? 0.9 });
    pool.resize({ min: 4 });
    await pool.ready();
    dice.push(0.1, 0.9, 0.4, 0.6);
    await Promise.all([pool.acquire(), pool.acquire(), pool.acquire(), pool.acquire()]);
    await clock.advanceAsync(1_000);
    expect(leaks.map(({ stack }) => stack !== undefined)).toEqual([true, false, true, false]);
  });

  it('are ended with leakReclaim, so that a pool exhausted by them recovers', async () => {
    const destroyed: unknown[] = [];
    const { pool, backend, clock } = setUp({ max: 2, leakAfterMs: 1_000, leakReclaim: true, acquireTimeoutMs: 5_000, destroy: (connection, reason) => { destroyed.push(reason); backend.disconnect(connection); } });
    const lost = await Promise.all([pool.acquire(), pool.acquire()]);
    const waiting = pool.acquire();
    await clock.advanceAsync(1_000);
    expect((await waiting).resource.id).toBe(3);
    expect(destroyed).toEqual(['leaked', 'leaked']);
    expect(() => lost[0]?.resource).toThrow(expect.objectContaining({ code: 'ERR_POOL_LEASE_ENDED' }));
    expect(() => lost[1]?.release()).toThrow(expect.objectContaining({ code: 'ERR_POOL_LEASE_ENDED' }));
    lost[1]?.[Symbol.dispose]();
    expect(pool.stats()).toMatchObject({ leased: 1, leases: 1, leaksTotal: 2, acquiredTotal: 3, releasedTotal: 2 });
  });

  it('are reclaimed while the pool closes, too, which ends it', async () => {
    const { pool, clock } = setUp({ leakAfterMs: 1_000, leakReclaim: true });
    await pool.acquire();
    const closed = pool.close({ timeoutMs: 5_000 });
    await clock.advanceAsync(1_000);
    await closed;
    expect(leaks).toHaveLength(1);
    expect(clock.pendingTimers).toBe(0);
  });

  it('reject with what the function threw, not with its lease\'s end, where that is to destroy on errors', async () => {
    const { pool, clock } = setUp({ leakAfterMs: 1_000, leakReclaim: true });
    const gate = deferred<void>();
    const using = expect(pool.use(() => gate.promise, { destroyOnError: true })).rejects.toThrow('its own');
    await settled();
    await clock.advanceAsync(1_000);
    gate.reject(new Error('its own'));
    await using;
    expect(leaks).toHaveLength(1);
  });

  it('are found in use, too, and leave no timer behind', async () => {
    const { pool, clock } = setUp({ leakAfterMs: 1_000 });
    void pool.use(() => new Promise(() => {}));
    await settled();
    await clock.advanceAsync(1_000);
    expect(leaks).toHaveLength(1);
    await pool.close({ timeoutMs: 0, force: true });
    expect(clock.pendingTimers).toBe(0);
    expect(clock.pendingRefs).toBe(0);
  });
});
