/** What a user sees of generic-pool, and of ours in its place, after the same random calls. */
import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import * as theirs from 'generic-pool';
import * as ours from '../../src/adapters/generic-pool.js';
import { settled } from '../backend.js';

type Call =
  | { readonly kind: 'acquire'; readonly priority: number }
  | { readonly kind: 'release' | 'destroy'; readonly of: number }
  | { readonly kind: 'releaseForeign' | 'invalidateIdle' };

const call: fc.Arbitrary<Call> = fc.oneof(
  { weight: 4, arbitrary: fc.record({ kind: fc.constant('acquire' as const), priority: fc.integer({ min: 0, max: 2 }) }) },
  { weight: 4, arbitrary: fc.record({ kind: fc.constantFrom('release' as const, 'destroy' as const), of: fc.nat(9) }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constantFrom('releaseForeign' as const, 'invalidateIdle' as const) }) },
);

interface Thing {
  readonly id: number;
  valid: boolean;
}

interface Given {
  readonly max: number;
  readonly min: number;
  readonly fifo: boolean;
  readonly testOnBorrow: boolean;
}

/** Everything observable, call by call. */
async function observe(createPool: typeof theirs.createPool, given: Given, calls: readonly Call[]): Promise<unknown[]> {
  const seen: unknown[] = [];
  const alive = new Set<Thing>();
  let ids = 0;
  const factory = {
    create: async (): Promise<Thing> => {
      const thing = { id: (ids += 1), valid: true };
      alive.add(thing);
      return thing;
    },
    destroy: async (thing: Thing): Promise<void> => {
      alive.delete(thing);
    },
    validate: async (thing: Thing): Promise<boolean> => thing.valid,
  };
  const pool = createPool(factory, { ...given, priorityRange: 3, maxWaitingClients: 50 });
  await settled();
  const held: Thing[] = [];
  /** In the last call; promises may settle in any order. */
  const happened: string[] = [];
  let order = 0;
  for (const call of calls) {
    switch (call.kind) {
      case 'acquire': {
        const caller = (order += 1);
        void pool.acquire(call.priority).then(
          (thing) => {
            held.push(thing);
            return happened.push(`caller ${caller} got a valid one: ${thing.valid || !given.testOnBorrow}`);
          },
          (error: Error) => happened.push(`caller ${caller}: ${error.message}`),
        );
        break;
      }
      case 'release':
      case 'destroy': {
        const [thing] = held.splice(call.of % Math.max(held.length, 1), 1);
        if (thing !== undefined) await pool[call.kind](thing).then(() => happened.push(call.kind));
        break;
      }
      case 'releaseForeign':
        await pool.release({ id: 0, valid: true }).catch((error: Error) => happened.push(error.message));
        break;
      case 'invalidateIdle':
        for (const thing of alive) if (!held.includes(thing)) thing.valid = false;
        break;
      default:
    }
    await settled();
    const { size, available, borrowed, pending, spareResourceCapacity } = pool;
    seen.push(...happened.splice(0).toSorted(), { size, available, borrowed, pending, spareResourceCapacity, alive: alive.size });
  }
  const drained = pool.drain();
  while (held.length > 0) {
    await pool.release(held.pop() as Thing);
    await settled();
  }
  await drained;
  seen.push(await pool.clear(), alive.size, pool.size);
  await pool.acquire().catch((error: Error) => seen.push(error.message));
  return seen;
}

describe('generic-pool and ours in its place', () => {
  it('do the same', async () => {
    const given = fc.record({ max: fc.integer({ min: 1, max: 3 }), min: fc.integer({ min: 0, max: 3 }), fifo: fc.boolean(), testOnBorrow: fc.boolean() });
    await fc.assert(
      fc.asyncProperty(given, fc.array(call, { maxLength: 40 }), async (given, calls) => {
        expect(await observe(ours.createPool as typeof theirs.createPool, given, calls)).toEqual(await observe(theirs.createPool, given, calls));
      }),
      { numRuns: 150, seed: 7 },
    );
  });

  it('name the same things', () => {
    const names = (module: object): string[] => Object.keys(module).filter((name) => name !== 'default' && name !== 'module.exports');
    expect(names(ours)).toEqual(expect.arrayContaining(names(theirs)));
    expect(names(ours.default)).toEqual(expect.arrayContaining(names(theirs)));
    const members = (pool: object): string[] => Object.getOwnPropertyNames(pool).filter((name) => !name.startsWith('_'));
    expect(members(ours.Pool.prototype)).toEqual(expect.arrayContaining(members(theirs.Pool.prototype)));
  });
});
