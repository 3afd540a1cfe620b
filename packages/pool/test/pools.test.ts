import { describe, expect, it } from '@jest/globals';
import { createPool, createPools, getPools } from '../src/index.js';
import { ManualClock } from '@fog/testkit';
import { settled } from './backend.js';

const numbers = (): { create: () => number; max: number } => {
  let last = 0;
  return { max: 2, create: () => (last += 1) };
};
const words = { max: 3, min: 1, create: async () => 'word' };

describe('pools', () => {
  it('are made, lent from and read by name', async () => {
    const pools = createPools({ numbers: numbers(), words });
    const lease = await pools.acquire('numbers');
    const number: number = lease.resource;
    expect(number).toBe(1);
    const length: number = await pools.use('words', (word) => word.length, { timeoutMs: 50 });
    expect(length).toBe(4);
    expect(pools.statsByName()).toMatchObject({ numbers: { leases: 1, max: 2 }, words: { idle: 1, leases: 0 } });
    expect(pools.has('numbers') && !pools.has('letters')).toBe(true);
    expect([...pools].map(([name]) => name)).toEqual(['numbers', 'words']);
    lease.release();
    await pools.close();
  });

  it('may be added later, also such as are there', async () => {
    const pools = createPools();
    const made = pools.create('numbers', numbers());
    const added = pools.add('words', createPool({ ...words, name: 'of elsewhere' }));
    expect(made.name).toBe('numbers');
    expect(pools.get('words')).toBe(added);
    await pools.ready();
    expect(added.stats().idle).toBe(1);
    await pools.close();
  });

  it('say whose options are refused, and are all made or none', async () => {
    let created = 0;
    const first = { max: 1, min: 1, create: () => (created += 1) };
    expect(() => createPools({ first, database: { max: 0, create: () => 1 } })).toThrow('database: option max must be an integer ≥ 1, not 0');
    expect(() => createPools({ first, database: { max: 1, size: 2, create: () => 1 } as never })).toThrow('database: there is no option size');
    expect(() => createPools({ first, database: { max: 1, name: 'other', create: () => 1 } as never })).toThrow("database: option name must be left out");
    for (const definition of [null, undefined, 1, 'pool']) expect(() => createPools({ first, database: definition as never })).toThrow('database: option options must be an object');
    for (const definitions of [null, 1, 'abc', [first]]) expect(() => createPools(definitions as never)).toThrow(expect.objectContaining({ code: 'ERR_POOL_INVALID_OPTION' }));
    await settled();
    expect(created).toBe(0);
  });

  it('add their stats up', async () => {
    const pools = createPools({ numbers: numbers(), words });
    await pools.ready();
    for (let use = 0; use < 4; use += 1) await pools.use('numbers', () => {});
    await pools.use('words', () => settled());
    const held = await pools.acquire('numbers');
    const { numbers: one, words: other } = pools.statsByName();
    const joint = pools.stats();
    expect(joint).toMatchObject({ max: 5, min: 1, size: 2, leases: 1, createdTotal: 2, acquiredTotal: 6, reuseRatio: expect.closeTo(4 / 6) });
    expect(Object.keys(joint).toSorted()).toEqual(Object.keys(one ?? {}).toSorted());
    expect(joint.useMaxMs).toBe(Math.max(one?.useMaxMs ?? 0, other?.useMaxMs ?? 0));
    expect(createPools().stats()).toMatchObject({ size: 0, reuseRatio: 0 });
    held.release();
    await pools.close();
  });

  it('are closed in turn, the last made first, and all even if one fails', async () => {
    const gone: string[] = [];
    const pools = createPools();
    const clock = new ManualClock();
    for (const name of ['first', 'second', 'third'])
      pools.create(name, {
        max: 1,
        min: 1,
        clock,
        create: () => name,
        destroy: async () => {
          await settled();
          gone.push(name);
        },
      });
    await pools.ready();
    const lease = await pools.acquire('second');
    const failed = expect(pools.close({ timeoutMs: 100 })).rejects.toMatchObject({ code: 'ERR_POOL_CLOSE_TIMEOUT', message: expect.stringContaining('second') });
    await clock.advanceAsync(100);
    await clock.advanceAsync(100);
    await failed;
    expect(gone).toEqual(['third', 'first']);
    lease.release();
    await pools.close();
    expect(gone).toEqual(['third', 'first', 'second']);
    expect(() => pools.create('fourth', numbers())).toThrow(expect.objectContaining({ code: 'ERR_POOL_CLOSED' }));
  });

  it('wait for one before the next is closed', async () => {
    const gone: string[] = [];
    const pools = createPools({ database: { max: 1, create: () => 'connection', destroy: () => gone.push('database') }, cache: { max: 1, create: () => 'client', destroy: () => gone.push('cache') } });
    await pools.use('database', () => {});
    const lease = await pools.acquire('cache');
    const closed = pools.close();
    await settled();
    // The cache's last borrower still finds the database.
    await pools.use('database', () => {});
    lease.release();
    await closed;
    expect(gone).toEqual(['cache', 'database']);
  });

  it('refuse names that are taken, unknown or none', async () => {
    const pools = createPools({ numbers: numbers() });
    expect(() => pools.create('numbers', words)).toThrow('option name must be one that no other pool has');
    expect(() => pools.create('', words)).toThrow('option name must be');
    expect(() => pools.add('other', {} as never)).toThrow('option pool must be a pool');
    expect(() => pools.get('letters' as never)).toThrow("there is no pool 'letters'; there is numbers");
    await expect(pools.acquire('letters' as never)).rejects.toMatchObject({ code: 'ERR_POOL_UNKNOWN_POOL' });
    await expect(pools.use('letters' as never, () => 1)).rejects.toMatchObject({ code: 'ERR_POOL_UNKNOWN_POOL' });
    await pools.close();
  });

  it('stay open when they are closed or waited for by options that there are not', async () => {
    const pools = createPools();
    const refusal = { code: 'ERR_POOL_INVALID_OPTION' };
    for (const options of [null, 7, { timeoutMs: -1 }, { forced: true }]) await expect(pools.close(options as never)).rejects.toMatchObject(refusal);
    for (const options of [null, 7, { timeoutMs: 1 }]) await expect(pools.ready(options as never)).rejects.toMatchObject(refusal);
    pools.create('numbers', numbers());
    expect(await pools.use('numbers', (number) => number)).toBe(1);
    await pools.close();
  });

  it('refuse what only looks like a pool', async () => {
    await using pools = createPools();
    for (const pool of [undefined, null, 7, { acquire: 1, close: 2, stats: 3 }]) expect(() => pools.add('none', pool as never)).toThrow(expect.objectContaining({ code: 'ERR_POOL_INVALID_OPTION' }));
  });

  it('of the process are the same everywhere, until they are closed', async () => {
    const pools = getPools();
    pools.create('numbers', numbers());
    expect(await getPools().use('numbers', (number: number) => number + 1)).toBe(2);
    await getPools().close();
    expect(getPools()).not.toBe(pools);
    expect(getPools().has('numbers')).toBe(false);
  });
});
