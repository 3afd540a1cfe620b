import { describe, expect, it } from '@jest/globals';
import { ManualClock } from '@fog/testkit';
import type { Clock } from '../src/index.js';
import { type Aging, planUpkeep, type UpkeepPlan } from '../src/supply/eviction.js';
import { runIdleProgram } from './adapters/program.js';
import { setUp, settled } from './backend.js';

describe('eviction', () => {
  const entry = (sinceMs: number, expiresMs = -1, provenMs = 0): Aging => ({ sinceMs, expiresMs, provenMs });
  const plan = (idle: readonly Aging[], nowMs: number, idleTimeoutMs: number, spare: number, keepaliveMs = Infinity): UpkeepPlan<Aging> =>
    planUpkeep(idle, nowMs, { idleTimeoutMs, keepaliveMs, spare });

  it('takes the longest idle, as many as there are to spare', () => {
    const idle = [entry(0), entry(10), entry(20)];
    expect(plan(idle, 100, 50, 2)).toEqual({
      evicted: [{ entry: idle[0], reason: 'idle' }, { entry: idle[1], reason: 'idle' }],
      checked: [],
      nextMs: Infinity,
    });
    expect(plan(idle, 55, 50, 3)).toEqual({ evicted: [{ entry: idle[0], reason: 'idle' }], checked: [], nextMs: 60 });
  });

  it('takes the expired even if none are to spare, and counts them', () => {
    const idle = [entry(0), entry(0, 40), entry(0, 80)];
    expect(plan(idle, 50, 50, 0)).toEqual({ evicted: [{ entry: idle[1], reason: 'expired' }], checked: [], nextMs: 80 });
    expect(plan(idle, 50, 50, 1)).toEqual({ evicted: [{ entry: idle[1], reason: 'expired' }], checked: [], nextMs: 80 });
    expect(plan(idle, 50, 50, 2).evicted).toHaveLength(2);
  });

  it('knows when there is nothing to wait for', () => {
    expect(plan([], 5, 50, 0).nextMs).toBe(Infinity);
    expect(plan([entry(0)], 5, 50, 0).nextMs).toBe(Infinity);
  });
});

describe('an idle resource', () => {
  it('is destroyed after idleTimeoutMs, down to the minimum', async () => {
    const { pool, backend, clock } = setUp({ min: 1, max: 3, idleTimeoutMs: 1_000 });
    const leases = await Promise.all([pool.acquire(), pool.acquire(), pool.acquire()]);
    for (const lease of leases) {
      lease.release();
      await clock.advanceAsync(100);
    }
    await clock.advanceAsync(700);
    expect(backend.open).toBe(2);
    await clock.advanceAsync(100);
    expect(backend.open).toBe(1);
    await clock.advanceAsync(10_000);
    expect(backend.open).toBe(1);
    expect(backend.attempts).toBe(3);
  });

  it('stays while it is used now and then', async () => {
    const { pool, backend, clock } = setUp({ idleTimeoutMs: 1_000 });
    for (let turn = 0; turn < 10; turn += 1) {
      await pool.use(() => {});
      await clock.advanceAsync(900);
    }
    expect(backend.attempts).toBe(1);
  });

  it('leaves the process alone: no timer holds it, and none is set for a pool at its minimum', async () => {
    const { pool, clock } = setUp({ min: 1, max: 2, idleTimeoutMs: 1_000 });
    await pool.ready();
    const leases = await Promise.all([pool.acquire(), pool.acquire()]);
    for (const lease of leases) lease.release();
    expect(clock.pendingRefs).toBe(0);
    expect(clock.pendingTimers).toBeGreaterThan(0);
    await clock.advanceAsync(10_000);
    expect(clock.pendingTimers).toBe(0);
  });
});

describe('a process', () => {
  it('ends when nothing but idle resources remains', async () => {
    expect(await runIdleProgram('plain')).toBe('idle');
  });
});

describe('a lifetime', () => {
  it('ends an idle resource, and a leased one when it comes back', async () => {
    const { pool, backend, clock } = setUp({ max: 2, maxLifetimeMs: 1_000, jitterRatio: 0, idleTimeoutMs: Infinity });
    const lease = await pool.acquire();
    (await pool.acquire()).release();
    await clock.advanceAsync(1_000);
    expect(backend.open).toBe(1);
    expect(pool.stats()).toMatchObject({ leased: 1, idle: 0 });
    lease.release();
    expect(backend.open).toBe(0);
  });

  it('is over for the borrower even if a blocked event loop kept eviction from coming round', async () => {
    const manual = new ManualClock();
    let blockedMs = 0;
    const clock: Clock = {
      now: () => manual.now() + blockedMs,
      setTimeout: (callback, delayMs) => manual.setTimeout(callback, delayMs),
      setInterval: (callback, intervalMs) => manual.setInterval(callback, intervalMs),
    };
    const { pool, backend } = setUp({ maxLifetimeMs: 1_000, jitterRatio: 0, clock });
    (await pool.acquire()).release();
    manual.advance(30);
    blockedMs = 1_000;
    expect(pool.tryAcquire()).toBeUndefined();
    expect(backend.open).toBe(0);
  });

  it('is replaced at once where the minimum needs it', async () => {
    const { pool, backend, clock } = setUp({ min: 1, maxLifetimeMs: 1_000, jitterRatio: 0 });
    await pool.ready();
    await clock.advanceAsync(1_000);
    expect(pool.stats()).toMatchObject({ idle: 1, createdTotal: 2 });
    expect(backend.open).toBe(1);
  });

  it('is shortened by a jitter that is rolled once, not at each look', async () => {
    const rolls = [1, 0];
    let rolled = 0;
    const random = (): number => {
      rolled += 1;
      return rolls.shift() ?? 0.5;
    };
    const { pool, clock, backend } = setUp({ max: 2, maxLifetimeMs: 1_000, jitterRatio: 0.5, idleTimeoutMs: Infinity, random });
    const leases = await Promise.all([pool.acquire(), pool.acquire()]);
    for (const lease of leases) lease.release();
    expect(rolled).toBe(2);
    await clock.advanceAsync(499);
    expect(backend.open).toBe(2);
    await clock.advanceAsync(1);
    expect(backend.open).toBe(1);
    await clock.advanceAsync(499);
    expect(backend.open).toBe(1);
    await clock.advanceAsync(1);
    expect(backend.open).toBe(0);
    expect(rolled).toBe(2);
  });
});

describe('maxUses', () => {
  it('ends a resource after so many loans', async () => {
    const { pool, backend } = setUp({ maxUses: 2, jitterRatio: 0 });
    const lent: number[] = [];
    for (let use = 0; use < 5; use += 1) await pool.use(({ id }) => lent.push(id));
    expect(lent).toEqual([1, 1, 2, 2, 3]);
    await settled();
    expect(backend.mostOpen).toBe(1);
    expect(pool.stats()).toMatchObject({ acquiredTotal: 5, releasedTotal: 5, leased: 0 });
  });

  it('may be 1, a new resource for each borrower', async () => {
    const { pool } = setUp({ maxUses: 1 });
    const lent: number[] = [];
    for (let use = 0; use < 3; use += 1) await pool.use(({ id }) => lent.push(id));
    expect(lent).toEqual([1, 2, 3]);
    expect(pool.stats().reuseRatio).toBe(0);
  });
});
