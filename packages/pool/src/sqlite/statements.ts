import type { SqliteDatabase, SqliteStatement } from './driver.js';

/** Most statements kept prepared, a connection. */
const KEPT = 100;

const prepared = new WeakMap<SqliteDatabase<never>, Map<string, SqliteStatement>>();

/** Prepared once a connection; of too many, the one that was not used for longest is dropped. */
export function statement(database: SqliteDatabase<never>, sql: string): SqliteStatement {
  let kept = prepared.get(database);
  if (kept === undefined) prepared.set(database, (kept = new Map<string, SqliteStatement>()));
  let found = kept.get(sql);
  if (found === undefined) {
    found = database.prepare(sql);
    for (const oldest of kept.size >= KEPT ? kept.keys() : []) {
      kept.delete(oldest);
      break;
    }
  } else kept.delete(sql);
  kept.set(sql, found);
  return found;
}
