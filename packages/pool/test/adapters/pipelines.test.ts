/** Several statements under way on one connection, on a real server. */
import { startPostgres, type Service } from '@fog/services';
import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { ManualClock, seededRandom } from '@fog/testkit';
import pg from 'pg';
import { createPgPool, type PgPool, type PgPoolOptions } from '../../src/adapters/pg.js';

let server: Service;
const pools: PgPool[] = [];
beforeAll(async () => {
  server = await startPostgres();
}, 120_000);
afterEach(async () => {
  await Promise.all(pools.splice(0).map((pool) => pool.close({ force: true, timeoutMs: 0 })));
});
afterAll(() => server.close());

function open(options: PgPoolOptions = {}): PgPool {
  const pool = createPgPool({ connectionString: server.url, max: 2, pipelineDepth: 4, ...options });
  pools.push(pool);
  return pool;
}

const numbers = (count: number): number[] => Array.from({ length: count }, (_, index) => index);
const echo = async (db: PgPool, n: number): Promise<number | undefined> => (await db.query<{ n: number }>('select $1::int as n', [n])).rows[0]?.n;
const pidOf = async (db: PgPool): Promise<number | undefined> => (await db.query<{ pid: number }>('select pg_backend_pid() as pid')).rows[0]?.pid;

/** Callers that ask for as long as they are not told to stop; each by itself. */
function load(ask: () => Promise<unknown>, callers: number): { readonly stop: () => Promise<void>; readonly errors: unknown[]; readonly answers: () => number } {
  let answers = 0;
  const until = new AbortController();
  const errors: unknown[] = [];
  const all = Array.from({ length: callers }, async () => {
    while (!until.signal.aborted && errors.length < 1_000)
      await ask().then(
        () => (answers += 1),
        (error: unknown) => errors.push(error),
      );
  });
  return {
    errors,
    answers: () => answers,
    async stop() {
      until.abort();
      await Promise.all(all);
    },
  };
}

describe('statements that share connections', () => {
  it('each get their own answer, in any number, named ones too, and fewer leases are needed', async () => {
    const db = open();
    expect(await Promise.all(numbers(500).map((n) => echo(db, n)))).toEqual(numbers(500));
    const named = numbers(100).map((n) => db.query<{ n: number }>({ name: 'named', text: 'select $1::int as n', values: [n] }));
    expect((await Promise.all(named)).map(({ rows }) => rows[0]?.n)).toEqual(numbers(100));
    const { createdTotal, acquiredTotal, leased, waiting } = db.stats();
    expect({ createdTotal, leased, waiting }).toEqual({ createdTotal: 2, leased: 0, waiting: 0 });
    expect(acquiredTotal).toBeLessThan(300);
  });

  it('are spread over all connections before they share one', async () => {
    const db = open({ max: 3, min: 3 });
    await db.ready();
    const pids = await Promise.all(numbers(3).map(async () => (await db.query<{ pid: number }>('select pg_backend_pid() as pid, pg_sleep(0.01)')).rows[0]?.pid));
    expect(new Set(pids).size).toBe(3);
  });

  it('fail alone', async () => {
    const db = open({ max: 1 });
    const circular: { self?: unknown } = {};
    circular.self = circular;
    const asked = [echo(db, 1), db.query('select nonsense'), echo(db, 2), db.query('select $1::text', [circular]), echo(db, 3), db.query(undefined as never), echo(db, 4)];
    const results = await Promise.allSettled(asked);
    expect(results.map((result) => (result.status === 'fulfilled' ? result.value : 'failed'))).toEqual([1, 'failed', 2, 'failed', 3, 'failed', 4]);
    expect(await echo(db, 5)).toBe(5);
    expect(db.stats()).toMatchObject({ createdTotal: 1, destroyedTotal: 0, leased: 0 });
  });

  it('are never in the transaction that another one has left open', async () => {
    const db = open({ max: 1 });
    await db.query('create temporary table kept (n int)');
    await Promise.all([db.query('insert into kept values (1)'), db.query('begin'), db.query('insert into kept values (2)'), db.query('insert into kept values (3); begin'), db.query('insert into kept values (4)')]);
    expect((await db.query('select n from kept order by n')).rows).toEqual([{ n: 1 }, { n: 2 }, { n: 4 }].slice(0, 3));
  });

  it('leave cursors, and whoever has a client alone, as they were', async () => {
    const db = open({ max: 1 });
    await Promise.all(numbers(4).map((n) => echo(db, n)));
    const rows = await db.use((client) => client.query({ text: 'select generate_series(1, 3) as n', rows: 1 } as pg.QueryConfig));
    expect(rows.rows).toHaveLength(3);
    await expect(db.query(new pg.Query('select 1') as never)).resolves.toBeDefined();
  });

  it('let a transaction have a connection, however many of them keep coming', async () => {
    const db = open();
    const statements = load(() => echo(db, 1), 20);
    for (const n of numbers(5)) expect(await db.transaction(async (client) => (await client.query<{ n: number }>('select $1::int as n', [n])).rows[0]?.n)).toBe(n);
    await statements.stop();
    expect(statements.errors).toEqual([]);
  });

  it('do not pass who waits for a connection alone', async () => {
    const db = open({ max: 1 });
    const order: string[] = [];
    const asked = [db.query('select pg_sleep(0.02)').then(() => order.push('statement')), db.transaction(() => order.push('transaction')), db.query('select 1').then(() => order.push('later'))];
    await Promise.all(asked);
    expect(order).toEqual(['statement', 'transaction', 'later']);
  });

  it('are cancelled on a connection of their own', async () => {
    const db = open({ max: 2 });
    const statements = load(() => echo(db, 1), 10);
    await expect(db.query('select pg_sleep(60)', [], { statementTimeoutMs: 20 })).rejects.toMatchObject({ code: 'ERR_POOL_STATEMENT_TIMEOUT' });
    await statements.stop();
    expect(statements.errors).toEqual([]);
    while (db.stats().leased > 0) await new Promise(setImmediate); // The caller is freed before the connection is.
    expect(db.stats().createdTotal).toBe(2);
  });

  it('of one name that cannot be prepared are all told why, and others of the connection answered', async () => {
    const db = open({ max: 1, pipelineDepth: 4 });
    const asked = [...Array.from({ length: 5 }, () => db.query({ name: 'bad', text: 'select nothing from nowhere' })), echo(db, 7)];
    const codes = await Promise.all(asked.map((one) => one.then((answer: unknown) => answer, (error: { code: string }) => error.code)));
    expect(codes).toEqual(['42P01', '42P01', '42P01', '42P01', '42P01', 7]);
    expect(await echo(db, 8)).toBe(8);
    expect(db.stats()).toMatchObject({ createdTotal: 1, leased: 0 });
    await expect(db.query({ name: 'asks', text: 'execute unknown' })).rejects.toMatchObject({ code: '26000' });
  });

  it('fail with their connection when it breaks, and no others', async () => {
    const db = open({ max: 1, pipelineDepth: 2 });
    const admin = open({ max: 1 });
    const pid = await pidOf(db);
    const slow = [db.query('select pg_sleep(60)'), echo(db, 1)].map((asked) => asked.catch(() => 'failed'));
    const waiting = [echo(db, 2), echo(db, 3)];
    await admin.query('select pg_terminate_backend($1)', [pid]);
    expect(await Promise.all(slow)).toEqual(['failed', 'failed']);
    expect(await Promise.all(waiting)).toEqual([2, 3]);
    expect(await pidOf(db)).not.toBe(pid);
  });

  it('give a connection back in time for what is due there: under load all are replaced when their lifetime is over', async () => {
    const clock = new ManualClock();
    const db = open({ clock, min: 2, maxLifetimeMs: 60_000, acquireTimeoutMs: 600_000 });
    await db.ready(); // Both are as old as the other.
    const statements = load(() => echo(db, 1), 20);
    while (statements.answers() < 100) await echo(db, 1);
    clock.advance(60_000);
    while (db.stats().destroyedTotal < 2) await echo(db, 1);
    await statements.stop();
    await db.ready(); // The last may have been destroyed, and what replaces it be on its way.
    expect(statements.errors).toEqual([]);
    expect(db.stats()).toMatchObject({ createdTotal: 4, size: 2 });
  });

  it('wait no longer than acquireTimeoutMs for a place, and are refused beyond maxWaiting', async () => {
    const clock = new ManualClock();
    const db = open({ max: 1, pipelineDepth: 2, acquireTimeoutMs: 1_000, maxWaiting: 1, clock });
    await db.query('select 1');
    const lease = await db.acquire();
    const late = expect(echo(db, 1)).rejects.toMatchObject({ code: 'ERR_POOL_ACQUIRE_TIMEOUT' });
    await expect(echo(db, 2)).rejects.toMatchObject({ code: 'ERR_POOL_QUEUE_FULL' });
    clock.advance(1_000);
    await late;
    lease.release();
    expect(await echo(db, 3)).toBe(3);
    expect(db.stats()).toMatchObject({ timeoutsTotal: 1, refusedTotal: 1, abortedTotal: 0, waiting: 0, leased: 0 });
  });

  it('end before the pool does; those in line are refused', async () => {
    const db = open({ max: 1, pipelineDepth: 2 });
    await db.query('select 1');
    const underWay = [echo(db, 1), echo(db, 2)];
    const inLine = expect(echo(db, 3)).rejects.toMatchObject({ code: 'ERR_POOL_CLOSED' });
    await db.close();
    expect(await Promise.all(underWay)).toEqual([1, 2]);
    await inLine;
    await expect(echo(db, 4)).rejects.toMatchObject({ code: 'ERR_POOL_CLOSED' });
  });

  it('add up with transactions, failures, aborts and time-outs, all settled, none lost, whatever comes when', async () => {
    const random = seededRandom(11);
    const db = open({ max: 3, pipelineDepth: 3, maxUses: 20 });
    let mostOpen = 0;
    const steps: (() => Promise<unknown>)[] = [
      () => echo(db, 7).then((n) => expect(n).toBe(7)),
      () => db.query('select nonsense').then(() => expect('failure').toBe('missing'), ({ code }: { code: string }) => expect(code).toBe('42703')),
      () => db.transaction(async (client) => expect((await client.query('select 8 as n')).rows).toEqual([{ n: 8 }])),
      () => db.transaction(() => Promise.reject(new Error('undo'))).catch(({ message }: Error) => expect(message).toBe('undo')),
      () => db.query('select 9 as n', [], { signal: AbortSignal.timeout(Math.ceil(random() * 3)) }).then(({ rows }) => expect(rows).toEqual([{ n: 9 }]), ({ name }: Error) => expect(name).toBe('TimeoutError')),
      () => db.query('begin'),
    ];
    let done = 0;
    await Promise.all(
      numbers(12).map(async () => {
        for (let step = 0; step < 100; step += 1) {
          await steps[Math.min(steps.length - 1, Math.floor(random() ** 2 * steps.length))]?.();
          mostOpen = Math.max(mostOpen, db.stats().size);
          done += 1;
        }
      }),
    );
    expect(done).toBe(1_200);
    expect(mostOpen).toBeLessThanOrEqual(3);
    while (db.stats().leased > 0) await new Promise(setImmediate); // Who aborts is freed before the connection is.
    expect(db.stats()).toMatchObject({ waiting: 0, leases: 0 });
  }, 60_000);
});

describe('the option', () => {
  it.each([0, 1.5, 1_001, '4', Number.NaN])('is refused as %p', (pipelineDepth) => {
    expect(() => createPgPool({ pipelineDepth: pipelineDepth as number })).toThrow(expect.objectContaining({ code: 'ERR_POOL_INVALID_OPTION' }));
  });

  it('does not go with an adaptive size; and a connection has one borrower', () => {
    for (const options of [{ pipelineDepth: 2, adaptive: true }, { concurrency: 2 }]) expect(() => createPgPool(options)).toThrow(expect.objectContaining({ code: 'ERR_POOL_INVALID_OPTION' }));
  });
});
