export { createPool } from './resource-pool.js';
export { createPools, getPools, type NamedPool, type PoolDefinitions, type Pools, type ResourcesByName } from './pools.js';
export type { Pool, ResourceReading } from './pool.js';
export type { AcquireOptions, CloseOptions, PoolSize, UseOptions, WaitOptions } from './wait-options.js';
export type { PoolOptions, PoolTuning } from './options.js';
export type { Lease } from './lending/lease.js';
export type { DestroyReason } from './destroy-reason.js';
export type { PoolStats } from './stats.js';
export { PoolError, type PoolErrorCode } from './errors.js';
export type {
  CircuitClosed,
  CircuitOpened,
  CreateFailed,
  LeaseAcquired,
  LeaseLeaked,
  LeaseReleased,
  PoolResized,
  ResourceCreated,
  ResourceDestroyed,
  WaitTimedOut,
} from './events.js';
export type { Clock, Timer } from './clock.js';
