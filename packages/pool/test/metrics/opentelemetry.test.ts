import { describe, expect, it } from '@jest/globals';
import { AggregationTemporality, InMemoryMetricExporter, MeterProvider, PeriodicExportingMetricReader } from '@opentelemetry/sdk-metrics';
import { createPool, createPools } from '../../src/index.js';
import { instrumentPools } from '../../src/metrics/opentelemetry.js';
import { setUp, settled } from '../backend.js';

type Point = readonly [attributes: Record<string, unknown>, value: unknown];

describe('the OpenTelemetry instrumentation', () => {
  it('exports the metrics of the semantic conventions', async () => {
    const exporter = new InMemoryMetricExporter(AggregationTemporality.CUMULATIVE);
    const reader = new PeriodicExportingMetricReader({ exporter, exportIntervalMillis: 2 ** 30 });
    const provider = new MeterProvider({ readers: [reader] });
    const { pool, clock } = setUp({ name: 'db', min: 1, max: 2 });
    const other = setUp({ name: 'other' });
    const end = instrumentPools([pool], { meter: provider.getMeter('test') });
    const lease = await pool.acquire();
    await other.pool.use(settled);
    await pool.use(settled);
    await pool.acquire();
    const waiting = pool.acquire({ timeoutMs: 50 }).catch(() => {});
    const patient = pool.acquire();
    await clock.advanceAsync(300);
    lease.release();
    await Promise.all([waiting, patient]);
    await reader.forceFlush();

    const points = new Map<string, readonly Point[]>();
    for (const { metrics } of exporter.getMetrics()[0]?.scopeMetrics ?? [])
      for (const { descriptor, dataPoints } of metrics) points.set(`${descriptor.name} ${descriptor.unit}`, dataPoints.map(({ attributes, value }) => [attributes, value]));
    const name = { 'db.client.connection.pool.name': 'db' };
    const value = (metric: string): unknown => points.get(metric)?.find(([attributes]) => Object.keys(attributes).length === 1)?.[1];
    expect(points.get('db.client.connection.count {connection}')).toEqual([
      [{ ...name, 'db.client.connection.state': 'idle' }, 0],
      [{ ...name, 'db.client.connection.state': 'used' }, 2],
    ]);
    expect([value('db.client.connection.max {connection}'), value('db.client.connection.idle.max {connection}'), value('db.client.connection.idle.min {connection}')]).toEqual([2, 2, 1]);
    expect([value('db.client.connection.pending_requests {request}'), value('db.client.connection.timeouts {timeout}')]).toEqual([0, 1]);
    expect(points.get('db.client.connection.create_time s')).toEqual([[name, expect.objectContaining({ count: 2 })]]);
    expect(points.get('db.client.connection.wait_time s')).toEqual([[name, expect.objectContaining({ count: 4, max: 0.3 })]]);
    expect(points.get('db.client.connection.use_time s')).toEqual([[name, expect.objectContaining({ count: 2, max: 0.3 })]]);

    end();
    exporter.reset();
    await pool.close({ timeoutMs: 0, force: true });
    await provider.shutdown();
  });

  it('tells the times of a pool by the name it is kept by', async () => {
    const exporter = new InMemoryMetricExporter(AggregationTemporality.CUMULATIVE);
    const reader = new PeriodicExportingMetricReader({ exporter, exportIntervalMillis: 2 ** 30 });
    const provider = new MeterProvider({ readers: [reader] });
    const { pool } = setUp({ name: 'pg' });
    const pools = createPools({ orders: pool });
    const end = instrumentPools(pools, { meter: provider.getMeter('test') });
    await pools.use('orders', settled);
    await reader.forceFlush();
    const [useTime] = exporter.getMetrics()[0]?.scopeMetrics.flatMap(({ metrics }) => metrics).filter(({ descriptor }) => descriptor.name.endsWith('use_time')) ?? [];
    expect(useTime?.dataPoints.map(({ attributes }) => attributes)).toEqual([{ 'db.client.connection.pool.name': 'orders' }]);
    end();
    await Promise.all([pools.close(), provider.shutdown()]);
  });

  it('refuses what is no pool, and options it does not know', () => {
    const pool = createPool({ max: 1, create: () => 1 });
    for (const observed of [undefined, null, [1]]) expect(() => instrumentPools(observed as never)).toThrow(expect.objectContaining({ code: 'ERR_POOL_INVALID_OPTION' }));
    expect(() => instrumentPools(pool, { provider: 1 } as never)).toThrow('there is no option provider');
  });
});
