import { describe, expect, it } from '@jest/globals';
import { seededRandom } from '@fog/testkit';
import fc from 'fast-check';
import { setUp, settled } from './backend.js';

const step = fc.oneof(
  { weight: 6, arbitrary: fc.record({ kind: fc.constant('load' as const), callers: fc.nat(40), useMs: fc.integer({ min: 1, max: 500 }) }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('resize' as const), min: fc.nat(3), max: fc.integer({ min: 3, max: 30 }) }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('rest' as const), ms: fc.integer({ min: 1, max: 120_000 }) }) },
);

describe('an adaptive size, of random load', () => {
  it('is from min to max and at least 1, and no more resources are made than it allows', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(step, { maxLength: 25, size: 'max' }), fc.integer({ min: 1, max: 20 }), async (steps, max) => {
        const random = seededRandom(7);
        const { pool, backend, clock } = setUp({ max, adaptive: true, acquireTimeoutMs: Infinity });
        const created: number[] = [];
        const check = (): void => {
          const { limit, min, max, size, leased } = pool.stats();
          expect(Number.isInteger(limit) && limit >= Math.max(1, min) && limit <= max).toBe(true);
          expect(backend.open).toBe(size);
          // What was lent before the limit fell may stay until it comes back.
          expect(size).toBeLessThanOrEqual(Math.max(limit, leased));
          created.push(size);
        };
        for (const action of steps) {
          if (action.kind === 'resize') pool.resize({ min: action.min, max: action.max });
          else if (action.kind === 'rest') await clock.advanceAsync(action.ms);
          else {
            const calls = Array.from({ length: action.callers }, () => pool.use(() => new Promise<void>((resolve) => clock.setTimeout(resolve, Math.ceil(action.useMs * (0.5 + random()))))));
            while (pool.stats().leases + pool.stats().waiting > 0) {
              await clock.advanceAsync(20);
              await settled();
              check();
            }
            await Promise.all(calls);
          }
          await settled();
          check();
        }
        expect(pool.stats()).toMatchObject({ leases: 0, waiting: 0 });
        await pool.close();
        expect(backend.open).toBe(0);
      }),
      { seed: 20_261_126, numRuns: 12 },
    );
  });
});
