import { invalidOption } from '../errors.js';

export type SqliteParameter = null | number | bigint | string | Uint8Array;

/** What better-sqlite3 and node:sqlite have in common, and is all that is asked of any other. */
export interface SqliteStatement<P = SqliteParameter> {
  run(...parameters: P[]): unknown;
  get(...parameters: P[]): unknown;
  all(...parameters: P[]): unknown[];
}

/** @typeParam P what its statements take; `never` for those that declare it in ways of their own, as better-sqlite3 does */
export interface SqliteDatabase<P = SqliteParameter> {
  prepare(sql: string): SqliteStatement<P>;
  exec(sql: string): unknown;
  close(): unknown;
}

/** Opens a connection, one that only reads if `readonly`. */
export type OpenSqlite<D extends SqliteDatabase<never>> = (file: string, options: { readonly readonly: boolean }) => D;

/** Node's own SQLite, where it has one: from Node 22.13 on. */
export function openNodeSqlite(file: string, { readonly }: { readonly readonly: boolean }): SqliteDatabase {
  const module = process.getBuiltinModule('node:sqlite') as { readonly DatabaseSync: new (file: string, options: object) => SqliteDatabase } | undefined;
  if (module === undefined) throw invalidOption('open', undefined, 'given where there is no node:sqlite');
  return new module.DatabaseSync(file, { readOnly: readonly });
}

/** What a connection tells of itself, by its names in better-sqlite3 and in node:sqlite. */
interface Condition {
  readonly open?: boolean;
  readonly isOpen?: boolean;
  readonly inTransaction?: boolean;
  readonly isTransaction?: boolean;
}

/**
 * Ends a transaction that is open, if one is.
 * @throws also if its borrower has closed the connection, or left an iterator open, where the driver tells: it would keep others from
 * writing, and from seeing what was written since
 */
export function rollBack(database: SqliteDatabase<never>): void {
  const { open, isOpen, inTransaction, isTransaction } = database as Condition;
  if ((open ?? isOpen) === false) throw new Error('the connection was closed by its borrower');
  try {
    // Nothing, which better-sqlite3 refuses while an iterator is open.
    database.exec((inTransaction ?? isTransaction) === false ? '' : 'ROLLBACK');
  } catch (error) {
    // A driver that does not tell whether there is one.
    if (!String(error).includes('no transaction is active')) throw error;
  }
}
