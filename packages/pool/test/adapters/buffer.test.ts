import { ManualClock } from '@fog/testkit';
import { describe, expect, it, jest } from '@jest/globals';
import { createBufferPool } from '../../src/adapters/buffer.js';
import { settled } from '../backend.js';

describe('a pool of buffers', () => {
  it('lends what came back, of the same size or nearly', async () => {
    const buffers = createBufferPool();
    const first = await buffers.acquire(1_000);
    first.buffer.write('left behind');
    const memory = first.buffer.buffer;
    first.release();
    using again = buffers.tryAcquire(900);
    expect(again?.buffer.buffer).toBe(memory);
    expect(again?.buffer).toHaveLength(900);
    expect(again?.buffer.toString('latin1', 0, 11)).toBe('left behind');
    expect(buffers.stats()).toMatchObject({ acquiredTotal: 2, allocatedTotal: 1, reuseRatio: 0.5, leased: 1, leasedBytes: 1_024 });
  });

  it('zeroes what it lends, if it is told to', async () => {
    const buffers = createBufferPool({ zeroed: true });
    await buffers.use(100, (buffer) => buffer.fill(7));
    expect(await buffers.use(110, (buffer) => buffer.every((byte) => byte === 0))).toBe(true);
  });

  it('ends a lease once', () => {
    const lease = createBufferPool().tryAcquire(10);
    lease?.release();
    expect(() => lease?.release()).toThrow(expect.objectContaining({ code: 'ERR_POOL_LEASE_ENDED' }));
    expect(() => lease?.buffer).toThrow(expect.objectContaining({ code: 'ERR_POOL_LEASE_ENDED' }));
    lease?.[Symbol.dispose]();
  });

  it('lends nothing on that its borrower has given away', async () => {
    const pool = createBufferPool({ maxLeasedBytes: 4_096 });
    const lease = await pool.acquire(4_000);
    structuredClone(lease.buffer.buffer, { transfer: [lease.buffer.buffer as ArrayBuffer] });
    lease.release();
    expect((await pool.acquire(4_000)).buffer.length).toBe(4_000);
    expect(pool.stats()).toMatchObject({ leased: 1, idle: 0, allocatedTotal: 2 });
  });

  it('lets who wants more than there may be wait, first come, first served, until time-out, abort or close', async () => {
    const clock = new ManualClock();
    const buffers = createBufferPool({ maxLeasedBytes: 1_024, acquireTimeoutMs: 50, clock });
    const held = await buffers.acquire(1_024);
    expect(buffers.tryAcquire(64)).toBeUndefined();
    const served: string[] = [];
    const large = buffers.acquire(1_000).then((lease) => {
      served.push('large');
      return lease;
    });
    const small = buffers.acquire(64).then((lease) => {
      served.push('small');
      return lease;
    });
    const aborted = expect(buffers.acquire(64, { signal: AbortSignal.abort(new Error('never mind')) })).rejects.toThrow('never mind');
    const controller = new AbortController();
    const abortedLater = expect(buffers.acquire(64, { signal: controller.signal })).rejects.toThrow('no longer wanted');
    controller.abort(new Error('no longer wanted'));
    await Promise.all([aborted, abortedLater]);
    held.release();
    await settled();
    expect(served).toEqual(['large']);
    (await large).release();
    await small;
    const late = expect(buffers.acquire(1_024)).rejects.toMatchObject({ code: 'ERR_POOL_ACQUIRE_TIMEOUT', message: expect.stringContaining('64 of 1024 leased') });
    await clock.advanceAsync(50);
    await late;
    const refused = expect(buffers.acquire(1_024)).rejects.toMatchObject({ code: 'ERR_POOL_CLOSED' });
    await buffers.close();
    await refused;
    await expect(buffers.acquire(1)).rejects.toMatchObject({ code: 'ERR_POOL_CLOSED' });
    expect(buffers.stats()).toMatchObject({ waiting: 0, timeoutsTotal: 1 });
    expect(clock.pendingTimers).toBe(0);
  });

  it('lets a small one go once the large one before it has given up', async () => {
    const clock = new ManualClock();
    const buffers = createBufferPool({ maxLeasedBytes: 1_024, clock });
    await buffers.acquire(512);
    const large = expect(buffers.acquire(1_024, { timeoutMs: 10 })).rejects.toMatchObject({ code: 'ERR_POOL_ACQUIRE_TIMEOUT' });
    const small = buffers.acquire(64);
    await clock.advanceAsync(10);
    await large;
    expect((await small).buffer).toHaveLength(64);
  });

  it('frees what was not needed for a while, and holds no process for it', async () => {
    const clock = new ManualClock();
    const buffers = createBufferPool({ idleTimeoutMs: 1_000, clock });
    const leases = await Promise.all([buffers.acquire(100), buffers.acquire(100), buffers.acquire(100)]);
    for (const lease of leases) lease.release();
    expect(clock.pendingRefs).toBe(0);
    await clock.advanceAsync(1_000);
    expect(buffers.stats().idle).toBe(3);
    await buffers.use(100, () => {});
    await clock.advanceAsync(1_000);
    expect(buffers.stats().idle).toBe(1);
    await clock.advanceAsync(2_000);
    expect(buffers.stats()).toMatchObject({ idle: 0, idleBytes: 0 });
    expect(clock.pendingTimers).toBe(0);
  });

  it('gives its caller what an allocator throws, and lends on', async () => {
    let room = 1;
    const allocator = {
      alloc: (bytes: number) => {
        if (room === 0) throw new Error('exhausted');
        room -= 1;
        return { u8: new Uint8Array(bytes), free: () => void (room += 1) };
      },
    };
    const buffers = createBufferPool({ allocator, maxLeasedBytes: 10_000 });
    const lease = await buffers.acquire(100);
    await expect(buffers.acquire(100)).rejects.toThrow('exhausted');
    expect(() => buffers.tryAcquire(100)).toThrow('exhausted');
    expect(buffers.stats().leasedBytes).toBe(112);
    lease.release();
    expect(await buffers.use(100, (buffer) => buffer.length)).toBe(100);
    buffers.trim();
    expect(room).toBe(1);
  });

  it('counts right whatever an allocator gives, and whatever its blocks do when they are freed', async () => {
    for (const block of [null, {}, { u8: new Uint8Array(3), free: () => {} }]) {
      const buffers = createBufferPool({ allocator: { alloc: () => block as never }, maxLeasedBytes: 64 });
      for (let time = 0; time < 2; time += 1) await expect(buffers.acquire(64)).rejects.toMatchObject({ code: 'ERR_POOL_INVALID_OPTION', message: expect.stringContaining('these 64 bytes in u8') });
      expect(buffers.stats()).toMatchObject({ leased: 0, leasedBytes: 0 });
    }
    const stubborn = {
      alloc: (bytes: number) => ({
        u8: new Uint8Array(bytes),
        free: () => {
          throw new Error('stays');
        },
      }),
    };
    const warn = jest.spyOn(process, 'emitWarning').mockImplementation(() => {});
    const buffers = createBufferPool({ allocator: stubborn, maxLeasedBytes: 64, maxIdleBytes: 0 });
    (await buffers.acquire(64)).release();
    expect(buffers.stats()).toMatchObject({ leased: 0, leasedBytes: 0, idle: 0, freeErrorsTotal: 1 });
    const clock = new ManualClock();
    const keeping = createBufferPool({ allocator: stubborn, idleTimeoutMs: 1_000, clock });
    for (const lease of await Promise.all([64, 64, 1_000].map((bytes) => keeping.acquire(bytes)))) lease.release();
    await clock.advanceAsync(2_000);
    expect(keeping.stats()).toMatchObject({ idle: 0, idleBytes: 0, freeErrorsTotal: 3 });
    (await keeping.acquire(64)).release();
    await keeping.close();
    expect(keeping.stats()).toMatchObject({ idle: 0, freeErrorsTotal: 4 });
    expect(warn.mock.calls).toEqual([1, 2].map(() => [expect.stringContaining('stays'), { code: 'FOG_POOL_FREE_FAILED' }]));
    warn.mockRestore();
  });

  it('lends as much as may be lent, rounded up no further', async () => {
    const buffers = createBufferPool({ maxLeasedBytes: 1_000 });
    expect(await buffers.use(1_000, (buffer) => [buffer.length, buffers.stats().leasedBytes])).toEqual([1_000, 1_000]);
    expect(buffers.stats()).toMatchObject({ leasedBytes: 0, idle: 0 });
  });

  it('refuses what it does not know, and sizes that are none', async () => {
    for (const options of [{ size: 1 }, { name: '' }, { maxLeasedBytes: 10 }, { maxIdleBytes: -1 }, { maxPooledBytes: 2 ** 31 }, { idleTimeoutMs: 0 }, { zeroed: 1 }, { allocator: {} }, { acquireTimeoutMs: -1 }, { clock: {} }])
      expect(() => createBufferPool(options as never)).toThrow(expect.objectContaining({ code: 'ERR_POOL_INVALID_OPTION' }));
    const buffers = createBufferPool({ maxLeasedBytes: 100 });
    for (const options of [null, 5, { priority: 1 }, { key: 'tenant' }]) await expect(buffers.acquire(1, options as never)).rejects.toMatchObject({ code: 'ERR_POOL_INVALID_OPTION' });
    await expect(buffers.use(1, undefined as never)).rejects.toMatchObject({ code: 'ERR_POOL_INVALID_OPTION' });
    for (const bytes of [-1, 1.5, Number.NaN, '5', 101]) {
      expect(() => buffers.tryAcquire(bytes as number)).toThrow(expect.objectContaining({ code: 'ERR_POOL_INVALID_OPTION' }));
      await expect(buffers.acquire(bytes as number)).rejects.toMatchObject({ code: 'ERR_POOL_INVALID_OPTION' });
    }
  });
});

it('memory that its allocator ended, all at once, is neither lent again nor freed', async () => {
  let freed = 0;
  const allocator = { endings: 0, alloc: (bytes: number) => ({ u8: new Uint8Array(bytes), free: () => void (freed += 1) }) };
  const pool = createBufferPool({ allocator });
  const [idle, leased] = [await pool.acquire(1_000), await pool.acquire(1_000)];
  const memory = new Set([idle.buffer.buffer, leased.buffer.buffer]);
  idle.release();
  allocator.endings += 1;
  leased.release();
  const next = [await pool.acquire(1_000), await pool.acquire(1_000)];
  expect(next.filter(({ buffer }) => memory.has(buffer.buffer))).toEqual([]);
  expect([freed, pool.stats().allocatedTotal, pool.stats().idle]).toEqual([0, 4, 0]);
  for (const lease of next) lease.release();
  await pool.close();
  expect(freed).toBe(2);
});
