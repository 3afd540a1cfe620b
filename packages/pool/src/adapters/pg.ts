import type { Socket } from 'node:net';
import type { Client, ClientConfig, QueryArrayConfig, QueryArrayResult, QueryConfig, QueryConfigValues, QueryResult, QueryResultRow } from 'pg';
import pg from 'pg';
import { type Clock, systemClock } from '../clock.js';
import { invalidOption, transactionRolledBack } from '../errors.js';
import type { Lease } from '../lease.js';
import { type PoolTuning, requireKnown, TUNING } from '../options.js';
import type { Pool } from '../pool.js';
import type { PoolStats } from '../stats.js';
import { type AcquireOptions, type CloseOptions, checkAcquireOptions, type UseOptions, type WaitOptions } from '../wait-options.js';
import { createHoldingPool } from './holding-pool.js';

export interface PgPoolOptions extends PoolTuning {
  /** As in `postgresql://user@host:5432/database`. */
  readonly connectionString?: string | undefined;
  /** Anything else that node-postgres takes: `host`, `password`, `ssl`, `statement_timeout` ... */
  readonly connection?: ClientConfig | undefined;
  /** Most connections. @default 10 */
  readonly max?: number;
}

export interface TransactionOptions extends AcquireOptions {
  /** @default what the server has as its default */
  readonly isolation?: 'read committed' | 'repeatable read' | 'serializable' | undefined;
  /** @default false */
  readonly readOnly?: boolean | undefined;
}

/**
 * Connections to one PostgreSQL database. A connection that breaks is replaced, idle ones end no process when they do, and
 * what a borrower leaves open (a transaction, a query under way) is over before the next gets the connection. Session
 * settings (`SET`, `LISTEN`, temporary tables) are the borrower's to undo; who cannot calls `lease.destroy()`.
 */
export interface PgPool extends AsyncDisposable {
  readonly name: string;
  /**
   * Runs one statement on whichever connection is free.
   * @throws what the server says, unwrapped; or as {@link PgPool.acquire}.
   */
  query<R extends unknown[] = unknown[]>(query: QueryArrayConfig, values?: QueryConfigValues<unknown[]>): Promise<QueryArrayResult<R>>;
  query<R extends QueryResultRow = QueryResultRow>(query: string | QueryConfig, values?: QueryConfigValues<unknown[]>): Promise<QueryResult<R>>;
  /**
   * Runs `fn` between `BEGIN` and `COMMIT`, or `ROLLBACK` if it throws.
   * @throws {PoolError} `ERR_POOL_TRANSACTION_ROLLED_BACK` if the server rolled back although `fn` succeeded, since a query in it
   * had failed; what `fn` threw; or as {@link PgPool.acquire}.
   */
  transaction<T>(fn: (client: Client) => T | PromiseLike<T>, options?: TransactionOptions): Promise<T>;
  /** Lends one connection to `fn`, as `Pool.use`. */
  use<T>(fn: (client: Client) => T | PromiseLike<T>, options?: UseOptions): Promise<T>;
  /** As `Pool.acquire`; what `create` throws is what node-postgres said when it connected. */
  acquire(options?: AcquireOptions): Promise<Lease<Client>>;
  /** As `Pool.ready`. */
  ready(options?: WaitOptions): Promise<void>;
  /** As `Pool.drain`. */
  drain(options?: WaitOptions): Promise<void>;
  /** As `Pool.close`. */
  close(options?: CloseOptions): Promise<void>;
  stats(): PoolStats;
}

const OPTIONS: readonly string[] = ['connectionString', 'connection', ...TUNING];

/** @throws {PoolError} `ERR_POOL_INVALID_OPTION` */
export function createPgPool(options: PgPoolOptions = {}): PgPool {
  requireKnown(options, OPTIONS);
  const { connectionString, connection = {}, max = 10, name = 'pg', clock = systemClock, ...tuning } = options;
  if (connectionString !== undefined && typeof connectionString !== 'string') throw invalidOption('connectionString', connectionString, 'a string');
  if (typeof connection !== 'object' || connection === null) throw invalidOption('connection', connection, 'the options of a node-postgres client');
  const config = connectionString === undefined ? connection : { ...connection, connectionString };
  const pool = createHoldingPool<Client>(
    {
      ...tuning,
      max,
      name,
      clock,
      create: ({ signal }) => connect(config, signal),
      watch: (client, lost) => {
        client.on('error', lost);
        client.on('end', lost);
      },
      validate: async (client) => (await client.query('SELECT 1')).rowCount === 1,
      reset: (client) => (isClean(client) ? undefined : clean(client)),
      destroy: (client) => end(client, clock),
    },
    (client, held) => {
      const socket = client.connection.stream as Partial<Pick<Socket, 'ref' | 'unref'>>;
      if (held) socket.ref?.();
      else socket.unref?.();
    },
  );
  return new PostgresPool(pool);
}

class PostgresPool implements PgPool {
  readonly name: string;
  readonly #pool: Pool<Client>;

  constructor(pool: Pool<Client>) {
    this.name = pool.name;
    this.#pool = pool;
  }

  query<R extends unknown[]>(query: QueryArrayConfig, values?: QueryConfigValues<unknown[]>): Promise<QueryArrayResult<R>>;
  query<R extends QueryResultRow>(query: string | QueryConfig, values?: QueryConfigValues<unknown[]>): Promise<QueryResult<R>>;
  query(query: string | QueryConfig, values?: QueryConfigValues<unknown[]>): Promise<QueryResult> {
    return this.#pool.use((client) => client.query(query, values));
  }

  async transaction<T>(fn: (client: Client) => T | PromiseLike<T>, options: TransactionOptions = {}): Promise<T> {
    const { isolation, readOnly, ...wait } = options;
    checkAcquireOptions(wait);
    const begin = beginStatement(isolation, readOnly);
    return this.#pool.use(async (client) => {
      await client.query(begin);
      let result: T;
      try {
        result = await fn(client);
      } catch (error) {
        // If this fails too, the reset finds out, and the connection goes; the caller wants to know what came first.
        await client.query('ROLLBACK').catch(() => {});
        throw error;
      }
      const { command } = await client.query('COMMIT');
      if (command === 'ROLLBACK') throw transactionRolledBack(this.name);
      return result;
    }, wait);
  }

  use<T>(fn: (client: Client) => T | PromiseLike<T>, options?: UseOptions): Promise<T> {
    return this.#pool.use(fn, options);
  }

  acquire(options?: AcquireOptions): Promise<Lease<Client>> {
    return this.#pool.acquire(options);
  }

  ready(options?: WaitOptions): Promise<void> {
    return this.#pool.ready(options);
  }

  drain(options?: WaitOptions): Promise<void> {
    return this.#pool.drain(options);
  }

  close(options?: CloseOptions): Promise<void> {
    return this.#pool.close(options);
  }

  stats(): PoolStats {
    return this.#pool.stats();
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.#pool.close();
  }
}

const ISOLATIONS = ['read committed', 'repeatable read', 'serializable'] as const;

function beginStatement(isolation: unknown, readOnly: unknown): string {
  const known = ISOLATIONS.find((known) => known === isolation);
  if (known === undefined && isolation !== undefined) throw invalidOption('isolation', isolation, "'read committed', 'repeatable read' or 'serializable'");
  if (readOnly !== undefined && typeof readOnly !== 'boolean') throw invalidOption('readOnly', readOnly, 'a boolean');
  return `BEGIN${known === undefined ? '' : ` ISOLATION LEVEL ${known}`}${readOnly === true ? ' READ ONLY' : ''}`;
}

/** What the server last said: 'I' idle, 'T' in a transaction, 'E' in a failed one. */
const transactionStatus = new WeakMap<Client, string>();

async function connect(config: ClientConfig, signal: AbortSignal): Promise<Client> {
  const client = new pg.Client(config);
  // An 'error' without a listener would end the process, now as well as when the server goes while the connection is idle.
  client.on('error', () => {});
  client.connection.on('readyForQuery', ({ status }: { readonly status: string }) => transactionStatus.set(client, status));
  const abort = (): void => {
    client.connection.stream.destroy();
  };
  signal.addEventListener('abort', abort, { once: true });
  try {
    await client.connect();
  } catch (error) {
    // It may have failed with the socket open, as after a wrong password.
    abort();
    throw error;
  } finally {
    signal.removeEventListener('abort', abort);
  }
  return client;
}

function isClean(client: Client): boolean {
  return transactionStatus.get(client) === 'I' && !isBusy(client);
}

/** A query of the borrower's, not waited for, is still under way. */
function isBusy(client: Client): boolean {
  return (client as { readonly readyForQuery?: boolean }).readyForQuery === false;
}

/** Waits for what is under way, too, as the server answers in order. */
async function clean(client: Client): Promise<void> {
  await client.query('ROLLBACK');
  if (!isClean(client)) throw new Error('the connection is still in a transaction after ROLLBACK');
}

/** For the server's goodbye. */
const END_GRACE_MS = 1_000;

async function end(client: Client, clock: Clock): Promise<void> {
  const timer = clock.setTimeout(() => client.connection.stream.destroy(), END_GRACE_MS);
  try {
    await client.end();
  } finally {
    timer.close();
  }
}
