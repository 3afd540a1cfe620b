import { Counter, Gauge, register as globalRegistry, type Registry } from 'prom-client';
import { requireKnown } from '../options.js';
import type { PoolStats } from '../stats.js';
import { type Observed, poolsOf, requireObserved } from './observed.js';

export type { Observed, ObservedPool } from './observed.js';

export interface PoolCollectorOptions {
  /** @default prom-client's global one */
  readonly register?: Registry;
  /** Begins the metrics' names. @default 'pool_' */
  readonly prefix?: string;
}

type Read = (stats: PoolStats) => Readonly<Record<string, number>>;
/** Name, help, the label beside the pool's name if there is one, and the values by that label. */
type Metric = readonly [name: string, help: string, label: string | undefined, read: Read];

const value = (read: (stats: PoolStats) => number): Read => (stats) => ({ '': read(stats) });
const quantiles =
  (of: 'acquire' | 'use' | 'create'): Read =>
  (stats) => ({ '0.5': stats[`${of}P50Ms`] / 1_000, '0.95': stats[`${of}P95Ms`] / 1_000, '0.99': stats[`${of}P99Ms`] / 1_000 });

const GAUGES: readonly Metric[] = [
  ['resources', 'Resources by state', 'state', ({ idle, leased, checking, creating, destroying }) => ({ idle, leased, checking, creating, destroying })],
  ['resources_min', 'Resources kept alive', undefined, value(({ min }) => min)],
  ['resources_max', 'Most resources', undefined, value(({ max }) => max)],
  ['resources_limit', 'Most resources now', undefined, value(({ limit }) => limit)],
  ['leases', 'Leases out', undefined, value(({ leases }) => leases)],
  ['waiting', 'Callers waiting for a lease', undefined, value(({ waiting }) => waiting)],
  ['reuse_ratio', 'Share of acquisitions whose resource had been lent before', undefined, value(({ reuseRatio }) => reuseRatio)],
  ['circuit_open', '1 while create fails and callers are refused', undefined, value(({ circuitOpen }) => circuitOpen)],
  ['overloaded', '1 while callers are shed', undefined, value(({ overloaded }) => overloaded)],
  ['suspended', '1 while suspended', undefined, value(({ suspended }) => suspended)],
  ['acquire_seconds', 'How long callers waited', 'quantile', quantiles('acquire')],
  ['use_seconds', 'How long leases lasted', 'quantile', quantiles('use')],
  ['create_seconds', 'How long create took', 'quantile', quantiles('create')],
];

const COUNTERS: readonly Metric[] = [
  ['created_total', 'Resources created', undefined, value(({ createdTotal }) => createdTotal)],
  ['destroyed_total', 'Resources destroyed', undefined, value(({ destroyedTotal }) => destroyedTotal)],
  ['acquired_total', 'Leases begun', undefined, value(({ acquiredTotal }) => acquiredTotal)],
  ['released_total', 'Leases ended', undefined, value(({ releasedTotal }) => releasedTotal)],
  ['unserved_total', 'Callers that got no lease', 'reason', ({ timeoutsTotal, abortedTotal, refusedTotal }) => ({ timeout: timeoutsTotal, aborted: abortedTotal, refused: refusedTotal })],
  ['leaks_total', 'Leases out for too long', undefined, value(({ leaksTotal }) => leaksTotal)],
  ['errors_total', 'Failed calls', 'call', ({ createErrorsTotal, validateErrorsTotal, resetErrorsTotal, destroyErrorsTotal }) => ({ create: createErrorsTotal, validate: validateErrorsTotal, reset: resetErrorsTotal, destroy: destroyErrorsTotal })],
];

/**
 * Registers metrics with prom-client that read the pools when they are scraped, and cost nothing between.
 * @returns takes them out of the registry
 * @throws {PoolError} `ERR_POOL_INVALID_OPTION`; what prom-client does if metrics of these names are registered
 */
export function collectPools(pools: Observed, options: PoolCollectorOptions = {}): () => void {
  requireObserved(pools);
  requireKnown(options, ['register', 'prefix']);
  const { register = globalRegistry, prefix = 'pool_' } = options;
  const each = (metric: Metric, set: (labels: Record<string, string>, value: number) => void): void => {
    const [, , label, read] = metric;
    for (const [pool, observed] of poolsOf(pools))
      for (const [key, reading] of Object.entries(read(observed.stats()))) set(label === undefined ? { pool } : { pool, [label]: key }, reading);
  };
  const describe = ([name, help, label]: Metric): { name: string; help: string; labelNames: string[]; registers: Registry[] } => ({
    name: prefix + name,
    help,
    labelNames: label === undefined ? ['pool'] : ['pool', label],
    registers: [],
  });
  const gauge = (metric: Metric): Gauge => new Gauge({
    ...describe(metric),
    collect() {
      this.reset();
      each(metric, (labels, reading) => this.set(labels, reading));
    },
  });
  const counter = (metric: Metric): Counter => new Counter({
    ...describe(metric),
    collect() {
      this.reset();
      each(metric, (labels, reading) => this.inc(labels, reading));
    },
  });
  const registered: string[] = [];
  const end = (): void => {
    for (const name of registered) register.removeSingleMetric(prefix + name);
  };
  const add = (metric: Metric, made: Gauge | Counter): void => {
    register.registerMetric(made);
    registered.push(metric[0]);
  };
  try {
    for (const metric of GAUGES) add(metric, gauge(metric));
    for (const metric of COUNTERS) add(metric, counter(metric));
  } catch (error) {
    end();
    throw error;
  }
  return end;
}
