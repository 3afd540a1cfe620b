import { EventEmitter } from 'node:events';
import type { Client, PoolClient, QueryArrayConfig, QueryArrayResult, QueryConfig, QueryConfigValues, QueryResult, QueryResultRow, Submittable } from 'pg';
import pg from 'pg';
import { type Clock, systemClock, type Timer } from '../clock.js';
import { PoolError } from '../errors.js';
import type { Lease } from '../lending/lease.js';
import type { Pool as CorePool } from '../pool.js';
import { promiseBy } from '../promise-by.js';
import { createPool } from '../resource-pool.js';
import { END_GRACE_MS, isBusy, isInTransaction, isUnusable, observe, requireAnswer, rollBack } from './connection.js';
import { clientReleased, clientRemoved, type ConnectContext, traceConnect } from './drop-in-channels.js';
import { IdleClients } from './idle-clients.js';
import { openInTime } from './open-in-time.js';
import { type CompleteConfig, delayMs, type PoolConfig, withDefaults } from './pool-config.js';

type Release = (error?: Error | boolean) => void;
type ConnectCallback = (error: Error | undefined, client: PoolClient | undefined, release: Release) => void;
type QueryCallback<T> = (error: Error, result: T) => void;
type EndCallback = (error?: Error) => void;

/** A caller waits this much longer for a connection than the connection takes, whose time begins later: in a process that has just begun, by some ms. */
const HEAD_START_MS = 20;

/** Not in the public types of a client. */
interface Holding {
  ref?(): void;
  unref?(): void;
}

/**
 * The API of pg-pool 3.14 over this package's pool, so that an import is all that changes. Emits `connect`, `acquire`, `release`,
 * `remove` and `error` as it does, and tells of clients by the diagnostics channels `pg:pool:connect` (a tracing channel),
 * `pg:pool:release` and `pg:pool:remove`. It differs where pg-pool loses something: an idle connection that breaks ends no process even
 * if nobody listens for `error`, `end()` lets everybody who waits have a client first, what a borrower leaves open is rolled back,
 * and a server that is down is asked now and then instead of by each caller.
 */
export class Pool extends EventEmitter implements pg.Pool {
  readonly options: CompleteConfig;
  readonly Client: new (config: never) => Client;
  readonly Promise: PromiseConstructorLike;
  readonly log: (...messages: unknown[]) => void;
  ending = false;
  ended = false;
  readonly #clock: Clock;
  readonly #core: CorePool<Client>;
  /** All that are alive, with the timers of their lifetimes. */
  readonly #members = new Map<Client, Timer | undefined>();
  readonly #idle: IdleClients<Client>;
  readonly #expired = new Set<Client>();
  /** Since when callers have been waiting, longest first. */
  readonly #callers = new Set<{ readonly sinceMs: number }>();

  constructor(given?: PoolConfig | null, ClientClass?: new (config: never) => unknown) {
    super();
    const options = given ?? {};
    // An 'error' without a listener would end the process.
    this.on('error', () => {});
    const { clock = systemClock } = options;
    this.options = withDefaults(options);
    this.Client = (options.Client ?? ClientClass ?? pg.Client) as new (config: never) => Client;
    this.Promise = options.Promise ?? Promise;
    this.log = options.log ?? (() => {});
    this.#clock = clock;
    const { max, min, maxUses, connectionTimeoutMillis, idleTimeoutMillis, allowExitOnIdle } = this.options;
    this.#idle = new IdleClients(delayMs(idleTimeoutMillis), clock, !allowExitOnIdle, {
      mayGo: () => this.totalCount > min,
      due: (client) => {
        this.log('remove idle client');
        this.#core.evictAll((other) => other === client);
      },
    });
    this.#core = createPool<Client>({
      name: 'pg',
      max,
      maxUses: maxUses ?? Infinity,
      jitterRatio: 0,
      maxCreating: max,
      // A connection that is made for a caller gives up first, and is gone when the caller hears of it.
      acquireTimeoutMs: delayMs(delayMs(connectionTimeoutMillis) + HEAD_START_MS),
      createTimeoutMs: Infinity,
      idleTimeoutMs: Infinity,
      clock,
      create: () => this.#connect(),
      watch: (client, lost) => this.#join(client, lost),
      reset: (client) => (isInTransaction(client) || isBusy(client) ? rollBack(client) : undefined),
      destroy: (client, reason) => this.#leave(client, reason),
    });
  }

  /** @throws {PoolError} `ERR_POOL_ACQUIRE_TIMEOUT`, `ERR_POOL_CLOSED`; or what the client said when it connected */
  connect(): Promise<PoolClient>;
  connect(callback: ConnectCallback): void;
  connect(callback?: ConnectCallback): Promise<PoolClient> | void {
    const borrowed = this.#connected();
    if (callback === undefined) return this.#promise(borrowed);
    // In a tick of its own, so that what the callback throws is uncaught, and not a rejection.
    borrowed.then(
      // Its own release, as the client may be somebody else's by the time it is called once more.
      (client) => process.nextTick(callback, undefined, client, client.release.bind(client)),
      (error: Error) => process.nextTick(callback, error, undefined, () => {}),
    );
  }

  /** Runs one statement on any client; one whose statement failed is closed. */
  query<R extends unknown[] = unknown[], I = unknown[]>(query: QueryArrayConfig<I>, values?: QueryConfigValues<I>): Promise<QueryArrayResult<R>>;
  query<R extends QueryResultRow = QueryResultRow, I = unknown[]>(query: string | QueryConfig<I>, values?: QueryConfigValues<I>): Promise<QueryResult<R>>;
  query<R extends unknown[] = unknown[], I = unknown[]>(query: QueryArrayConfig<I>, callback: QueryCallback<QueryArrayResult<R>>): void;
  query<R extends QueryResultRow = QueryResultRow, I = unknown[]>(query: string | QueryConfig<I>, callback: QueryCallback<QueryResult<R>>): void;
  query<R extends QueryResultRow = QueryResultRow, I = unknown[]>(query: string | QueryConfig<I>, values: QueryConfigValues<I>, callback: QueryCallback<QueryResult<R>>): void;
  /** @throws {PoolError} `ERR_POOL_INVALID_OPTION`: they need a client of `connect()`. */
  query<T extends Submittable>(query: T): T;
  query(query: unknown, values?: unknown, callback?: QueryCallback<never>): unknown {
    if (typeof query === 'function') {
      const refused = Promise.reject(new Error('Passing a function as the first parameter to pool.query is not supported'));
      return this.#answer(refused, query as QueryCallback<unknown>);
    }
    if (typeof values === 'function') return this.#answer(this.#query(query, undefined), values as QueryCallback<unknown>);
    return this.#answer(this.#query(query, values), callback as QueryCallback<unknown> | undefined);
  }

  /** Serves those who wait, then closes all clients; settles when the last one is back and closed. */
  end(): Promise<void>;
  end(callback: EndCallback): void;
  end(callback?: EndCallback): Promise<void> | void {
    return this.#answer(this.#end(), callback);
  }

  get totalCount(): number {
    const { idle, leased, checking, creating } = this.#core.stats();
    return idle + leased + checking + creating;
  }

  get idleCount(): number {
    const { idle, checking } = this.#core.stats();
    return idle + checking;
  }

  /** Callers for whom there is no client yet, nor one on its way. */
  get waitingCount(): number {
    const { waiting, creating } = this.#core.stats();
    return Math.max(0, waiting - creating);
  }

  /** Clients in use that are past their lifetime. */
  get expiredCount(): number {
    return this.#expired.size;
  }

  /** As named in pg-pool, where tools look at it. */
  get _clients(): readonly Client[] {
    return [...this.#members.keys()];
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (!this.ending) await this.#end();
  }

  #connected(): Promise<PoolClient> {
    return traceConnect(() => this.#counts(), () => this.#borrow());
  }

  #counts(): ConnectContext['pool'] {
    const { totalCount, idleCount, waitingCount } = this;
    return { totalCount, idleCount, waitingCount, maxSize: this.options.max };
  }

  #borrow(): Promise<PoolClient> {
    if (this.ending) return Promise.reject(new PoolError('ERR_POOL_CLOSED', 'Cannot use a pool after calling end on the pool'));
    const caller = { sinceMs: this.#clock.now() };
    this.#callers.add(caller);
    return this.#core.acquire().then(
      (lease) => {
        this.#callers.delete(caller);
        if (!isUnusable(lease.resource)) return this.#lend(lease);
        lease.destroy();
        return this.#borrow();
      },
      (error: unknown) => {
        this.#callers.delete(caller);
        throw inTheirWords(error);
      },
    );
  }

  #lend(lease: Lease<Client>): PoolClient {
    const client = lease.resource as PoolClient;
    this.#idle.remove(client);
    if (this.options.allowExitOnIdle) (client as Holding).ref?.();
    let released = false;
    client.release = (error) => {
      if (released) throw new PoolError('ERR_POOL_LEASE_ENDED', 'Release called on client which has already been released to the pool.');
      released = true;
      this.#release(lease, client, error);
    };
    try {
      this.emit('acquire', client);
    } catch (error) {
      lease.destroy(error);
      throw error;
    }
    return client;
  }

  #release(lease: Lease<Client>, client: Client, error: Error | boolean | undefined): void {
    try {
      this.emit('release', error, client);
      clientReleased(client, error);
    } finally {
      this.#takeBack(lease, client, error);
    }
  }

  #takeBack(lease: Lease<Client>, client: Client, error: Error | boolean | undefined): void {
    if (error || isUnusable(client)) return lease.destroy(error);
    if (this.#expired.has(client)) {
      this.log('remove expired client');
      return lease.destroy();
    }
    if (this.options.evictOnOpenTransaction === true && isInTransaction(client)) {
      this.log('remove client due to open transaction');
      return lease.destroy();
    }
    if (this.options.allowExitOnIdle) (client as Holding).unref?.();
    this.#idle.add(client);
    lease.release();
  }

  #query(query: unknown, values: unknown): Promise<unknown> {
    return new Promise((resolve, reject) => {
      requireAnswer(query);
      // Its own may be another by now, of who watches it.
      const borrowed = this.connect === Pool.prototype.connect ? this.#connected() : this.connect();
      borrowed.then((client) => this.#dispatch(client, query, values, resolve, reject), reject);
    }).catch((error: unknown) => {
      // Leads to who asked, and not to the socket on which the answer came.
      if (error instanceof Error) Error.captureStackTrace(error);
      throw error;
    });
  }

  #dispatch(client: PoolClient, query: unknown, values: unknown, resolve: (result: unknown) => void, reject: (error: unknown) => void): void {
    this.log('dispatching query');
    let over = false;
    const finish = (error: Error | null | undefined, result?: unknown): void => {
      if (over) return;
      over = true;
      client.removeListener('error', finish);
      client.release(error ?? undefined);
      if (error) reject(error);
      else resolve(result);
    };
    client.once('error', finish);
    try {
      client.query(query as string, values as unknown[], finish);
    } catch (error) {
      finish(error as Error);
    }
  }

  async #end(): Promise<void> {
    if (this.ending) throw new PoolError('ERR_POOL_CLOSED', 'Called end on pool more than once');
    this.ending = true;
    this.log('ending');
    const drained = this.#core.drain();
    this.#core.evictAll((client) => this.#idle.has(client));
    await drained;
    await this.#core.close();
    this.#idle.close();
    this.ended = true;
  }

  async #connect(): Promise<Client> {
    for (;;) {
      const sinceMs = this.#clock.now();
      const client = new this.Client(this.options as never) as PoolClient;
      client.on('error', () => {});
      observe(client);
      this.log('connecting new client');
      const inTime = await openInTime(client, delayMs(this.options.connectionTimeoutMillis), this.#clock).catch((error: unknown) => {
        this.log('client failed to connect', error);
        throw error;
      });
      if (inTime) {
        await this.#prepare(client);
        return client;
      }
      this.log('ending client due to timeout');
      // Who waits now may have come later, and has some time left.
      const [first] = this.#callers;
      if (first === undefined || first.sinceMs <= sinceMs) throw new PoolError('ERR_POOL_CREATE_TIMEOUT', 'Connection terminated due to connection timeout');
    }
  }

  async #prepare(client: PoolClient): Promise<void> {
    try {
      await inTime(this.#readied(client), delayMs(this.options.connectionTimeoutMillis), this.#clock);
      this.log('new client connected');
      this.emit('connect', client);
    } catch (error) {
      client.end(() => {});
      throw error;
    }
  }

  async #readied(client: PoolClient): Promise<void> {
    const { onConnect, verify } = this.options;
    await (onConnect?.(client) as unknown);
    if (verify !== undefined) await new Promise<void>((resolve, reject) => verify(client, (error) => (error ? reject(error) : resolve())));
  }

  /** A new client is the pool's, and idle until it is lent. */
  #join(client: Client, lost: (cause?: unknown) => void): void {
    const lifetimeMs = delayMs((this.options.maxLifetimeSeconds ?? 0) * 1_000);
    let lifetime: Timer | undefined;
    if (lifetimeMs !== Infinity) {
      lifetime = this.#clock.setTimeout(() => this.#expire(client), lifetimeMs);
      lifetime.unref();
    }
    this.#members.set(client, lifetime);
    const giveBack = (): void => {
      if (this.#members.has(client) && !this.#idle.has(client)) (client as PoolClient).release();
    };
    Object.defineProperty(client, Symbol.dispose, { configurable: true, value: giveBack });
    this.#idle.add(client);
    if (this.options.allowExitOnIdle) (client as Holding).unref?.(); // It may never be lent.
    client.on('error', (error: Error & { client?: unknown }) => {
      const wasIdle = this.#idle.has(client);
      lost(error);
      if (!wasIdle) return;
      error.client = client;
      this.emit('error', error, client);
    });
    client.on('end', lost);
  }

  #expire(client: Client): void {
    if (!this.#idle.has(client)) {
      this.#expired.add(client);
      return;
    }
    this.log('ending client due to expired lifetime');
    this.#core.evictAll((other) => other === client);
  }

  #leave(client: Client, reason: string): Promise<void> {
    if (reason === 'used-up') this.log('remove expended client');
    this.#members.get(client)?.close();
    this.#members.delete(client);
    this.#idle.remove(client);
    this.#expired.delete(client);
    return new Promise((resolve) => {
      // A client that is not made of JavaScript has no such connection.
      const { connection } = client as Partial<Client>;
      const timer = this.#clock.setTimeout(() => connection?.stream.destroy(), END_GRACE_MS);
      client.end(() => {
        timer.close();
        this.emit('remove', client);
        clientRemoved(client);
        resolve();
      });
    });
  }

  #answer<T>(answer: Promise<T>, callback: QueryCallback<T> | EndCallback | undefined): Promise<T> | void {
    if (typeof callback !== 'function') return this.#promise(answer);
    answer.then(
      (result) => process.nextTick(callback, undefined, result),
      (error: Error) => process.nextTick(callback, error, undefined),
    );
  }

  /** A promise of the kind that the user wants. */
  #promise<T>(native: Promise<T>): Promise<T> {
    return promiseBy(this.Promise, native);
  }
}

/** Those of pg-pool, where it has some. */
function inTheirWords(error: unknown): unknown {
  if (!(error instanceof PoolError)) return error;
  if (error.code === 'ERR_POOL_ACQUIRE_TIMEOUT') return new PoolError(error.code, 'timeout exceeded when trying to connect', { cause: error });
  if (error.code === 'ERR_POOL_CLOSED') return new PoolError(error.code, 'Cannot use a pool after calling end on the pool');
  return error;
}

/** As long as the server itself may take to connect. */
async function inTime(readied: Promise<void>, timeoutMs: number, clock: Clock): Promise<void> {
  if (timeoutMs === Infinity) return readied;
  let timer: Timer | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = clock.setTimeout(() => reject(new PoolError('ERR_POOL_CREATE_TIMEOUT', 'onConnect or verify did not end within connectionTimeoutMillis')), timeoutMs);
  });
  try {
    await Promise.race([readied, late]);
  } finally {
    timer?.close();
  }
}
