import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from '@jest/globals';
import wasm from 'node-sqlite3-wasm';
import { createSqlitePool, type OpenSqlite, type SqliteDatabase, type SqliteParameter, type SqlitePool, type SqlitePoolOptions, type SqliteStatement } from '../../src/adapters/sqlite.js';
import { deferred, settled } from '../backend.js';

/** SQLite as WebAssembly, which runs on every Node; it takes parameters as one array, and knows no write-ahead mode. */
const openWasm: OpenSqlite<SqliteDatabase> = (file, { readonly }) => {
  const database = new wasm.Database(file, { readOnly: readonly, fileMustExist: readonly });
  return {
    exec: (sql) => database.exec(sql),
    close: () => database.close(),
    prepare: (sql) => {
      const statement = database.prepare(sql);
      return { run: (...given: SqliteParameter[]) => statement.run(given), get: (...given: SqliteParameter[]) => statement.get(given), all: (...given: SqliteParameter[]) => statement.all(given) };
    },
  };
};

/** With types as those of better-sqlite3. */
interface Telling {
  /** As a loop over `statement.iterate()` that nobody ends. */
  iterate(): unknown;
  readonly open: boolean;
  readonly inTransaction: boolean;
  prepare(sql: string): SqliteStatement | { run(bound: object): unknown; get(bound: object): unknown; all(bound: object): unknown[] };
  exec(sql: string): unknown;
  close(): unknown;
}

/** The same, telling of itself as better-sqlite3 does; that one has to be compiled where it runs. */
const openTelling = (file: string, options: { readonly readonly: boolean }): Telling => {
  const database = openWasm(file, options);
  let open = true;
  let inTransaction = false;
  let iterating = false;
  return {
    iterate: () => (iterating = true),
    prepare: (sql) => database.prepare(sql),
    exec: (sql) => {
      if (iterating) throw new TypeError('This database connection is busy executing a query');
      database.exec(sql);
      if (/^(?:begin|commit|rollback)/i.test(sql)) inTransaction = /^begin/i.test(sql);
    },
    close: () => {
      open = false;
      database.close();
    },
    get open() {
      return open;
    },
    get inTransaction() {
      return open && inTransaction;
    },
  };
};

const drivers: [string, OpenSqlite<SqliteDatabase> | undefined][] = [
  ['node-sqlite3-wasm', openWasm],
  ['one that tells of itself', openTelling as OpenSqlite<SqliteDatabase>],
];
if (process.getBuiltinModule('node:sqlite') !== undefined) drivers.push(['node:sqlite', undefined]);

const folders: string[] = [];
const pools: SqlitePool[] = [];
function open(driver: OpenSqlite<SqliteDatabase> | undefined, options: Partial<SqlitePoolOptions> = {}): SqlitePool {
  const folder = mkdtempSync(join(tmpdir(), 'fog-sqlite-'));
  folders.push(folder);
  const pool = createSqlitePool({ file: join(folder, 'test.db'), open: driver, ...options });
  pools.push(pool);
  return pool;
}
afterEach(async () => {
  await Promise.all(pools.splice(0).map((pool) => pool.close()));
  for (const folder of folders.splice(0)) rmSync(folder, { recursive: true });
});

describe.each(drivers)('a pool of SQLite connections, by %s', (_name, driver) => {
  it('writes by one connection and reads by others', async () => {
    const db = open(driver, { pragmas: ['foreign_keys = ON'] });
    await db.run('create table fruits (id integer primary key, name text)');
    await Promise.all(['apple', 'pear', 'plum'].map((name) => db.run('insert into fruits (name) values (?)', [name])));
    const answers = await Promise.all(Array.from({ length: 20 }, () => db.query<{ name: string }>('select name from fruits where id > ? order by id', [1])));
    for (const rows of answers) expect(rows.map(({ name }) => name)).toEqual(['pear', 'plum']);
    const stats = db.stats();
    expect(stats).toMatchObject({ max: 5, leased: 0, waiting: 0, writerLeased: 0, writerWaiting: 0 });
    expect(stats.createdTotal).toBeLessThanOrEqual(5);
    for (const reading of Object.values(stats)) expect(reading).toEqual(expect.any(Number));
  });

  it('commits what succeeds, rolls back what throws, and lets no second writer in between', async () => {
    const db = open(driver);
    await db.run('create table log (n integer)');
    const gate = deferred<void>();
    const first = db.transaction(async (database) => {
      database.exec('insert into log values (1)');
      await gate.promise;
      database.exec('insert into log values (2)');
    });
    const second = db.run('insert into log values (3)');
    await settled();
    expect(db.stats()).toMatchObject({ writerLeased: 1, writerWaiting: 1 });
    gate.resolve();
    await Promise.all([first, second]);
    await expect(
      db.transaction((database) => {
        database.exec('insert into log values (4)');
        throw new Error('on second thoughts');
      }),
    ).rejects.toThrow('on second thoughts');
    expect((await db.query<{ n: number }>('select n from log order by rowid')).map(({ n }) => n)).toEqual([1, 2, 3]);
    expect(db.stats().createdTotal).toBe(2); // One writes, one reads.
  });

  it('rolls back what a borrower leaves open, and lets no reader write', async () => {
    const db = open(driver);
    await db.run('create table t (n integer)');
    await db.write((database) => {
      database.exec('begin');
      database.exec('insert into t values (1)');
    });
    expect(await db.query('select * from t')).toEqual([]);
    await db.read((database) => database.exec('begin'));
    await db.run('insert into t values (2)');
    expect(await db.query('select n from t')).toEqual([{ n: 2 }]);
    await expect(db.query('insert into t values (3) returning n')).rejects.toThrow(/read-?only/i);
  });

  it('refuses a write inside a write at once, unless it is told to wait', async () => {
    const db = open(driver);
    await db.run('create table fruits (name)');
    await expect(db.transaction(() => db.run("insert into fruits values ('fig')"))).rejects.toMatchObject({ code: 'ERR_POOL_DEADLOCK' });
    await db.read(() => db.run("insert into fruits values ('date')"));
    expect(await db.query('select name from fruits')).toEqual([{ name: 'date' }]);
    const patient = open(driver, { detectDeadlock: false });
    await expect(patient.write(() => patient.run('select 1', [], { timeoutMs: 5 }))).rejects.toMatchObject({ code: 'ERR_POOL_ACQUIRE_TIMEOUT' });
  });

  it('takes no write once it drains or closes, however long a reader is out', async () => {
    for (const end of ['drain', 'close'] as const) {
      const db = open(driver);
      await db.run('create table t (n integer)');
      const gate = deferred<void>();
      const reading = db.read(() => gate.promise);
      for (const options of [null, { sign: 1 }]) await expect(db[end](options as never)).rejects.toMatchObject({ code: 'ERR_POOL_INVALID_OPTION' });
      await db.run('insert into t values (1)');
      const ending = db[end]();
      const closed = { code: 'ERR_POOL_CLOSED' };
      await expect(db.run('insert into t values (2)')).rejects.toMatchObject(closed);
      await expect(db.write(() => 1)).rejects.toMatchObject(closed);
      await expect(db.transaction(() => 1)).rejects.toMatchObject(closed);
      gate.resolve();
      await Promise.all([reading, ending]);
    }
  });

  it('replaces a connection that its borrower has closed', async () => {
    const db = open(driver, { readers: 1 });
    await db.run('create table fruits (name)');
    await db.write((database) => database.close());
    await db.run("insert into fruits values ('fig')");
    await db.read((database) => database.close());
    expect(await db.query('select name from fruits')).toEqual([{ name: 'fig' }]);
    expect(db.stats()).toMatchObject({ createdTotal: 4, resetErrorsTotal: 2 });
  });

  it('reads for the first time while its writer is busy, if the file is there', async () => {
    const db = open(driver);
    await db.run('create table t (n integer)');
    expect(await db.write(() => db.query('select count(*) as n from t'))).toEqual([{ n: 0 }]);
  });

  it('gives its callers what SQLite says, also when the file cannot be opened', async () => {
    const db = open(driver);
    await expect(db.run('selec 1')).rejects.toThrow(/syntax error/);
    const nowhere = open(driver, { file: join(tmpdir(), 'fog-nowhere', 'test.db'), acquireTimeoutMs: 1_000 });
    await expect(nowhere.query('select 1')).rejects.toThrow(/open|lock|ENOENT/);
  });

  it('prepares a statement once a connection, and many without keeping all', async () => {
    const db = open(driver, { readers: 1 });
    await db.run('create table t (n integer)');
    for (let n = 0; n < 250; n += 1) expect(await db.query(`select ${n % 125} as n`)).toEqual([{ n: n % 125 }]);
  });
});

describe('where Node has no SQLite, and no other is given', () => {
  it('says so, as a borrower comes', async () => {
    const original = Object.getOwnPropertyDescriptor(process, 'getBuiltinModule');
    Object.defineProperty(process, 'getBuiltinModule', { configurable: true, value: () => undefined });
    try {
      await expect(open(undefined).run('select 1')).rejects.toMatchObject({ code: 'ERR_POOL_INVALID_OPTION', message: expect.stringContaining('node:sqlite') });
    } finally {
      Object.defineProperty(process, 'getBuiltinModule', original ?? {});
    }
  });
});

it('lends no connection again on which an iterator was left open, where the driver tells', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'fog-sqlite-'));
  folders.push(folder);
  await using db = createSqlitePool({ file: join(folder, 'test.db'), open: openTelling });
  await db.run('create table t (n integer)');
  await db.write((database) => database.iterate());
  await db.run('insert into t values (1)');
  await db.read((database) => database.iterate());
  expect(await db.query('select n from t')).toEqual([{ n: 1 }]);
  expect(db.stats()).toMatchObject({ createdTotal: 4, resetErrorsTotal: 2 });
});

describe('the options of a pool of SQLite connections', () => {
  it('take nothing for a connection that is none', async () => {
    for (const none of [undefined, null, {}, Promise.resolve({})]) {
      await using db = createSqlitePool({ file: 'x', open: (() => none) as never, failFast: true });
      await expect(db.run('select 1')).rejects.toMatchObject({ code: 'ERR_POOL_INVALID_RESOURCE' });
    }
  });

  it('are refused if they cannot be honoured', () => {
    for (const options of [{}, { file: '' }, { file: ':memory:' }, { file: 'x', readers: 0 }, { file: 'x', open: 1 }, { file: 'x', busyTimeoutMs: -1 }, { file: 'x', pragmas: 'a' }, { file: 'x', pragmas: [1] }, { file: 'x', name: '' }, { file: 'x', max: 3 }, { file: 'x', concurrency: 2 }])
      expect(() => createSqlitePool({ open: openWasm, ...options } as never)).toThrow(expect.objectContaining({ code: 'ERR_POOL_INVALID_OPTION' }));
  });

  it('take any driver, and lend what it gives', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'fog-sqlite-'));
    folders.push(folder);
    const db = createSqlitePool({ file: join(folder, 'test.db'), open: openTelling });
    expect(await db.write((database) => [database.open, database.inTransaction])).toEqual([true, false]);
    expect(await db.query<{ one: number }>('select 1 as one')).toEqual([{ one: 1 }]);
    await db.close();
  });

  it('and those of calls', async () => {
    const db = open(openWasm);
    for (const call of [() => db.query('select 1', null as never), () => db.run('select 1', 1 as never), () => db.transaction(null as never), () => db.write(undefined as never), () => db.query('select 1', [], null as never)])
      await expect(call()).rejects.toMatchObject({ code: 'ERR_POOL_INVALID_OPTION' });
  });
});
