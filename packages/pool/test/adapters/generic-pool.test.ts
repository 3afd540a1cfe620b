import { ManualClock } from '@fog/testkit';
import { describe, expect, it } from '@jest/globals';
import { createPool, DefaultEvictor, Deque, type Evictor, type Factory, type Options, Pool, PriorityQueue } from '../../src/adapters/generic-pool.js';
import { EvictionRound } from '../../src/generic/evictor.js';
import { PooledResource } from '../../src/generic/pooled-resource.js';
import { deferred, settled } from '../backend.js';

interface Thing {
  readonly id: number;
}

/** Counts, and fails while it is told to. */
class Things implements Factory<Thing> {
  created = 0;
  attempts = 0;
  readonly destroyed: number[] = [];
  down: Error | undefined = undefined;
  readonly create = async (): Promise<Thing> => {
    this.attempts += 1;
    if (this.down !== undefined) throw this.down;
    return { id: (this.created += 1) };
  };
  readonly destroy = (thing: Thing): void => {
    this.destroyed.push(thing.id);
  };
}

function setUp(options: Options = {}, parts: Partial<Factory<Thing>> = {}): { clock: ManualClock; things: Things; pool: Pool<Thing> } {
  const clock = new ManualClock();
  const things = new Things();
  const { create, destroy } = things;
  return { clock, things, pool: createPool({ create, destroy, ...parts }, { clock, ...options }) };
}

describe('a pool in place of generic-pool', () => {
  it('creates at once what is to replace a resource, however long the end of that takes', async () => {
    const gate = deferred<void>();
    const { pool, clock } = setUp({ max: 1, acquireTimeoutMillis: 1_000 }, { destroy: () => gate.promise });
    await pool.destroy(await pool.acquire());
    expect(pool.spareResourceCapacity).toBe(1);
    expect(await pool.acquire()).toEqual({ id: 2 });
    gate.resolve();
    expect(clock.pendingRefs).toBe(0);
  });

  it('serves who waits by priority, those of one in their order, and an unknown priority last', async () => {
    const { pool } = setUp({ priorityRange: 3 });
    const first = await pool.acquire();
    const served: unknown[] = [];
    for (const [index, priority] of [2, 1, 0, 9, 1, -4, undefined].entries())
      void pool.use(() => served.push(index), priority);
    await pool.release(first);
    await settled();
    expect(served).toEqual([2, 6, 1, 4, 0, 3, 5]);
  });

  it('ends a wait after acquireTimeoutMillis by an error of that name, which knows why', async () => {
    const { pool, things, clock } = setUp({ acquireTimeoutMillis: '50' });
    things.down = new Error('ECONNREFUSED');
    const waiting = expect(pool.acquire()).rejects.toMatchObject({ name: 'TimeoutError', message: 'ResourceRequest timed out', code: 'ERR_POOL_ACQUIRE_TIMEOUT', cause: { cause: things.down } });
    await clock.advanceAsync(50);
    await waiting;
    expect(pool.pending).toBe(0);
  });

  it('tries again what could not be created, with pauses, while somebody waits', async () => {
    const { pool, things, clock } = setUp({ max: 10 });
    const errors: unknown[] = [];
    pool.on('factoryCreateError', (error) => errors.push(error));
    things.down = new Error('ECONNREFUSED');
    const waiting = Array.from({ length: 5 }, () => pool.acquire());
    await clock.advanceAsync(60_000);
    expect(things.attempts).toBeLessThanOrEqual(40);
    expect(errors).toEqual(Array(things.attempts).fill(things.down));
    things.down = undefined;
    await clock.advanceAsync(10_000);
    expect((await Promise.all(waiting)).map(({ id }) => id).toSorted((a, b) => a - b)).toEqual([1, 2, 3, 4, 5]);
  });

  it('takes a factory that throws synchronously for one that rejects', async () => {
    const { pool, clock } = setUp(
      {},
      {
        create: () => {
          throw new Error('sync create');
        },
        destroy: () => {
          throw new Error('sync destroy');
        },
      },
    );
    const failed = new Promise((resolve) => pool.once('factoryCreateError', resolve));
    void pool.acquire();
    expect(await failed).toMatchObject({ message: 'sync create' });
    expect(clock.pendingTimers).toBeGreaterThan(0);

    const other = setUp({}, { destroy: () => { throw new Error('sync destroy'); } }).pool;
    const undestroyed = new Promise((resolve) => other.once('factoryDestroyError', resolve));
    await other.destroy(await other.acquire());
    expect(await undestroyed).toMatchObject({ message: 'sync destroy' });
    expect(other.size).toBe(0);
  });

  it('says when a destroy takes longer than destroyTimeoutMillis, and goes on', async () => {
    const { pool, clock } = setUp({ destroyTimeoutMillis: 20 }, { destroy: () => new Promise(() => {}) });
    const late = new Promise((resolve) => pool.once('factoryDestroyError', resolve));
    await pool.destroy(await pool.acquire());
    await clock.advanceAsync(20);
    expect(await late).toMatchObject({ message: 'destroy timed out' });
    expect(await pool.acquire()).toEqual({ id: 2 });
  });

  it('validates on borrow and on return as it is told, and replaces what is refused, fails or hangs', async () => {
    const answers: (() => unknown)[] = [() => false, () => { throw new Error('no'); }, () => new Promise(() => {}), () => undefined];
    for (const when of ['testOnBorrow', 'testOnReturn'] as const) {
      for (const [index, answer] of answers.entries()) {
        const { pool, clock } = setUp({ [when]: true }, { validate: answer as () => boolean });
        await pool.release(await pool.acquire());
        const next = pool.acquire();
        await clock.advanceAsync(10_000);
        expect(await next).toEqual({ id: index === 3 ? 1 : 2 });
      }
    }
  });

  it('destroys what use failed with, and lets use give it back itself', async () => {
    const { pool, things } = setUp({ max: 2 });
    await expect(pool.use(() => { throw new Error('sync'); })).rejects.toThrow('sync');
    await expect(pool.use(async () => { throw new Error('async'); })).rejects.toThrow('async');
    expect(things.destroyed).toEqual([1, 2]);
    const others: Thing[] = [];
    expect(
      await pool.use(async (thing) => {
        await pool.release(thing);
        others.push(await pool.acquire());
        return 'done';
      }),
    ).toBe('done');
    expect(pool.borrowed).toBe(1);
    expect(others.map((thing) => pool.isBorrowedResource(thing))).toEqual([true]);
  });

  it('evicts what its evictor says, some at each run, and keeps its minimum', async () => {
    const asked: number[] = [];
    class Picky implements Evictor<Thing> {
      evict(_config: unknown, { obj }: PooledResource<Thing>): boolean {
        asked.push(obj.id);
        return obj.id === 2;
      }
    }
    const clock = new ManualClock();
    const things = new Things();
    const pool = new Pool<Thing>(Picky, Deque, PriorityQueue, things, { max: 4, min: 4, evictionRunIntervalMillis: 100, numTestsPerEvictionRun: 2, clock });
    await pool.ready();
    const kept = await pool.acquire();
    await clock.advanceAsync(300);
    expect(asked.slice(0, 2)).toEqual([2, 3]);
    expect(things.destroyed).toEqual([2]);
    expect(pool.size).toBe(4);
    await pool.release(kept);
    await pool.drain();
    expect(pool._scheduledEviction).toBeNull();
  });

  it('takes what has been idle too long for evictable, by the soft limit only beyond the minimum', () => {
    const evictor = new DefaultEvictor();
    const idleFor = (idleMs: number): PooledResource<string> => Object.assign(new PooledResource('x'), { lastIdleTime: Date.now() - idleMs });
    const evicts = (idleMs: number, softMs: number, hardMs: number, available: number): boolean =>
      evictor.evict({ softIdleTimeoutMillis: softMs, idleTimeoutMillis: hardMs, min: 1 }, idleFor(idleMs), available);
    expect([evicts(5_000, -1, 10_000, 3), evicts(50_000, -1, 10_000, 1), evicts(5_000, 1_000, 10_000, 3), evicts(5_000, 1_000, 10_000, 1)]).toEqual([false, true, true, false]);
  });

  it('looks at all in turn, however few a run looks at', () => {
    const round = new EvictionRound<number>();
    const idle = [0, 1, 2, 3, 4].map((id) => new PooledResource(id));
    const seen: number[] = [];
    const evictor: Evictor<number> = { evict: (_config, { obj }) => seen.push(obj) < 0 };
    for (let run = 0; run < 5; run += 1) round.pick(idle, 2, evictor, { softIdleTimeoutMillis: -1, idleTimeoutMillis: 1, min: 0 });
    expect(seen).toEqual([0, 1, 2, 3, 4, 0, 1, 2, 3, 4]);
    expect(round.pick([], 2, evictor, { softIdleTimeoutMillis: -1, idleTimeoutMillis: 1, min: 0 })).toEqual([]);
  });

  it('clears what is idle and what is being created, and makes its minimum anew', async () => {
    const gate = deferred<Thing>();
    const { pool, things } = setUp({ max: 2, min: 1 }, { create: () => gate.promise });
    await settled();
    const cleared = pool.clear();
    gate.resolve({ id: 1 });
    await cleared;
    expect(things.destroyed).toEqual([1]);
    await settled();
    expect(pool.available).toBe(1);
  });

  it('clears what was validated for a borrower who has given up', async () => {
    const gate = deferred<boolean>();
    const { pool, things, clock } = setUp({ testOnBorrow: true, acquireTimeoutMillis: 50 }, { validate: () => gate.promise });
    await pool.release(await pool.acquire());
    const late = expect(pool.acquire()).rejects.toMatchObject({ name: 'TimeoutError' });
    await clock.advanceAsync(50);
    await late;
    gate.resolve(true);
    await settled();
    await pool.clear();
    expect(things.destroyed).toEqual([1]);
  });

  it('starts when it is told to, or with the first borrower', async () => {
    const { pool, things } = setUp({ autostart: false, min: 1 });
    await settled();
    expect([pool.size, pool.pending, pool.max, pool.min, things.attempts]).toEqual([0, 0, 1, 1, 0]);
    pool.start();
    expect([pool.size, things.attempts]).toEqual([1, 1]);
    await pool.ready();
    expect(pool.available).toBe(1);
    const idle = setUp({ autostart: false }).pool;
    await idle.drain();
    await idle.clear();
    idle.start();
    await expect(idle.acquire()).rejects.toThrow('pool is draining and cannot accept work');
  });

  it('makes its promises by the class it is given', async () => {
    class Own<T> extends Promise<T> {}
    const { pool } = setUp({ Promise: Own });
    const acquired = pool.acquire();
    expect([acquired, pool.ready(), pool.use(() => 1), pool.release({ id: 9 }).catch(() => {}), pool.drain(), pool.clear()].every((promise) => promise instanceof Own)).toBe(true);
    await pool.release(await acquired);
  });

  it('refuses a factory that lacks something, and options that cannot be honoured', () => {
    expect(() => createPool({ destroy: () => {} } as never)).toThrow(new TypeError('factory.create must be a function'));
    expect(() => createPool({ create: () => 1 } as never)).toThrow(new TypeError('factory.destroy must be a function'));
    expect(() => createPool({ create: () => 1, destroy: () => {}, validate: 1 } as never)).toThrow(new TypeError('factory.validate must be a function'));
    for (const options of [{ testOnBorrow: true }, { testOnReturn: true }, { acquireTimeoutMillis: -1 }, { acquireTimeoutMillis: 'soon' }, { destroyTimeoutMillis: -5 }])
      expect(() => createPool(new Things(), options)).toThrow(expect.objectContaining({ code: 'ERR_POOL_INVALID_OPTION' }));
    for (const options of [null, undefined, { max: 'x', min: [] as never }, { acquireTimeoutMillis: 2 ** 40 }, { acquireTimeoutMillis: Infinity }, { evictionRunIntervalMillis: -1 }, { log: false } as never])
      expect(createPool(new Things(), options).max).toBe(1);
  });
});
