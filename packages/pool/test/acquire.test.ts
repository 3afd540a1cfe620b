import { describe, expect, it } from '@jest/globals';
import { ManualClock } from '@fog/testkit';
import { createPool } from '../src/index.js';

describe('smoke', () => {
  it('works', async () => {
    const clock = new ManualClock();
    let n = 0;
    const pool = createPool({ max: 2, create: () => ({ id: ++n }), clock });
    const a = await pool.acquire();
    const b = await pool.acquire();
    const c = pool.acquire({ timeoutMs: 100 });
    const d = pool.acquire({ timeoutMs: 200 });
    clock.advance(100);
    await expect(c).rejects.toMatchObject({ code: 'ERR_POOL_ACQUIRE_TIMEOUT' });
    a.release();
    expect((await d).resource).toBe(a === b ? 0 : (await d).resource);
    b.release();
    (await d).release();
    console.log(pool.stats());
    await pool.close();
    expect(clock.pendingTimers).toBe(0);
  });
});
