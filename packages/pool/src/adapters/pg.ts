import type { Socket } from 'node:net';
import type { Client, ClientConfig, PoolClient, QueryArrayConfig, QueryArrayResult, QueryConfig, QueryConfigValues, QueryResult, QueryResultRow } from 'pg';
import { type Clock, systemClock } from '../clock.js';
import { invalidOption, statementTimeout } from '../errors.js';
import type { Lease } from '../lending/lease.js';
import { type PoolTuning, requireDuration, requireKnown, requireObject, TUNING } from '../options.js';
import { cancellable } from '../postgres/cancellable.js';
import { connect, discard, end, isClean, requireAnswer, rollBack } from '../postgres/connection.js';
import { isShareable, Pipelines, requirePipelining, type Statement, wasNotPrepared } from '../postgres/pipelines.js';
import { StatementWatch } from '../postgres/statement-watch.js';
import { beginStatement, serverTimeout, type TransactionOptions, transact } from '../postgres/transaction.js';
import type { PoolStats } from '../stats.js';
import { type AcquireOptions, type CloseOptions, checkAcquireOptions, type UseOptions, type WaitOptions } from '../wait-options.js';
import { HoldingPool } from './holding-pool.js';

/** Also the default, for `import Pool from`, as pg-pool itself is imported. */
export { Pool, Pool as default } from '../postgres/drop-in-pool.js';
export type { PoolConfig } from '../postgres/pool-config.js';
export type { TransactionOptions } from '../postgres/transaction.js';

export interface PgPoolOptions extends Omit<PoolTuning, 'concurrency'> {
  /** As in `postgresql://user@host:5432/database`. */
  readonly connectionString?: string | undefined;
  /** Anything else that node-postgres takes: `host`, `password`, `ssl`, `statement_timeout` ... */
  readonly connection?: ClientConfig | undefined;
  /** Most connections. @default 10 */
  readonly max?: number;
  /**
   * Longest statement, in ms; the server ends one that takes longer. One that is frozen or out of reach cannot: two to three seconds
   * later the statement fails with `ERR_POOL_STATEMENT_TIMEOUT`, and its connection is closed. @default Infinity
   */
  readonly statementTimeoutMs?: number | undefined;
  /**
   * Most statements of `query()` under way on one connection, once all connections are in use: each is sent without waiting for the
   * answers to those before it (pipelining), which saves about a third of the CPU of a client under load, and has a slow one hold up those behind it.
   * Transactions, `use`, `acquire`, `connect` and queries with options of their own have a connection to themselves, and do not wait
   * behind statements that came later. In `stats()`, statements that share a connection are one lease. An integer from 1 to 1,000; above
   * 1 for node-postgres 8.23 or newer, and not with `adaptive`. @default 1
   */
  readonly pipelineDepth?: number | undefined;
  /**
   * Run on each connection that comes back, as `DISCARD ALL`, against settings and temporary tables that borrowers leave behind.
   * @default none; transactions left open are rolled back in any case
   */
  readonly resetQuery?: string | undefined;
}

export interface QueryOptions extends AcquireOptions {
  /** Ends the wait for a connection, or the query: the caller is freed at once, and the server told to cancel it. */
  readonly signal?: AbortSignal | undefined;
  /** Longest run of the statement, in ms, after which it is cancelled as by `signal`; the pool's limit holds beside it. @default the pool's */
  readonly statementTimeoutMs?: number | undefined;
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
   * @throws {PoolError} `ERR_POOL_INVALID_OPTION` for a cursor or a stream, which need a connection for as long as they are read; what the server says, unwrapped; {@link PoolError} `ERR_POOL_STATEMENT_TIMEOUT` after the `statementTimeoutMs` of this
   * call; or as {@link PgPool.acquire}.
   */
  query<R extends unknown[] = unknown[]>(query: QueryArrayConfig, values?: QueryConfigValues<unknown[]>, options?: QueryOptions): Promise<QueryArrayResult<R>>;
  query<R extends QueryResultRow = QueryResultRow>(query: string | QueryConfig, values?: QueryConfigValues<unknown[]>, options?: QueryOptions): Promise<QueryResult<R>>;
  /**
   * A client to be given back by its `release()`, or closed by `release(true)`: what query builders expect of a pool of node-postgres.
   * @throws as {@link PgPool.acquire}
   */
  connect(options?: AcquireOptions): Promise<PoolClient>;
  /** Serves those who wait, then closes: `drain()` and `close()`. */
  end(): Promise<void>;
  /**
   * Runs `fn` between `BEGIN` and `COMMIT`, or `ROLLBACK` if it throws.
   * @throws {PoolError} `ERR_POOL_TRANSACTION_ROLLED_BACK` if the server rolled back although `fn` succeeded, since a query in it
   * had failed; what `fn` threw; `signal.reason`, once it is rolled back; or as {@link PgPool.acquire}.
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

const OPTIONS: readonly string[] = ['connectionString', 'connection', 'statementTimeoutMs', 'pipelineDepth', 'resetQuery', ...TUNING.filter((name) => name !== 'concurrency')];
const DEEPEST = 1_000;

/** @throws {PoolError} `ERR_POOL_INVALID_OPTION` */
export function createPgPool(options: PgPoolOptions = {}): PgPool {
  requireKnown(options, OPTIONS);
  const { connectionString, connection = {}, statementTimeoutMs, pipelineDepth = 1, resetQuery, max = 10, name = 'pg', clock = systemClock, ...tuning } = options;
  if (connectionString !== undefined && typeof connectionString !== 'string') throw invalidOption('connectionString', connectionString, 'a string');
  requireObject('connection', connection);
  if (statementTimeoutMs !== undefined) requireDuration('statementTimeoutMs', statementTimeoutMs);
  if (!Number.isInteger(pipelineDepth) || pipelineDepth < 1 || pipelineDepth > DEEPEST) throw invalidOption('pipelineDepth', pipelineDepth, `an integer from 1 to ${DEEPEST}`);
  if (pipelineDepth > 1 && tuning.adaptive === true) throw invalidOption('pipelineDepth', pipelineDepth, '1 with `adaptive`, which measures how long each statement has a connection');
  requirePipelining(pipelineDepth);
  if (resetQuery !== undefined && typeof resetQuery !== 'string') throw invalidOption('resetQuery', resetQuery, 'a string');
  const config: ClientConfig = {
    ...connection,
    ...(connectionString !== undefined && { connectionString }),
    ...(statementTimeoutMs !== undefined && { statement_timeout: serverTimeout(statementTimeoutMs) }),
  };
  const reset = async (client: Client, statement: string): Promise<void> => {
    if (!isClean(client)) await rollBack(client);
    await discard(client, statement);
  };
  const statements = new StatementWatch(statementTimeoutMs ?? Infinity, name, clock);
  const pool = new HoldingPool<Client>(
    {
      ...tuning,
      max,
      name,
      clock,
      create: ({ signal }) => connect(config, signal),
      watch: (client, lost) => {
        statements.watch(client);
        client.on('error', lost);
        client.on('end', lost);
      },
      validate: async (client) => (await client.query('SELECT 1')).rowCount === 1,
      reset: resetQuery === undefined ? (client) => (isClean(client) ? undefined : rollBack(client)) : (client) => reset(client, resetQuery),
      destroy: (client) => {
        statements.forget(client);
        return end(client, clock);
      },
    },
    (client, held) => {
      const socket = client.connection.stream as Partial<Pick<Socket, 'ref' | 'unref'>>;
      if (held) socket.ref?.();
      else socket.unref?.();
    },
  );
  return new PostgresPool(pool, statements, pipelineDepth === 1 ? undefined : new Pipelines(pool, pipelineDepth, clock), clock);
}

class PostgresPool implements PgPool {
  readonly name: string;
  readonly #pool: HoldingPool<Client>;
  readonly #statements: StatementWatch;
  readonly #pipelines: Pipelines | undefined;
  readonly #clock: Clock;

  constructor(pool: HoldingPool<Client>, statements: StatementWatch, pipelines: Pipelines | undefined, clock: Clock) {
    this.name = pool.name;
    this.#pool = pool;
    this.#statements = statements;
    this.#pipelines = pipelines;
    this.#clock = clock;
  }

  query<R extends unknown[]>(query: QueryArrayConfig, values?: QueryConfigValues<unknown[]>, options?: QueryOptions): Promise<QueryArrayResult<R>>;
  query<R extends QueryResultRow>(query: string | QueryConfig, values?: QueryConfigValues<unknown[]>, options?: QueryOptions): Promise<QueryResult<R>>;
  query(query: string | QueryConfig, values?: QueryConfigValues<unknown[]>, options?: QueryOptions): Promise<QueryResult> {
    if (typeof values === 'function') return Promise.reject(invalidOption('values', values, 'an array, as there is a promise and no callback'));
    if (options === undefined) return this.#query(query, values);
    return this.#queryCancellably(query, values, options);
  }

  async transaction<T>(fn: (client: Client) => T | PromiseLike<T>, options: TransactionOptions = {}): Promise<T> {
    if (typeof fn !== 'function') throw invalidOption('fn', fn, 'a function');
    requireObject('options', options);
    const { isolation, readOnly, statementTimeoutMs, ...wait } = options;
    checkAcquireOptions(wait);
    const begin = beginStatement(isolation, readOnly, statementTimeoutMs);
    const run = (client: Client): Promise<T> => transact(client, fn, { begin, signal: wait.signal, pool: this.name, clock: this.#clock });
    if (statementTimeoutMs === undefined) return this.#pool.use(run, wait);
    return this.#pool.use((client) => {
      this.#statements.watch(client, statementTimeoutMs);
      return run(client).finally(() => this.#statements.watch(client));
    }, wait);
  }

  async connect(options?: AcquireOptions): Promise<PoolClient> {
    const lease = await this.#pool.acquire(options);
    const release = (error?: Error | boolean): void => {
      if (error) lease.destroy(error);
      else lease.release();
    };
    return Object.assign(lease.resource, { release });
  }

  async end(): Promise<void> {
    await this.#pool.drain();
    await this.#pool.close();
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

  /** By callbacks where promises would do, as there is one for each step: the one that is made here is enough. */
  #query(query: string | QueryConfig, values: QueryConfigValues<unknown[]> | undefined): Promise<QueryResult> {
    return new Promise((resolve, reject) => {
      requireAnswer(query);
      let shared = this.#pipelines !== undefined && isShareable(query);
      const send: Statement = (client, done) => {
        let answered = false;
        const failed = (error: unknown): void => {
          done(error);
          if (!shared || !wasNotPrepared(query, error)) return reject(error);
          shared = false;
          alone();
        };
        try {
          client.query(query as string, values as unknown[], (error: Error | null | undefined, result) => {
            // Of a query that could not be put into words, node-postgres tells twice: also when the server is ready again.
            if (answered) return;
            answered = true;
            // After an error the server still has to say that it is ready, which usually is in the same packet.
            if (error) return queueMicrotask(() => failed(error));
            done();
            resolve(result);
          });
        } catch (error) {
          queueMicrotask(() => failed(error));
        }
      };
      // It may have been taken back, as leaked.
      const alone = (): unknown => this.#pool.lend((lease) => send(lease.resource, () => lease[Symbol.dispose]()), reject);
      if (shared) this.#pipelines?.send(send, reject);
      else alone();
    });
  }

  async #queryCancellably(query: string | QueryConfig, values: QueryConfigValues<unknown[]> | undefined, options: QueryOptions): Promise<QueryResult> {
    requireObject('options', options);
    const { statementTimeoutMs: timeoutMs = Infinity, ...wait } = options;
    checkAcquireOptions(wait);
    requireDuration('statementTimeoutMs', timeoutMs);
    requireAnswer(query);
    const { signal } = wait;
    const lease = await this.#pool.acquire(wait);
    let answer: Promise<QueryResult>;
    try {
      // It may have aborted after the wait was over, when nobody listened.
      signal?.throwIfAborted();
      answer = lease.resource.query(query, values);
    } catch (error) {
      lease.release();
      throw error;
    }
    return cancellable(lease, answer, { signal, timeoutMs, timedOut: () => statementTimeout(this.name, timeoutMs), clock: this.#clock });
  }
}
