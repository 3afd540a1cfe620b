import { describe, expect, it } from '@jest/globals';
import { Gauge, Registry } from 'prom-client';
import { createPool, createPools } from '../../src/index.js';
import { collectPools } from '../../src/metrics/prometheus.js';
import { setUp } from '../backend.js';

describe('the Prometheus collector', () => {
  it('exposes what the pool has when it is scraped', async () => {
    const register = new Registry();
    const { pool, clock } = setUp({ name: 'db', max: 2, acquireTimeoutMs: 20 });
    collectPools(pool, { register });
    const lease = await pool.acquire();
    const other = await pool.acquire();
    other.release();
    await pool.use(() => clock.advance(500));
    await pool.acquire();
    const impatient = pool.acquire({ timeoutMs: 10 }).catch(() => {});
    const waiting = pool.acquire().catch(() => {});
    await clock.advanceAsync(20);
    await Promise.all([impatient, waiting]);
    const text = await register.metrics();
    for (const line of [
      'pool_resources{pool="db",state="leased"} 2',
      'pool_resources{pool="db",state="idle"} 0',
      'pool_resources_max{pool="db"} 2',
      'pool_acquired_total{pool="db"} 4',
      'pool_unserved_total{pool="db",reason="timeout"} 2',
      'pool_reuse_ratio{pool="db"} 0.5',
      '# TYPE pool_created_total counter',
    ])
      expect(text.split('\n')).toContain(line);
    expect(text).toMatch(/pool_use_seconds\{pool="db",quantile="0.99"\} 0\.(?:4|5)/);
    lease.release();
    expect(await register.metrics()).toContain('pool_resources{pool="db",state="idle"} 1');
  });

  it('reads pools that are added later, by a prefix of one\'s own, until it is ended', async () => {
    const register = new Registry();
    const pools = createPools();
    const end = collectPools(pools, { register, prefix: 'app_' });
    pools.create('late', { max: 7, create: () => ({}) });
    expect(await register.metrics()).toContain('app_resources_max{pool="late"} 7');
    end();
    expect(await register.metrics()).not.toContain('app_');
    await pools.close();
  });

  it('leaves nothing behind where one of its names is taken', async () => {
    const register = new Registry();
    register.registerMetric(new Gauge({ name: 'pool_leases', help: 'taken', registers: [] }));
    const pool = createPool({ max: 1, create: () => 1 });
    expect(() => collectPools(pool, { register })).toThrow('pool_leases');
    expect(register.getMetricsAsArray().map(({ name }) => name)).toEqual(['pool_leases']);
    register.clear();
    collectPools(pool, { register });
  });

  it('refuses pools of one name, and what is no pool, and options it does not know', () => {
    const pool = createPool({ max: 1, create: () => 1 });
    for (const observed of [undefined, null, 1, {}, [pool, {}], [pool, createPool({ max: 1, create: () => 2 })]]) expect(() => collectPools(observed as never)).toThrow(expect.objectContaining({ code: 'ERR_POOL_INVALID_OPTION' }));
    expect(() => collectPools(pool, { registry: new Registry() } as never)).toThrow('there is no option registry');
  });
});
