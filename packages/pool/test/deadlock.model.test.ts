import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { createPool, type Pool } from '../src/index.js';
import { settled } from './backend.js';

/** A use with others inside it, at once or one after the other, or an acquire that is held for some turns. */
type Program = { readonly kind: 'use'; readonly key: string | undefined; readonly atOnce: boolean; readonly inside: readonly Program[] } | { readonly kind: 'acquire'; readonly key: string | undefined; readonly turns: number };

/** Or the end of a pool whose programs hang. */
const isRefusal = (error: unknown): boolean => ['ERR_POOL_DEADLOCK', 'ERR_POOL_CLOSED'].includes(String((error as { code?: string }).code));

/** Of an acquire. */
const MOST_TURNS = 4;

const key = fc.constantFrom(undefined, undefined, 'a', 'b');
const { program } = fc.letrec<{ program: Program }>((tie) => ({
  program: fc.oneof(
    { depthSize: 'small', withCrossShrink: true },
    fc.record({ kind: fc.constant('acquire' as const), key, turns: fc.nat(MOST_TURNS) }),
    fc.record({ kind: fc.constant('use' as const), key, atOnce: fc.boolean(), inside: fc.array(tie('program'), { maxLength: 3 }) }),
  ),
}));

/** Every caller goes on after a refusal, and gives back what it has. */
async function run(pool: Pool<object>, program: Program): Promise<void> {
  const { key } = program;
  try {
    if (program.kind === 'acquire') {
      using _lease = await pool.acquire({ key });
      for (let turn = 0; turn < program.turns; turn += 1) await settled();
      return;
    }
    await pool.use(
      async () => {
        if (program.atOnce) await Promise.all(program.inside.map((inner) => run(pool, inner)));
        else for (const inner of program.inside) await run(pool, inner);
      },
      { key },
    );
  } catch (error) {
    if (!isRefusal(error)) throw error;
  }
}

interface Outcome {
  readonly hangs: boolean;
  readonly refused: number;
}

async function runAll(programs: readonly Program[], options: { readonly max: number; readonly concurrency: number; readonly maxPerKey: number; readonly detectDeadlock: boolean }): Promise<Outcome> {
  const pool = createPool({ create: () => ({}), acquireTimeoutMs: Infinity, ...options });
  const running = new Set(programs);
  for (const program of programs) void run(pool, program).finally(() => running.delete(program));
  for (let still = 0, loans = 0; running.size > 0 && still < 2 * MOST_TURNS; still += 1) {
    await settled();
    const { acquiredTotal, releasedTotal } = pool.stats();
    if (acquiredTotal + releasedTotal !== loans) still = 0;
    loans = acquiredTotal + releasedTotal;
  }
  const outcome = { hangs: running.size > 0, refused: pool.stats().refusedTotal };
  if (!outcome.hangs) expect(pool.stats()).toMatchObject({ leases: 0, waiting: 0 });
  await pool.close({ timeoutMs: 0, force: true }).catch(() => {});
  return outcome;
}

const programs = fc.array(program, { minLength: 1, maxLength: 4 });
const max = fc.integer({ min: 1, max: 3 });
const concurrency = fc.constantFrom(1, 1, 2);

describe('detectDeadlock, of random programs', () => {
  it('refuses somebody where they would hang without it, and nobody where they would not', async () => {
    await fc.assert(
      fc.asyncProperty(programs, max, concurrency, async (all, max, concurrency) => {
        const options = { max, concurrency, maxPerKey: Infinity };
        const without = await runAll(all, { ...options, detectDeadlock: false });
        const detected = await runAll(all, { ...options, detectDeadlock: true });
        expect(detected).toMatchObject({ hangs: false });
        expect(detected.refused > 0).toBe(without.hangs);
      }),
      { seed: 20_261_126, numRuns: 150 },
    );
  });

  it('refuses somebody where they would hang, and nobody else, whatever quotas keys have', async () => {
    await fc.assert(
      fc.asyncProperty(programs, max, concurrency, fc.constantFrom(1, 2), async (all, max, concurrency, maxPerKey) => {
        const options = { max, concurrency, maxPerKey };
        const without = await runAll(all, { ...options, detectDeadlock: false });
        const detected = await runAll(all, { ...options, detectDeadlock: true });
        expect(detected).toMatchObject({ hangs: false });
        expect(detected.refused > 0).toBe(without.hangs);
      }),
      { seed: 20_261_126, numRuns: 150 },
    );
  });
});
