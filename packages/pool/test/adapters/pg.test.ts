import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { startPostgres, type Service } from '@fog/services';
import pg from 'pg';
import { createPgPool, type PgPool, type PgPoolOptions } from '../../src/adapters/pg.js';
import { runIdleProgram } from './program.js';

let server: Service;
const pools: PgPool[] = [];
const open = (options: PgPoolOptions = {}): PgPool => {
  const pool = createPgPool({ connectionString: server.url, ...options });
  pools.push(pool);
  return pool;
};

beforeAll(async () => {
  server = await startPostgres({ alwaysPrivate: true });
}, 120_000);
afterEach(async () => {
  await Promise.all(pools.splice(0).map((pool) => pool.close({ force: true, timeoutMs: 0 })));
});
afterAll(() => server.close());

const backendPid = async (pool: PgPool): Promise<number> => (await pool.query<{ pid: number }>('select pg_backend_pid() as pid')).rows[0]?.pid ?? 0;

/** Until `condition` holds; the server and its sockets take their time. */
async function eventually(condition: () => boolean): Promise<void> {
  while (!condition()) await new Promise((resolve) => setTimeout(resolve, 2));
}

describe('a pool of PostgreSQL connections', () => {
  it('queries with and without values, rows as objects or arrays, and reuses its connection', async () => {
    const db = open();
    expect((await db.query('select $1::int + 1 as sum', [41])).rows).toEqual([{ sum: 42 }]);
    expect((await db.query<[string]>({ text: 'select $1::text', rowMode: 'array' }, ['x'])).rows).toEqual([['x']]);
    expect(await db.use(async (client) => (await client.query('select 1 as one')).rowCount)).toBe(1);
    expect(db.stats()).toMatchObject({ createdTotal: 1, acquiredTotal: 3, idle: 1 });
  });

  it('passes on what the server says, and keeps the connection', async () => {
    const db = open({ max: 1 }); // Or, after an error, another might be made while this one is looked after.
    await expect(db.query('selec 1')).rejects.toMatchObject({ code: '42601' });
    await expect(db.query(null as never)).rejects.toThrow('null or undefined query');
    await expect(db.query('select 1', (() => {}) as never)).rejects.toMatchObject({ code: 'ERR_POOL_INVALID_OPTION' });
    await expect(db.transaction(undefined as never)).rejects.toMatchObject({ code: 'ERR_POOL_INVALID_OPTION' });
    expect((await db.query('select 1 as one')).rows).toEqual([{ one: 1 }]);
    expect(db.stats().createdTotal).toBe(1);
  });

  it('passes on what node-postgres says of values that cannot be sent, once, and keeps the connection', async () => {
    const db = open({ max: 1 });
    const circular: { self?: object } = {};
    circular.self = circular;
    await expect(db.query('select $1::text', [circular])).rejects.toThrow('circular');
    await expect(db.query('select $1::text', [circular], {})).rejects.toThrow('circular');
    expect((await db.query('select $1::int as one', [1])).rows).toEqual([{ one: 1 }]);
    expect(db.stats()).toMatchObject({ createdTotal: 1, leased: 0 });
  });

  it('refuses any number of queries that cannot be sent, whoever waits behind them', async () => {
    const db = open({ max: 1 });
    const asked = Array.from({ length: 20_000 }, () => db.query(null as never));
    const last = db.query('select 1 as one');
    expect(new Set((await Promise.allSettled(asked)).map(({ status }) => status))).toEqual(new Set(['rejected']));
    expect((await last).rows).toEqual([{ one: 1 }]);
    expect(db.stats()).toMatchObject({ createdTotal: 1, leased: 0, waiting: 0 });
  });

  it('refuses a query that would keep its connection and never tell that it is over', async () => {
    const db = open({ max: 1 });
    const cursor = { submit: () => {} };
    const own = new pg.Query('select 1', [], () => {});
    for (const query of [cursor, own]) {
      await expect(db.query(query as never)).rejects.toMatchObject({ code: 'ERR_POOL_INVALID_OPTION', message: expect.stringContaining('pool.connect()') });
      await expect(db.query(query as never, [], {})).rejects.toMatchObject({ code: 'ERR_POOL_INVALID_OPTION' });
    }
    expect((await db.query(new pg.Query('select 2 as two') as never)).rows).toEqual([{ two: 2 }]);
    expect(db.stats()).toMatchObject({ leased: 0, acquiredTotal: 1 });
  });

  it('commits what succeeds and rolls back what throws', async () => {
    const db = open();
    await db.query('create table if not exists transfers (amount int)');
    await db.query('truncate transfers');
    expect(await db.transaction(async (client) => {
      await client.query('insert into transfers values (1)');
      return 'done';
    })).toBe('done');
    await expect(db.transaction(async (client) => {
      await client.query('insert into transfers values (2)');
      throw new Error('changed my mind');
    })).rejects.toThrow('changed my mind');
    expect((await db.query('select amount from transfers')).rows).toEqual([{ amount: 1 }]);
    expect(db.stats()).toMatchObject({ createdTotal: 1, leased: 0, checking: 0 });
  });

  it('says so when the server rolled back what seemed to succeed', async () => {
    const db = open();
    await expect(db.transaction(async (client) => {
      await client.query('selec 1').catch(() => {});
      return 'done';
    })).rejects.toMatchObject({ code: 'ERR_POOL_TRANSACTION_ROLLED_BACK' });
  });

  it('begins transactions as it is told', async () => {
    const db = open();
    const settings = await db.transaction(
      async (client) => (await client.query("select current_setting('transaction_isolation') as isolation, current_setting('transaction_read_only') as readonly")).rows,
      { isolation: 'serializable', readOnly: true },
    );
    expect(settings).toEqual([{ isolation: 'serializable', readonly: 'on' }]);
    for (const options of [{ isolation: 'dirty; drop table transfers' }, { readOnly: 1 }, { isolationLevel: 'serializable' }])
      await expect(db.transaction(() => 1, options as never)).rejects.toMatchObject({ code: 'ERR_POOL_INVALID_OPTION' });
  });

  it('rolls back a transaction that a borrower left open, failed ones and those not yet answered too', async () => {
    const db = open({ max: 1 });
    for (const leave of [
      async (query: (text: string) => Promise<unknown>) => { await query('begin'); },
      async (query: (text: string) => Promise<unknown>) => { await query('begin'); await query('selec 1').catch(() => {}); },
      async (query: (text: string) => Promise<unknown>) => { void query('begin'); },
    ]) {
      await db.use((client) => leave((text) => client.query(text)));
      const { rows } = await db.query('select now() = statement_timestamp() as fresh');
      expect(rows).toEqual([{ fresh: true }]);
    }
    expect(db.stats()).toMatchObject({ createdTotal: 1, resetErrorsTotal: 0 });
  });

  it('survives the end of an idle connection and replaces it', async () => {
    const db = open({ max: 2, min: 1 });
    await db.ready();
    const admin = open({ max: 1 });
    const pid = await backendPid(db);
    await admin.query('select pg_terminate_backend($1)', [pid]);
    await eventually(() => db.stats().destroyedTotal === 1 && db.stats().idle === 1);
    expect(await backendPid(db)).not.toBe(pid);
  });

  it('never lends again what broke in its borrower\'s hands', async () => {
    const db = open({ max: 1 });
    const admin = open({ max: 1 });
    const pid = await backendPid(db);
    const lease = await db.acquire();
    const hanging = expect(lease.resource.query('select pg_sleep(60)')).rejects.toMatchObject({ code: '57P01' });
    await admin.query('select pg_terminate_backend($1)', [pid]);
    await hanging;
    lease.release();
    expect(await backendPid(db)).not.toBe(pid);
    expect(db.stats()).toMatchObject({ createdTotal: 2, destroyedTotal: 1 });
  });

  it('finds out before it lends that an idle connection no longer answers', async () => {
    const db = open({ max: 1, validateAfterIdleMs: 0, validateTimeoutMs: 100, createTimeoutMs: 100, acquireTimeoutMs: 10_000 });
    const pid = await backendPid(db);
    await server.pause();
    const waiting = db.query('select 1 as one').catch((error: unknown) => error);
    await eventually(() => db.stats().destroyedTotal === 1);
    await server.resume();
    await waiting; // Its create may have been tried while nothing answered.
    expect(await backendPid(db)).not.toBe(pid);
  });

  it('says why it cannot connect, soon, and connects when the server is back', async () => {
    const db = open({ createRetryMinMs: 5, createRetryMaxMs: 20 });
    await db.query('select 1');
    await server.kill();
    await expect(db.query('select 1')).rejects.toMatchObject({ message: expect.stringMatching(/ECONNREFUSED|terminated|reset/i) });
    await expect(db.query('select 1')).rejects.toMatchObject({ code: 'ECONNREFUSED' });
    await server.restart();
    await eventually(() => db.stats().leased === 0);
    const answer = async (): Promise<number> => db.query('select 1').then(({ rowCount }) => rowCount ?? 0, answer);
    expect(await answer()).toBe(1);
  }, 60_000);

  it('gives up a connection that is not made in time, and leaves no socket', async () => {
    const db = open({ createTimeoutMs: 100 });
    await server.pause();
    try {
      await expect(db.query('select 1')).rejects.toMatchObject({ code: 'ERR_POOL_CREATE_TIMEOUT' });
    } finally {
      await server.resume();
    }
    expect(db.stats().size).toBe(0);
  });

  it('ends a query under way when it is closed by force', async () => {
    const db = open();
    const sleeping = expect(db.query('select pg_sleep(60)')).rejects.toThrow();
    await eventually(() => db.stats().leased === 1);
    await db.close({ timeoutMs: 0, force: true });
    await sleeping;
    expect(db.stats().size).toBe(0);
  });

  it('frees the caller of an aborted query at once, and has the server end it', async () => {
    const db = open({ max: 1 });
    const pid = await backendPid(db);
    const controller = new AbortController();
    const aborted = db.query('select pg_sleep(60)', [], { signal: controller.signal });
    await eventually(() => db.stats().leased === 1);
    controller.abort(new Error('no longer wanted'));
    await expect(aborted).rejects.toThrow('no longer wanted');
    expect(await backendPid(db)).toBe(pid);
    await expect(db.query('select 1', [], { signal: AbortSignal.abort() })).rejects.toMatchObject({ name: 'AbortError' });
    expect((await db.query('select 1 as one', [], { signal: controller.signal }).catch((error: unknown) => error))).toBe(controller.signal.reason);
    expect((await db.query('select 1 as one', [], { signal: new AbortController().signal })).rows).toEqual([{ one: 1 }]);
    expect(db.stats()).toMatchObject({ createdTotal: 1, leased: 0 });
  });

  it('replaces the connection of an aborted query where the server does not answer', async () => {
    const db = open({ max: 1, acquireTimeoutMs: 20_000 });
    const pid = await backendPid(db);
    const controller = new AbortController();
    const aborted = expect(db.query('select pg_sleep(60)', [], { signal: controller.signal })).rejects.toMatchObject({ name: 'AbortError' });
    await eventually(() => db.stats().leased === 1);
    await server.pause();
    controller.abort();
    await aborted;
    await eventually(() => db.stats().leased === 0);
    await server.resume();
    expect(await backendPid(db)).not.toBe(pid);
  }, 30_000);

  it('ends statements that take too long, by the pool, the query or the transaction', async () => {
    const db = open({ statementTimeoutMs: 50, max: 1 });
    await expect(db.query('select pg_sleep(60)')).rejects.toMatchObject({ code: '57014' });
    const patient = open({ max: 1 });
    await expect(patient.query('select pg_sleep(60)', [], { statementTimeoutMs: 50 })).rejects.toMatchObject({ code: 'ERR_POOL_STATEMENT_TIMEOUT' });
    await expect(patient.transaction((client) => client.query('select pg_sleep(60)'), { statementTimeoutMs: 50 })).rejects.toMatchObject({ code: '57014' });
    expect((await patient.query("select current_setting('statement_timeout') as timeout")).rows).toEqual([{ timeout: '0' }]);
    expect(patient.stats()).toMatchObject({ createdTotal: 1, leased: 0 });
  });

  it('rolls back a transaction that is aborted, its query under way cancelled', async () => {
    const db = open({ max: 1 });
    await db.query('create table if not exists aborted (n int)');
    const controller = new AbortController();
    const aborted = db.transaction(
      async (client) => {
        await client.query('insert into aborted values (1)');
        setImmediate(() => controller.abort(new Error('no longer wanted')));
        await client.query('select pg_sleep(60)');
      },
      { signal: controller.signal },
    );
    await expect(aborted).rejects.toThrow('no longer wanted');
    const late = new AbortController();
    await expect(
      db.transaction(
        async (client) => {
          await client.query('insert into aborted values (2)');
          late.abort();
        },
        { signal: late.signal },
      ),
    ).rejects.toMatchObject({ name: 'AbortError' });
    expect((await db.query('select * from aborted')).rows).toEqual([]);
    expect(db.stats().createdTotal).toBe(1);
  });

  it('refuses the rest of a transaction that is aborted between two statements', async () => {
    const db = open({ max: 1 });
    await db.query('create table if not exists aborted_between (n int)');
    const controller = new AbortController();
    const refused: unknown[] = [];
    const aborted = db.transaction(
      async (client) => {
        await client.query('insert into aborted_between values (1)');
        controller.abort(new Error('no longer wanted'));
        for (let statement = 0; statement < 2; statement += 1) await client.query('select pg_sleep(60)').catch((error: { code: string }) => refused.push(error.code));
      },
      { signal: controller.signal },
    );
    await expect(aborted).rejects.toThrow('no longer wanted');
    expect(refused).toEqual(['25P02', '25P02']);
    expect((await db.query('select * from aborted_between')).rows).toEqual([]);
    expect(db.stats().createdTotal).toBe(1);
  });

  it.each([1, 8])('tells whose statement goes on for too long that its connection was taken back, where leaks are reclaimed (pipelineDepth %i)', async (pipelineDepth) => {
    const db = open({ max: 1, leakAfterMs: 100, leakReclaim: true, pipelineDepth });
    await expect(Promise.all([db.query('select pg_sleep(60)'), db.query('select 1')])).rejects.toThrow('Connection terminated');
    expect((await db.query('select 1 as one')).rows).toEqual([{ one: 1 }]);
    expect(db.stats().leaksTotal).toBeGreaterThan(0);
  });

  it('refuses a name of a statement that is none, and keeps the connection', async () => {
    const db = open({ max: 1 });
    for (const name of [5, {}, true]) await expect(db.query({ name: name as never, text: 'select 1' })).rejects.toMatchObject({ code: 'ERR_POOL_INVALID_OPTION' });
    expect((await db.query({ name: 'one', text: 'select 1 as one' })).rows).toEqual([{ one: 1 }]);
    expect(db.stats().createdTotal).toBe(1);
  });

  it('undoes what borrowers set, by the query it is told, and prepares anew what that forgot', async () => {
    const db = open({ max: 1, resetQuery: 'DISCARD ALL' });
    const named = { name: 'answer', text: 'select $1::int as n', values: [1] };
    for (let use = 0; use < 3; use += 1) {
      expect((await db.query(named)).rows).toEqual([{ n: 1 }]);
      await db.use(async (client) => {
        await client.query("set application_name = 'somebody'");
        await client.query('begin');
      });
      expect((await db.query("select current_setting('application_name') as name")).rows).toEqual([{ name: '' }]);
    }
    expect(db.stats().createdTotal).toBe(1);
  });

  it('gives clients with a release of their own, as query builders want them', async () => {
    const db = open({ max: 1 });
    const client = await db.connect();
    const pid = await backendPid({ query: client.query.bind(client) } as never);
    client.release();
    expect(() => client.release()).toThrow(expect.objectContaining({ code: 'ERR_POOL_LEASE_ENDED' }));
    const again = await db.connect();
    again.release(new Error('broken'));
    expect(await backendPid(db)).not.toBe(pid);
    const ended = db.end();
    await expect(db.connect()).rejects.toMatchObject({ code: 'ERR_POOL_CLOSED' });
    await ended;
  });

  it('does not keep a process alive that has nothing else to do', async () => {
    expect(await runIdleProgram('pg', server.url)).toBe('idle');
  });

  it('refuses what it does not know', () => {
    for (const options of [{ connectionSting: 'x' }, { create: () => {} }, { connectionString: 5 }, { connection: 'localhost' }, { statementTimeoutMs: 0 }, { resetQuery: 1 }, { max: 0 }, null])
      expect(() => createPgPool(options as never)).toThrow(expect.objectContaining({ code: 'ERR_POOL_INVALID_OPTION' }));
  });
});
