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

/** @throws {PoolError} `ERR_POOL_INVALID_OPTION` */
export function requireObserved(observed: unknown): void {
  const isPool = (value: unknown): boolean => typeof (value as Partial<ObservedPool> | null | undefined)?.stats === 'function';
  if (!(Array.isArray(observed) ? observed.every(isPool) : isPool(observed))) throw invalidOption('pools', observed, 'a pool, an array of pools, or those of createPools');
}

/** The pools that there are now, by name. */
export function poolsOf(observed: Observed): [name: string, pool: Pick<ObservedPool, 'stats'>][] {
  if (Array.isArray(observed)) return (observed as readonly ObservedPool[]).map((pool) => [pool.name, pool]);
  if (Symbol.iterator in observed) return [...(observed as Pools)];
  return [[observed.name, observed]];
}
