import { invalidOption } from '../errors.js';
import type { Pools } from '../pools.js';
import type { PoolStats } from '../stats.js';

/** What metrics are read from: any pool of this package. */
export interface ObservedPool {
  readonly name: string;
  stats(): PoolStats;
}

/** One pool, several, or those of `createPools`, which are read anew each time. */
export type Observed = ObservedPool | readonly ObservedPool[] | Pools;

/** @throws {PoolError} `ERR_POOL_INVALID_OPTION`, also for pools of one name, whose metrics would be each other's */
export function requireObserved(observed: unknown): void {
  const isPool = (value: unknown): value is ObservedPool => typeof (value as Partial<ObservedPool> | null | undefined)?.stats === 'function';
  const pools: unknown[] = Array.isArray(observed) ? observed : [observed];
  if (!pools.every(isPool)) throw invalidOption('pools', observed, 'a pool, an array of pools, or those of createPools');
  const names = pools.map(({ name }) => name);
  const twice = names.find((name, index) => names.indexOf(name) !== index);
  if (twice !== undefined) throw invalidOption('pools', twice, 'pools of different names');
}

/** The pools that there are now, by the name they are observed by: where `createPools` has another for one than it has itself, that. */
export function poolsOf(observed: Observed): [name: string, pool: Pick<ObservedPool, 'stats'> & Partial<ObservedPool>][] {
  if (Array.isArray(observed)) return (observed as readonly ObservedPool[]).map((pool) => [pool.name, pool]);
  if (Symbol.iterator in observed) return [...(observed as Pools)];
  return [[observed.name, observed]];
}
