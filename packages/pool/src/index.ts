export { createPool, type AcquireOptions, type CloseOptions, type Pool, type UseOptions } from './pool.js';
export type { PoolOptions, PoolTuning } from './options.js';
export type { Lease } from './lease.js';
export type { DestroyReason } from './entry.js';
export type { PoolStats } from './stats.js';
export { PoolError, type PoolErrorCode } from './errors.js';
export type { CreateFailed, LeaseAcquired, LeaseReleased, ResourceCreated, ResourceDestroyed, WaitTimedOut } from './events.js';
export type { Clock, Timer } from './clock.js';
