import { describe, expect, it } from '@jest/globals';
import { setUp, settled } from './backend.js';

describe('use', () => {
  it('lends until the function settles, and gives what it gave', async () => {
    const { pool } = setUp();
    for (let turn = 0; turn < 2; turn += 1) { // The first has to wait for a create.
      const result = pool.use(async ({ id }) => {
        await settled();
        expect(pool.stats().leased).toBe(1);
        return id * 10;
      });
      expect(await result).toBe(10);
      expect(pool.stats().leased).toBe(0);
    }
    expect(await pool.use(({ id }) => id)).toBe(1);
    expect(pool.stats()).toMatchObject({ leased: 0, idle: 1 });
  });

  it('gives the resource back when the function throws or rejects, now or later', async () => {
    const { pool } = setUp();
    for (let turn = 0; turn < 2; turn += 1) {
      await expect(pool.use(() => { throw new Error('now'); })).rejects.toThrow('now');
      await expect(pool.use(async () => { await settled(); throw new Error('later'); })).rejects.toThrow('later');
    }
    expect(pool.stats()).toMatchObject({ leased: 0, idle: 1, createdTotal: 1 });
  });

  it('lends nothing to what is no function', async () => {
    const { pool } = setUp();
    for (let turn = 0; turn < 2; turn += 1) {
      await expect(pool.use(undefined as never)).rejects.toMatchObject({ code: 'ERR_POOL_INVALID_OPTION', message: 'option fn must be a function, not undefined' });
      expect(pool.stats()).toMatchObject({ createdTotal: turn, acquiredTotal: turn });
      await pool.use(() => {});
    }
  });

  it('resets the resource after an error, as after any use', async () => {
    const reset: number[] = [];
    const { pool } = setUp({ reset: ({ id }) => { reset.push(id); } });
    await expect(pool.use(() => { throw new Error('no'); })).rejects.toThrow('no');
    await pool.use(() => {});
    expect(reset).toEqual([1, 1]);
  });

  it('destroys the resource after an error when told so, for all errors or for some', async () => {
    const { pool } = setUp();
    const fail = (): never => { throw new Error('broken pipe'); };
    await expect(pool.use(fail, { destroyOnError: true })).rejects.toThrow('broken pipe');
    expect(pool.stats()).toMatchObject({ size: 0, destroyedTotal: 1 });
    await expect(pool.use(fail, { destroyOnError: (error) => (error as Error).message === 'other' })).rejects.toThrow('broken pipe');
    expect(pool.stats().destroyedTotal).toBe(1);
    await expect(pool.use(fail, { destroyOnError: (error) => (error as Error).message === 'broken pipe' })).rejects.toThrow('broken pipe');
    expect(pool.stats()).toMatchObject({ size: 0, destroyedTotal: 2, leased: 0 });
  });

  it('waits no longer than it is told, and not for an aborted caller', async () => {
    const { pool, clock } = setUp();
    await pool.acquire();
    const late = pool.use(() => 1, { timeoutMs: 10 });
    await settled();
    clock.advance(10);
    await expect(late).rejects.toMatchObject({ code: 'ERR_POOL_ACQUIRE_TIMEOUT' });
    await expect(pool.use(() => 1, { signal: AbortSignal.abort(new Error('gone')) })).rejects.toThrow('gone');
    await expect(pool.use(() => 1, { destroyOnErorr: true } as never)).rejects.toMatchObject({ code: 'ERR_POOL_INVALID_OPTION' });
  });
});
