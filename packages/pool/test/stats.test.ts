import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { seededRandom } from '@fog/testkit';
import { Histogram } from '../src/histogram.js';
import { nextLimit, Sizing } from '../src/supply/sizing.js';
import { setUp } from './backend.js';

describe('a histogram', () => {
  it('tells percentiles to within 4 %, whatever it recorded', () => {
    const duration = fc.oneof(fc.double({ min: 0, max: 1, noNaN: true }), fc.double({ min: 0, max: 4_000_000, noNaN: true }));
    fc.assert(
      fc.property(fc.array(duration, { minLength: 1, maxLength: 200 }), fc.nat(50), (durations, zeros) => {
        const histogram = new Histogram();
        for (const durationMs of durations) histogram.record(durationMs);
        const sorted = [...Array<number>(zeros).fill(0), ...durations].toSorted((a, b) => a - b);
        const { p50Ms, p95Ms, p99Ms, maxMs } = histogram.percentiles(zeros);
        for (const [share, found] of [[0.5, p50Ms], [0.95, p95Ms], [0.99, p99Ms], [1, maxMs]] as const) {
          const exact = sorted[Math.ceil(sorted.length * share) - 1] ?? 0;
          expect(Math.abs(found - exact)).toBeLessThanOrEqual(0.001 + exact * 0.04);
        }
      }),
      { seed: 11, numRuns: 300 },
    );
  });

  it('is empty at first, takes what is too long for the longest, and follows what comes', () => {
    const histogram = new Histogram();
    expect(histogram.percentiles()).toEqual({ p50Ms: 0, p95Ms: 0, p99Ms: 0, maxMs: 0 });
    histogram.record(5);
    expect(histogram.percentiles().p50Ms).toBeCloseTo(5, 0);
    histogram.record(1e12);
    expect(histogram.percentiles().maxMs).toBeCloseTo(4_294_967, 0);
  });
});

describe('stats', () => {
  it('tell how long callers waited, resources were used and created', async () => {
    const { pool, clock } = setUp({ create: () => new Promise((resolve) => clock.setTimeout(() => resolve({ id: 1, open: true }), 200)), destroy: () => {} });
    const first = pool.acquire();
    await clock.advanceAsync(200);
    const lease = await first;
    const second = pool.acquire();
    await clock.advanceAsync(400);
    lease.release();
    (await second).release();
    for (let use = 0; use < 98; use += 1) (await pool.acquire()).release();
    const stats = pool.stats();
    expect(stats).toMatchObject({ acquiredTotal: 100, acquireP50Ms: 0, acquireMaxMs: 400, useMaxMs: 400, reuseRatio: 0.99 });
    expect(stats.acquireP99Ms).toBeCloseTo(200, -1);
    expect(stats.createP50Ms).toBeCloseTo(200, -1);
    expect(stats.useP50Ms).toBeLessThan(0.1);
  });

  it('tell the waits of many by some of them, as if all had been measured', async () => {
    const { pool, clock } = setUp({ max: 1 });
    const first = await pool.acquire();
    const waiting = Array.from({ length: 2_000 }, () => pool.acquire());
    first.release();
    // 20 ms in all, so within one tick of the coarse clock.
    for (const lease of waiting) {
      clock.advance(0.01);
      (await lease).release();
    }
    const { acquireP50Ms, acquireP95Ms, acquireMaxMs } = pool.stats();
    expect(Math.abs(acquireP50Ms / 10 - 1)).toBeLessThan(0.05);
    expect(Math.abs(acquireP95Ms / 19 - 1)).toBeLessThan(0.05);
    expect(acquireMaxMs).toBeGreaterThan(19.8);
  });

  it('time every use that lasts, and some of those that are over at once', async () => {
    const { pool, clock } = setUp();
    for (let ms = 1; ms <= 100; ms += 1) await pool.use(() => clock.advance(ms));
    const { useP50Ms, useP99Ms, useMaxMs } = pool.stats();
    expect(useP50Ms).toBeCloseTo(50, -1);
    expect(useP99Ms).toBeCloseTo(99, -1);
    expect(useMaxMs).toBe(100);
  });

  it('tell a use of more than 71 minutes, where 32 bits of microseconds begin anew', async () => {
    const { pool, clock } = setUp();
    const lease = await pool.acquire();
    await clock.advanceAsync(72 * 60_000);
    lease.release();
    expect(pool.stats().useP50Ms / 60_000).toBeCloseTo(72, -1);
  });

  it('are in the time-out error, as they were then', async () => {
    const { pool, clock } = setUp({ acquireTimeoutMs: 10 });
    const lease = await pool.acquire();
    const error = pool.acquire().catch((reason: unknown) => reason);
    await clock.advanceAsync(10);
    lease.release();
    expect(await error).toMatchObject({ code: 'ERR_POOL_ACQUIRE_TIMEOUT', stats: { leased: 1, idle: 0, max: 1, timeoutsTotal: 1 } });
  });
});

describe('adaptive', () => {
  it('lets a limit grow while uses take no longer, and shrink as they do', () => {
    expect(nextLimit(10, 5, { meanMs: 5, leased: 10 })).toBeGreaterThan(10);
    expect(nextLimit(10, 5, { meanMs: 7, leased: 10 })).toBeGreaterThan(10);
    expect(nextLimit(10, 5, { meanMs: 20, leased: 10 })).toBeLessThan(10);
    expect(nextLimit(10, 5, { meanMs: 20, leased: 4 })).toBe(10);
  });

  it.each([1, 100])('finds about the size at which a backend is at its best from a limit of %p, and goes on when it can do more', (start) => {
    const random = seededRandom(5);
    const sizing = new Sizing(start, start);
    let nowMs = 0;
    let capacity = 8;
    /** A backend that serves `capacity` at once in 10 ms each; beyond it they share, and thrash. */
    const minutes = (number: number): number => {
      const endMs = nowMs + number * 60_000;
      for (; nowMs < endMs; nowMs += 20) {
        const leased = sizing.limit(1, 100);
        const load = Math.max(1, leased / capacity);
        sizing.used(10 * load ** 2 * (0.9 + 0.2 * random()), leased, nowMs);
      }
      return sizing.limit(1, 100);
    };
    const small = minutes(10.5);
    expect(small).toBeGreaterThanOrEqual(6);
    expect(small).toBeLessThanOrEqual(16);
    capacity = 40;
    const large = minutes(10);
    expect(large).toBeGreaterThanOrEqual(32);
    expect(large).toBeLessThanOrEqual(70);
  });

  it('goes on where uses are too short for the clock', () => {
    const limit = nextLimit(10, 0, { meanMs: 0, leased: 10 });
    expect(limit).toBeGreaterThan(10);
    expect(nextLimit(limit, 0, { meanMs: 1, leased: 10 })).toBeLessThan(limit);
  });

  it('keeps the pool between min and max, and tells its limit', async () => {
    const { pool, backend, clock } = setUp({ min: 2, max: 25, adaptive: true });
    expect(pool.stats()).toMatchObject({ max: 25, limit: 5 });
    const use = (): Promise<void> => pool.use(() => new Promise<void>((resolve) => clock.setTimeout(resolve, 10)), { timeoutMs: 60_000 });
    const busy = Promise.all(Array.from({ length: 3_000 }, use));
    await clock.advanceAsync(12_000);
    await busy;
    expect(pool.stats().limit).toBeGreaterThan(7);
    expect(backend.mostOpen).toBeLessThanOrEqual(pool.stats().limit);
    pool.resize({ max: 4 });
    expect(pool.stats()).toMatchObject({ max: 4, limit: 4, size: 4 });
  });
});
