import { subscribe, unsubscribe } from 'node:diagnostics_channel';
import { type Attributes, type BatchObservableResult, type Histogram, type Meter, metrics, type Observable, ValueType } from '@opentelemetry/api';
import type { LeaseAcquired, LeaseReleased, ResourceCreated } from '../events.js';
import { requireKnown } from '../options.js';
import { type Observed, poolsOf, requireObserved } from './observed.js';

export type { Observed, ObservedPool } from './observed.js';

export interface PoolInstrumentationOptions {
  /** @default that of the global provider, named `@fog/pool` */
  readonly meter?: Meter;
}

const POOL = 'db.client.connection.pool.name';
const STATE = 'db.client.connection.state';
/** Boundaries that the semantic conventions advise, in s. */
const BOUNDARIES = [0.001, 0.005, 0.01, 0.05, 0.1, 0.5, 1, 5, 10];

/**
 * Tells OpenTelemetry of the pools by the `db.client.connection.*` metrics of its semantic conventions. The numbers are read
 * when they are exported; the times of create, wait and use come from the pools' events, whose subscription costs each
 * loan two looks at the clock.
 * @returns ends it
 * @throws {PoolError} `ERR_POOL_INVALID_OPTION`
 */
export function instrumentPools(pools: Observed, options: PoolInstrumentationOptions = {}): () => void {
  requireObserved(pools);
  requireKnown(options, ['meter']);
  const { meter = metrics.getMeter('@fog/pool') } = options;
  const stopNumbers = observeNumbers(pools, meter);
  const stopTimes = recordTimes(pools, meter);
  return () => {
    stopNumbers();
    stopTimes();
  };
}

function observeNumbers(pools: Observed, meter: Meter): () => void {
  const level = (name: string, unit: string, description: string): Observable =>
    meter.createObservableUpDownCounter(`db.client.connection.${name}`, { unit, description, valueType: ValueType.INT });
  const count = level('count', '{connection}', 'The number of connections that are currently in state described by the state attribute.');
  const idleMax = level('idle.max', '{connection}', 'The maximum number of idle open connections allowed.');
  const idleMin = level('idle.min', '{connection}', 'The minimum number of idle open connections allowed.');
  const max = level('max', '{connection}', 'The maximum number of open connections allowed.');
  const pending = level('pending_requests', '{request}', 'The number of current pending requests for an open connection.');
  const timeouts: Observable = meter.createObservableCounter('db.client.connection.timeouts', {
    unit: '{timeout}',
    description: 'The number of connection timeouts that have occurred trying to obtain a connection from the pool.',
    valueType: ValueType.INT,
  });
  const observe = (result: BatchObservableResult): void => {
    for (const [name, pool] of poolsOf(pools)) {
      const stats = pool.stats();
      const of: Attributes = { [POOL]: name };
      result.observe(count, stats.idle, { ...of, [STATE]: 'idle' });
      result.observe(count, stats.leased + stats.checking, { ...of, [STATE]: 'used' });
      result.observe(idleMax, stats.max, of);
      result.observe(idleMin, stats.min, of);
      result.observe(max, stats.max, of);
      result.observe(pending, stats.waiting, of);
      result.observe(timeouts, stats.timeoutsTotal, of);
    }
  };
  const observables = [count, idleMax, idleMin, max, pending, timeouts];
  meter.addBatchObservableCallback(observe, observables);
  return () => meter.removeBatchObservableCallback(observe, observables);
}

function recordTimes(pools: Observed, meter: Meter): () => void {
  const histogram = (name: string, description: string): Histogram =>
    meter.createHistogram(`db.client.connection.${name}`, { unit: 's', description, advice: { explicitBucketBoundaries: BOUNDARIES } });
  const create = histogram('create_time', 'The time it took to create a new connection.');
  const wait = histogram('wait_time', 'The time it took to obtain an open connection from the pool.');
  const use = histogram('use_time', 'The time between borrowing a connection and returning it to the pool.');
  // The events tell the pool's own name.
  const record = (times: Histogram, of: string, ms: number): void => {
    for (const [name, pool] of poolsOf(pools)) if ((pool.name ?? name) === of) times.record(ms / 1_000, { [POOL]: name });
  };
  const created = (event: unknown): void => record(create, (event as ResourceCreated).pool, (event as ResourceCreated).durationMs);
  const acquired = (event: unknown): void => record(wait, (event as LeaseAcquired).pool, (event as LeaseAcquired).waitMs);
  const released = (event: unknown): void => record(use, (event as LeaseReleased).pool, (event as LeaseReleased).useMs);
  subscribe('@fog/pool:resource:created', created);
  subscribe('@fog/pool:lease:acquired', acquired);
  subscribe('@fog/pool:lease:released', released);
  return () => {
    unsubscribe('@fog/pool:resource:created', created);
    unsubscribe('@fog/pool:lease:acquired', acquired);
    unsubscribe('@fog/pool:lease:released', released);
  };
}
