import { invalidOption, invalidResource, poolClosed } from '../errors.js';
import { joinStats } from '../joint-stats.js';
import { MAX_DELAY_MS, type PoolTuning, requireKnown, TUNING } from '../options.js';
import type { Pool } from '../pool.js';
import { createPool } from '../resource-pool.js';
import { openNodeSqlite, type OpenSqlite, rollBack, type SqliteDatabase, type SqliteParameter } from '../sqlite/driver.js';
import { statement } from '../sqlite/statements.js';
import type { PoolStats } from '../stats.js';
import { type AcquireOptions, checkCloseOptions, checkWaitOptions, type CloseOptions, type WaitOptions } from '../wait-options.js';

export type { OpenSqlite, SqliteDatabase, SqliteParameter, SqliteStatement } from '../sqlite/driver.js';

export interface SqlitePoolOptions<D extends SqliteDatabase<never> = SqliteDatabase> extends Omit<PoolTuning, 'max' | 'min' | 'concurrency'> {
  /** A file; a database in memory belongs to one connection alone. */
  readonly file: string;
  /** Opens a connection, as `(file, { readonly }) => new Database(file, { readonly })` by better-sqlite3. @default by node:sqlite */
  readonly open?: OpenSqlite<D> | undefined;
  /** Most connections that only read. An integer ≥ 1. @default 4 */
  readonly readers?: number | undefined;
  /** How long SQLite itself waits for other processes' locks, in ms, blocking this thread. @default 1_000 */
  readonly busyTimeoutMs?: number | undefined;
  /** As for any pool. A write inside a write, which there is one connection for, would wait for ever. @default `true` for the connection that writes */
  readonly detectDeadlock?: boolean;
  /** Run on each new connection, as `['foreign_keys = ON']`. @default none */
  readonly pragmas?: readonly string[] | undefined;
}

/** Of all connections together, and how it is with the one that writes. */
export interface SqlitePoolStats extends PoolStats {
  /** 1 while somebody writes, 0 otherwise. */
  readonly writerLeased: number;
  readonly writerWaiting: number;
}

/**
 * One connection that writes and several that read one SQLite file, in write-ahead mode: readers see what was committed, and wait
 * for no writer. Writers wait for each other here, first come, first served, where SQLite would refuse or block them.
 * Statements run in this thread, and block it, as SQLite does.
 */
export interface SqlitePool<D extends SqliteDatabase<never> = SqliteDatabase> extends AsyncDisposable {
  readonly name: string;
  /** The rows of a statement that reads. @throws what SQLite says, also for one that writes; or as `Pool.acquire` */
  query<R = Record<string, unknown>>(sql: string, parameters?: readonly SqliteParameter[], options?: AcquireOptions): Promise<R[]>;
  /** Runs a statement that writes; gives what the driver's `run` gives. */
  run(sql: string, parameters?: readonly SqliteParameter[], options?: AcquireOptions): Promise<unknown>;
  /** Lends a connection that only reads. A transaction that `fn` leaves open is rolled back. */
  read<T>(fn: (database: D) => T | PromiseLike<T>, options?: AcquireOptions): Promise<T>;
  /** Lends the connection that writes; nobody else writes meanwhile. */
  write<T>(fn: (database: D) => T | PromiseLike<T>, options?: AcquireOptions): Promise<T>;
  /** Runs `fn` between `BEGIN IMMEDIATE` and `COMMIT`, or `ROLLBACK` if it throws. */
  transaction<T>(fn: (database: D) => T | PromiseLike<T>, options?: AcquireOptions): Promise<T>;
  /** As `Pool.drain`. */
  drain(options?: WaitOptions): Promise<void>;
  /** As `Pool.close`. */
  close(options?: CloseOptions): Promise<void>;
  stats(): SqlitePoolStats;
}

const OPTIONS: readonly string[] = ['file', 'open', 'readers', 'busyTimeoutMs', 'pragmas', ...TUNING.filter((name) => !['max', 'min', 'concurrency'].includes(name))];

/** @throws {PoolError} `ERR_POOL_INVALID_OPTION` */
export function createSqlitePool<D extends SqliteDatabase<never> = SqliteDatabase>(options: SqlitePoolOptions<D>): SqlitePool<D> {
  requireKnown(options, OPTIONS);
  const { file, open = openNodeSqlite as OpenSqlite<D>, readers: max = 4, busyTimeoutMs = 1_000, pragmas = [], name = 'sqlite', detectDeadlock, ...tuning } = options;
  if (typeof file !== 'string' || file === '' || file === ':memory:') throw invalidOption('file', file, 'the path of a file');
  if (typeof open !== 'function') throw invalidOption('open', open, 'a function');
  if (!Number.isSafeInteger(max) || max < 1) throw invalidOption('readers', max, 'an integer ≥ 1');
  if (!Number.isSafeInteger(busyTimeoutMs) || busyTimeoutMs < 0 || busyTimeoutMs > MAX_DELAY_MS) throw invalidOption('busyTimeoutMs', busyTimeoutMs, `an integer from 0 to ${MAX_DELAY_MS}`);
  if (typeof name !== 'string' || name === '') throw invalidOption('name', name, 'a string that is not empty');
  if (!Array.isArray(pragmas) || !pragmas.every((pragma) => typeof pragma === 'string')) throw invalidOption('pragmas', pragmas, 'an array of strings');

  const connect = (readonly: boolean, own: readonly string[]): D => {
    const database = open(file, { readonly });
    if (!isDatabase(database)) throw invalidResource(name, database);
    try {
      for (const pragma of [`busy_timeout = ${busyTimeoutMs}`, ...own, ...(pragmas as readonly string[])]) database.exec(`PRAGMA ${pragma}`);
    } catch (error) {
      database.close();
      throw error;
    }
    return database;
  };
  const pool = (kind: string, max: number, create: () => D | Promise<D>): Pool<D> =>
    createPool<D>({ ...tuning, name: `${name} ${kind}`, max, detectDeadlock: detectDeadlock ?? kind === 'writer', create, reset: rollBack, destroy: (database) => database.close() });

  let opened = false;
  const writer = pool('writer', 1, () => {
    const database = connect(false, ['journal_mode = WAL']);
    opened = true;
    return database;
  });
  const readers = pool('readers', max, async () => {
    // A reader cannot make the file, nor put it into write-ahead mode.
    if (!opened) await writer.use(() => {});
    return connect(true, ['query_only = ON']);
  });
  return new WriterAndReaders<D>(name, writer, readers);
}

class WriterAndReaders<D extends SqliteDatabase<never>> implements SqlitePool<D> {
  readonly name: string;
  readonly #writer: Pool<D>;
  readonly #readers: Pool<D>;
  #phase: 'draining' | 'closed' | undefined = undefined;

  constructor(name: string, writer: Pool<D>, readers: Pool<D>) {
    this.name = name;
    this.#writer = writer;
    this.#readers = readers;
  }

  async query<R>(sql: string, parameters: readonly SqliteParameter[] = [], options?: AcquireOptions): Promise<R[]> {
    requireParameters(parameters);
    return this.#readers.use((database) => statement(database, sql).all(...parameters) as R[], options);
  }

  async run(sql: string, parameters: readonly SqliteParameter[] = [], options?: AcquireOptions): Promise<unknown> {
    requireParameters(parameters);
    return this.write((database) => statement(database, sql).run(...parameters), options);
  }

  read<T>(fn: (database: D) => T | PromiseLike<T>, options?: AcquireOptions): Promise<T> {
    return this.#readers.use(fn, options);
  }

  async write<T>(fn: (database: D) => T | PromiseLike<T>, options?: AcquireOptions): Promise<T> {
    // Its own pool stays open until no reader can need it any more.
    if (this.#phase !== undefined) throw poolClosed(this.name, this.#phase);
    return this.#writer.use(fn, options);
  }

  async transaction<T>(fn: (database: D) => T | PromiseLike<T>, options?: AcquireOptions): Promise<T> {
    if (typeof fn !== 'function') throw invalidOption('fn', fn, 'a function');
    return this.write(async (database) => {
      database.exec('BEGIN IMMEDIATE');
      // One that fails is rolled back as it comes home.
      const result = await fn(database);
      database.exec('COMMIT');
      return result;
    }, options);
  }

  async drain(options: WaitOptions = {}): Promise<void> {
    checkWaitOptions(options);
    this.#phase ??= 'draining';
    // Readers first: one that is being made may need the writer.
    await this.#readers.drain(options);
    await this.#writer.drain(options);
  }

  async close(options: CloseOptions = {}): Promise<void> {
    checkCloseOptions(options);
    this.#phase = 'closed';
    await this.#readers.close(options);
    // The last to close tidies the write-ahead log away.
    await this.#writer.close(options);
  }

  stats(): SqlitePoolStats {
    const writer = this.#writer.stats();
    return { ...joinStats([writer, this.#readers.stats()]), writerLeased: writer.leased, writerWaiting: writer.waiting };
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }
}

const isDatabase = (database: Partial<SqliteDatabase> | null | undefined): boolean => [database?.prepare, database?.exec, database?.close].every((method) => typeof method === 'function');

function requireParameters(parameters: unknown): void {
  if (!Array.isArray(parameters)) throw invalidOption('parameters', parameters, 'an array');
}
