import { afterEach, describe, expect, it } from '@jest/globals';
import diagnostics from 'node:diagnostics_channel';
import { setUp, settled } from './backend.js';

const stops: (() => void)[] = [];
afterEach(() => {
  for (const stop of stops.splice(0)) stop();
});

function record(channel: string): unknown[] {
  const events: unknown[] = [];
  const listener = (event: unknown): void => {
    events.push(event);
  };
  diagnostics.subscribe(`@fog/pool:${channel}`, listener);
  stops.push(() => diagnostics.unsubscribe(`@fog/pool:${channel}`, listener));
  return events;
}

describe('events', () => {
  it('tell the life of a resource', async () => {
    const [created, acquired, released, destroyed] = ['resource:created', 'lease:acquired', 'lease:released', 'resource:destroyed'].map(record);
    const { pool, clock } = setUp({ name: 'db' });
    const lease = await pool.acquire();
    const { resource } = lease;
    const waiting = pool.acquire();
    clock.advance(40);
    lease.release();
    (await waiting).destroy(new Error('garbled'));
    expect(created).toEqual([{ pool: 'db', resource, durationMs: 0 }]);
    expect(acquired).toEqual([{ pool: 'db', resource, waitMs: 0 }, { pool: 'db', resource, waitMs: 40 }]);
    expect(released).toEqual([{ pool: 'db', resource, useMs: 40 }, { pool: 'db', resource, useMs: 0 }]);
    expect(destroyed).toEqual([{ pool: 'db', resource, reason: 'discarded', cause: new Error('garbled'), error: undefined, ageMs: 40, leasedMs: 40, uses: 2 }]);
  });

  it('tell what goes wrong', async () => {
    const [failed, timedOut, destroyed] = ['create:failed', 'wait:timed-out', 'resource:destroyed'].map(record);
    const { pool, backend, clock } = setUp({ max: 2, destroy: () => { throw new Error('stuck'); } });
    const lease = await pool.acquire();
    backend.down = new Error('down');
    void pool.acquire().catch(() => {});
    void pool.acquire({ timeoutMs: 5 }).catch(() => {});
    await clock.advanceAsync(5);
    expect(failed).toEqual([{ pool: 'pool', error: backend.down, failures: 1, pauseMs: 75 }]);
    expect(timedOut).toEqual([{ pool: 'pool', error: expect.objectContaining({ code: 'ERR_POOL_ACQUIRE_TIMEOUT' }) }]);
    lease.destroy();
    await settled();
    expect(destroyed).toEqual([expect.objectContaining({ reason: 'discarded', error: new Error('stuck') })]);
  });
});

describe('stats', () => {
  it('add up, whatever has happened', async () => {
    const { pool, clock } = setUp({ max: 3, validate: () => true });
    const leases = await Promise.all([pool.acquire(), pool.acquire(), pool.acquire()]);
    leases[0]?.release();
    leases[1]?.release();
    clock.advance(600);
    const lease = await pool.acquire();
    lease.destroy();
    const { size, idle, leased, checking, creating, destroying, acquiredTotal, releasedTotal, createdTotal, destroyedTotal, reuseRatio } = pool.stats();
    expect({ size, idle, leased, createdTotal, destroyedTotal, acquiredTotal, releasedTotal }).toEqual({
      size: 2, idle: 1, leased: 1, createdTotal: 3, destroyedTotal: 1, acquiredTotal: 4, releasedTotal: 3,
    });
    expect(idle + leased + checking + creating + destroying).toBe(size);
    expect(reuseRatio).toBe(0.25);
  });

  it('count no reuse before the first use', () => {
    expect(setUp().pool.stats().reuseRatio).toBe(0);
  });
});
