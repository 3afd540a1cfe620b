import type { Client, ClientConfig, QueryArrayConfig, QueryArrayResult, QueryConfig, QueryConfigValues, QueryResult, QueryResultRow } from 'pg';
import type { Lease } from '../lease.js';
import type { PoolTuning } from '../options.js';
import type { AcquireOptions, CloseOptions, UseOptions, WaitOptions } from '../wait-options.js';
import type { PoolStats } from '../stats.js';

export interface PgPoolOptions extends PoolTuning {
  /** As in `postgresql://user@host:5432/database`. */
  readonly connectionString?: string;
  /** Anything else that node-postgres takes: `host`, `password`, `ssl`, `statement_timeout` ... */
  readonly connection?: ClientConfig;
  /** Most connections. @default 10 */
  readonly max?: number;
}

export interface TransactionOptions extends AcquireOptions {
  /** @default what the server has as its default */
  readonly isolation?: 'read committed' | 'repeatable read' | 'serializable';
  /** @default false */
  readonly readOnly?: boolean;
}

export interface PgPool extends AsyncDisposable {
  readonly name: string;
  /** Runs one statement on whichever connection is free. */
  query<R extends unknown[] = unknown[]>(query: QueryArrayConfig, values?: QueryConfigValues<unknown[]>): Promise<QueryArrayResult<R>>;
  query<R extends QueryResultRow = QueryResultRow>(query: string | QueryConfig, values?: QueryConfigValues<unknown[]>): Promise<QueryResult<R>>;
  /**
   * Runs `fn` between `BEGIN` and `COMMIT`, or `ROLLBACK` if it throws.
   * @throws {PoolError} `ERR_POOL_TRANSACTION_ROLLED_BACK` if the server rolled back although `fn` succeeded, since a query in it
   * had failed; what `fn` threw; or as `acquire`.
   */
  transaction<T>(fn: (client: Client) => T | PromiseLike<T>, options?: TransactionOptions): Promise<T>;
  use<T>(fn: (client: Client) => T | PromiseLike<T>, options?: UseOptions): Promise<T>;
  acquire(options?: AcquireOptions): Promise<Lease<Client>>;
  ready(options?: WaitOptions): Promise<void>;
  drain(options?: WaitOptions): Promise<void>;
  close(options?: CloseOptions): Promise<void>;
  stats(): PoolStats;
}

export declare function createPgPool(options?: PgPoolOptions): PgPool;
