import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import type { Lease } from '../src/index.js';
import { setUp, settled } from './backend.js';

const step = fc.oneof(
  { weight: 4, arbitrary: fc.record({ kind: fc.constant('acquire' as const) }) },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant('release' as const) }) },
  { weight: 3, arbitrary: fc.record({ kind: fc.constant('advance' as const), ms: fc.integer({ min: 1, max: 60 }) }) },
);

const STEP_MS = 3;

interface Caller {
  readonly sinceMs: number;
  state: 'waiting' | 'holding' | 'served' | 'shed';
  release: () => void;
}

describe('load shedding, of random load', () => {
  it('sheds who waited for twice the target, only once the queue has not drained for an interval, and keeps nobody much longer', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(step, { minLength: 20, maxLength: 60, size: 'max' }), fc.integer({ min: 5, max: 50 }), fc.integer({ min: 50, max: 200 }), async (steps, overloadTargetMs, overloadIntervalMs) => {
        const { pool, clock } = setUp({ max: 1, acquireTimeoutMs: Infinity, overloadTargetMs, overloadIntervalMs });
        const lookMs = Math.ceil(Math.max(1, Math.min(overloadTargetMs, overloadIntervalMs / 10)));
        const callers: Caller[] = [];
        const breaches: string[] = [];
        const waiting = (): Caller[] => callers.filter(({ state }) => state === 'waiting');
        const longestMs = (): number => Math.max(0, ...waiting().map(({ sinceMs }) => clock.now() - sinceMs));
        /** Since when the longest wait has been above the target, to within a step. */
        let aboveSinceMs: number | undefined;
        /** The same, but for moments between two looks of the pool. */
        let seenSinceMs = 0;
        let lastMs = -Infinity;
        const look = (): void => {
          if (longestMs() <= overloadTargetMs) {
            aboveSinceMs = undefined;
            return;
          }
          aboveSinceMs ??= clock.now();
          if (clock.now() - lastMs > lookMs + STEP_MS) seenSinceMs = clock.now();
          lastMs = clock.now();
        };
        const hold = (caller: Caller, lease: Lease<unknown>): void => {
          const { overloaded } = pool.stats();
          const place = callers.indexOf(caller);
          const passed = waiting().filter((other) => other !== caller && (overloaded ? callers.indexOf(other) > place : callers.indexOf(other) < place));
          if (passed.length > 0) breaches.push(`${place} passed ${passed.length} others`);
          caller.state = 'holding';
          caller.release = () => lease.release();
        };
        const acquire = (): void => {
          const caller: Caller = { sinceMs: clock.now(), state: 'waiting', release: () => {} };
          callers.push(caller);
          void pool.acquire().then(
            (lease) => hold(caller, lease),
            ({ code }: { code: string }) => {
              if (code !== 'ERR_POOL_OVERLOADED') return;
              const waitedMs = clock.now() - caller.sinceMs;
              const aboveMs = clock.now() - seenSinceMs;
              if (waitedMs <= 2 * overloadTargetMs || aboveMs <= overloadIntervalMs - STEP_MS) breaches.push(`shed after ${waitedMs} ms, ${aboveMs} ms above the target`);
              caller.state = 'shed';
            },
          );
        };

        acquire();
        await settled();
        for (const action of steps) {
          if (action.kind === 'acquire') acquire();
          else if (action.kind === 'release') {
            const holder = callers.find(({ state }) => state === 'holding');
            if (holder !== undefined) holder.state = 'served';
            holder?.release();
          } else
            for (let ms = 0; ms < action.ms; ms += STEP_MS) {
              await clock.advanceAsync(STEP_MS);
              look();
            }
          await settled();
          look();
          expect(breaches).toEqual([]);
          const { waiting: parked, shedTotal } = pool.stats();
          expect([parked, shedTotal]).toEqual([waiting().length, callers.filter(({ state }) => state === 'shed').length]);
          const overloadedForMs = aboveSinceMs === undefined ? 0 : clock.now() - aboveSinceMs;
          if (overloadedForMs > overloadIntervalMs + 2 * lookMs) expect(longestMs()).toBeLessThanOrEqual(2 * overloadTargetMs + 2 * lookMs);
        }
        await pool.close({ timeoutMs: 0, force: true }).catch(() => {});
        expect(clock.pendingTimers).toBe(0);
      }),
      { seed: 20_261_126, numRuns: 40 },
    );
  });
});
