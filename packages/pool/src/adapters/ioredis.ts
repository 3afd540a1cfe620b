import type { Redis, RedisOptions } from 'ioredis';
import type { PoolTuning } from '../options.js';
import type { Pool } from '../pool.js';

export interface RedisPoolOptions extends PoolTuning {
  /** As in `redis://127.0.0.1:6379/0`. */
  readonly url?: string;
  /** Anything else that ioredis takes, but what the pool decides: it never reconnects a connection, it replaces it. */
  readonly connection?: Omit<RedisOptions, 'lazyConnect' | 'retryStrategy' | 'reconnectOnError'>;
  /** Most connections. @default 10 */
  readonly max?: number;
}

export type RedisPool = Pool<Redis>;

export declare function createRedisPool(options?: RedisPoolOptions): RedisPool;
