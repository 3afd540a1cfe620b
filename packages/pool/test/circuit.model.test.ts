import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { backoffMs } from '../src/supply/backoff.js';
import { setUp, settled } from './backend.js';

const MIN_MS = 100;
const MAX_MS = 2_000;
const BREAK_AFTER = 3;
/** As {@link setUp} has it. */
const random = (): number => 0.5;

/** What is known of a backend from the creates that it was asked for, one at a time. */
class Model {
  failures = 0;
  pausedUntilMs = 0;

  failed(nowMs: number): void {
    this.failures += 1;
    this.pausedUntilMs = nowMs + backoffMs(this.failures, MIN_MS, MAX_MS, random);
  }

  isPaused(nowMs: number): boolean {
    return nowMs < this.pausedUntilMs;
  }
}

const step = fc.oneof(
  { weight: 4, arbitrary: fc.record({ kind: fc.constant('acquire' as const) }) },
  { weight: 3, arbitrary: fc.record({ kind: fc.constant('advance' as const), ms: fc.integer({ min: 1, max: 1_500 }) }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('turn' as const), down: fc.boolean() }) },
);

describe('the circuit, in random outages', () => {
  it('asks nobody in a pause, refuses at once while it is open, and is closed by the first loan', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(step, { maxLength: 60, size: 'max' }), async (steps) => {
        const { pool, backend, clock } = setUp({ max: 1, acquireTimeoutMs: Infinity, createRetryMinMs: MIN_MS, createRetryMaxMs: MAX_MS, breakAfterFailures: BREAK_AFTER });
        const model = new Model();
        const down = new Error('down');
        /** Those who wait for the end of a pause: one create is made for them then. */
        let waiting = 0;
        const check = (): void => {
          expect(pool.stats()).toMatchObject({ waiting, circuitOpen: Number(model.failures >= BREAK_AFTER), createErrorsTotal: backend.attempts - backend.opened });
        };
        const create = (): void => {
          if (backend.down === undefined) model.failures = 0;
          else model.failed(clock.now());
        };

        for (const action of steps) {
          if (action.kind === 'turn') backend.down = action.down ? down : undefined;
          else if (action.kind === 'advance') {
            const endMs = clock.now() + action.ms;
            // Whoever waits is served, or told, by what the end of the pause brings.
            while (waiting > 0 && model.pausedUntilMs <= endMs) {
              await clock.advanceAsync(model.pausedUntilMs - clock.now());
              await settled();
              create();
              // One is told of the failure; if it was not the first, all are.
              waiting = 0;
            }
            await clock.advanceAsync(endMs - clock.now());
          } else {
            const attempts = backend.attempts;
            const isPaused = model.isPaused(clock.now());
            const isOpen = model.failures >= BREAK_AFTER;
            let outcome = 'waits';
            void pool.use(() => {}).then(
              () => (outcome = 'served'),
              (error: { code?: string }) => (outcome = error.code ?? 'told'),
            );
            await settled();
            if (isPaused && isOpen) expect(outcome).toBe('ERR_POOL_CIRCUIT_OPEN');
            else if (isPaused) {
              expect(outcome).toBe('waits');
              waiting += 1;
            } else {
              expect(outcome).toBe(backend.down === undefined ? 'served' : 'told');
              create();
            }
            expect(backend.attempts - attempts).toBe(isPaused ? 0 : 1);
            // The next one is to need a create again.
            if (outcome === 'served') pool.evictAll();
          }
          await settled();
          if (pool.stats().idle > 0) pool.evictAll();
          check();
        }
        await pool.close();
        expect(clock.pendingTimers).toBe(0);
      }),
      { seed: 20_261_126, numRuns: 80 },
    );
  });
});
