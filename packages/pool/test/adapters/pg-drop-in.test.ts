import { subscribe, tracingChannel, unsubscribe } from 'node:diagnostics_channel';
import { EventEmitter } from 'node:events';
import { createServer, type Server } from 'node:net';
import { inspect } from 'node:util';
import { startPostgres, type Service } from '@fog/services';
import { ManualClock } from '@fog/testkit';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import type { PoolClient } from 'pg';
import { Pool, type PoolConfig } from '../../src/adapters/pg.js';
import { settled } from '../backend.js';
import { runIdleProgram } from './program.js';

let server: Service;
const pools: Pool[] = [];
function open(options: PoolConfig = {}): Pool {
  const pool = new Pool({ connectionString: server.url, ...options });
  pools.push(pool);
  return pool;
}

beforeAll(async () => {
  server = await startPostgres({ alwaysPrivate: true });
}, 120_000);
afterEach(async () => {
  await Promise.all(pools.splice(0).map((pool) => pool[Symbol.asyncDispose]()));
});
afterAll(() => server.close());

async function eventually(condition: () => boolean): Promise<void> {
  while (!condition()) await new Promise((resolve) => setTimeout(resolve, 2));
}

const pidOf = async (client: PoolClient): Promise<number> => (await client.query<{ pid: number }>('select pg_backend_pid() as pid')).rows[0]?.pid ?? 0;

/** A client that connects to nothing, and answers everything. */
class Fake extends EventEmitter {
  _ending = false;
  _queryable = true;
  connect(callback: (error?: Error) => void): void {
    process.nextTick(callback);
  }
  query(_text: unknown, _values: unknown, callback?: (error: undefined, result: object) => void): Promise<object> | void {
    if (callback === undefined) return Promise.resolve({ rows: [] });
    process.nextTick(callback, undefined, { rows: [] });
  }
  end(callback: () => void): void {
    this._ending = true;
    process.nextTick(callback);
  }
}

describe('a pool in place of a pg.Pool', () => {
  it('queries and connects by promise or callback', async () => {
    const pool = open();
    expect((await pool.query('select $1::int as n', [1])).rows).toEqual([{ n: 1 }]);
    expect((await pool.query({ text: 'select $1::int as n', values: [2] })).rows).toEqual([{ n: 2 }]);
    const client = await pool.connect();
    expect((await client.query('select 3 as n')).rows).toEqual([{ n: 3 }]);
    client.release();
    const rows = await Promise.all([
      new Promise((resolve) => pool.query('select 4 as n', (_error, result) => resolve(result.rows))),
      new Promise((resolve) => pool.query('select $1::int as n', [5], (_error, result) => resolve(result.rows))),
      new Promise((resolve) =>
        pool.connect((_error, client, release) => {
          client?.query('select 6 as n', (_error, result) => {
            release();
            resolve(result.rows);
          });
        }),
      ),
    ]);
    expect(rows).toEqual([[{ n: 4 }], [{ n: 5 }], [{ n: 6 }]]);
    expect(pool).toMatchObject({ waitingCount: 0, ending: false, ended: false });
    await eventually(() => pool.idleCount === pool.totalCount);
  });

  it('hands errors to whichever asked', async () => {
    const pool = open({ max: 1 });
    await expect(pool.query('selec 1')).rejects.toMatchObject({ code: '42601', stack: expect.stringContaining('pg-drop-in.test') });
    expect(pool.totalCount).toBe(0);
    expect(await new Promise((resolve) => pool.query('selec 1', resolve))).toMatchObject({ code: '42601' });
    await expect(pool.query(null as never)).rejects.toThrow('null or undefined query');
    await expect(pool.query({ submit: () => {} }) as unknown as Promise<unknown>).rejects.toMatchObject({ code: 'ERR_POOL_INVALID_OPTION', message: expect.stringContaining('pool.connect()') });
    expect(await new Promise((resolve) => void pool.query(resolve as never))).toMatchObject({ message: 'Passing a function as the first parameter to pool.query is not supported' });
    const refused = open({ connectionString: undefined, host: '127.0.0.1', port: 1 });
    expect(await new Promise((resolve) => refused.connect((error, client, release) => resolve([error, client, typeof release])))).toEqual([expect.objectContaining({ code: 'ECONNREFUSED' }), undefined, 'function']);
  });

  it('emits connect, acquire, release and remove, with the client', async () => {
    const pool = open({ max: 1, maxUses: 2 });
    const events: unknown[] = [];
    const gone = new Promise((resolve) => pool.once('remove', resolve));
    for (const event of ['connect', 'acquire', 'remove']) pool.on(event, (client) => events.push([event, client instanceof EventEmitter]));
    pool.on('release', (error, client) => events.push(['release', error, client instanceof EventEmitter]));
    (await pool.connect()).release();
    (await pool.connect()).release();
    await gone;
    expect(events).toEqual([['connect', true], ['acquire', true], ['release', undefined, true], ['acquire', true], ['release', undefined, true], ['remove', true]]);
  });

  it('tells of clients by the diagnostics channels of node-postgres', async () => {
    const told: unknown[] = [];
    const connects = tracingChannel('pg:pool:connect');
    const listeners = {
      start: (context: object) => told.push(['start', { ...context }]),
      asyncEnd: (context: object) => told.push(['asyncEnd', { ...context, result: undefined }]),
      error: (context: object) => told.push(['error', (context as { error: Error }).error.message]),
    };
    const onRelease = (message: unknown): unknown => told.push(['release', message]);
    const onRemove = (message: unknown): unknown => told.push(['remove', message]);
    connects.subscribe(listeners as never);
    subscribe('pg:pool:release', onRelease);
    subscribe('pg:pool:remove', onRemove);
    try {
      const pool = open({ max: 3 });
      const client = await pool.connect();
      const { processID } = client as unknown as { processID: number };
      const problem = new Error('problem');
      client.release(problem);
      await pool.end();
      await expect(pool.query('select 1')).rejects.toThrow('after calling end');
      const counts = { totalCount: 0, idleCount: 0, waitingCount: 0, maxSize: 3 };
      expect(processID).toBeGreaterThan(0);
      expect(told).toEqual([
        ['start', { pool: counts }],
        ['asyncEnd', { pool: counts, client: { processID } }],
        ['release', { client: { processID }, error: problem }],
        ['remove', { client: { processID } }],
        ['start', { pool: counts }],
        ['error', 'Cannot use a pool after calling end on the pool'],
        ['asyncEnd', { pool: counts, error: expect.any(Error) }],
      ]);
    } finally {
      connects.unsubscribe(listeners as never);
      unsubscribe('pg:pool:release', onRelease);
      unsubscribe('pg:pool:remove', onRemove);
    }
  });

  it('closes a client that is released with an error, refuses a second release, and keeps an ended one from the next', async () => {
    const pool = open({ max: 1 });
    const client = await pool.connect();
    const pid = await pidOf(client);
    client.release(true);
    expect(pool.totalCount).toBe(0);
    for (let attempt = 0; attempt < 2; attempt += 1) expect(() => client.release()).toThrow('Release called on client which has already been released to the pool.');
    const other = await pool.connect();
    expect(await pidOf(other)).not.toBe(pid);
    void (other as unknown as { end(): Promise<void> }).end();
    other.release();
    expect(pool.totalCount).toBe(0);
    await pool.query('select 1');
  });

  it('does not take from the next what was released twice by a callback', async () => {
    const pool = open({ max: 1 });
    const done = await new Promise<(error?: Error | boolean) => void>((resolve, reject) => pool.connect((error, _client, release) => (error ? reject(error) : resolve(release))));
    done();
    const holder = await pool.connect();
    expect(() => done()).toThrow('Release called on client which has already been released to the pool.');
    expect([pool.totalCount, pool.idleCount]).toEqual([1, 0]);
    holder.release();
  });

  it('loses no client and no place to listeners that throw', async () => {
    for (const event of ['connect', 'acquire', 'release'] as const) {
      const pool = open({ max: 1, application_name: `throws on ${event}` });
      pool.once(event, () => {
        throw new Error('listener');
      });
      if (event === 'release') {
        const client = await pool.connect();
        expect(() => client.release()).toThrow('listener');
      } else await expect(pool.connect()).rejects.toThrow('listener');
      await pool.query('select 1');
      expect(pool.totalCount).toBe(1);
      const { rows } = await pool.query(`select count(*)::int as n from pg_stat_activity where application_name = 'throws on ${event}' and pid <> pg_backend_pid()`);
      expect(rows).toEqual([{ n: 0 }]);
    }
  });

  it('lends no client whose socket was closed under it', async () => {
    const pool = open({ max: 1 });
    const client = await pool.connect();
    const pid = await pidOf(client);
    client.release();
    (client as unknown as { connection: { stream: { end(): void } } }).connection.stream.end();
    expect((await pool.query<{ pid: number }>('select pg_backend_pid() as pid')).rows[0]?.pid).not.toBe(pid);
    expect(pool.totalCount).toBe(1);
  });

  it('takes a client back at the end of its scope, unless that was done', async () => {
    const pool = open({ Client: Fake });
    {
      using client = (await pool.connect()) as PoolClient & Disposable;
      expect(pool.idleCount).toBe(0);
      await client.query('select 1');
    }
    expect(pool.idleCount).toBe(1);
    {
      using client = (await pool.connect()) as PoolClient & Disposable;
      client.release();
    }
    expect(pool.idleCount).toBe(1);
  });

  it('rolls back what a borrower left open, or closes its client where it is told to', async () => {
    const pool = open({ max: 1 });
    await pool.query('begin');
    expect([pool.totalCount, pool.idleCount]).toEqual([1, 1]);
    expect((await pool.query('select now() = statement_timestamp() as fresh')).rows).toEqual([{ fresh: true }]);
    const strict = open({ max: 1, evictOnOpenTransaction: true });
    await strict.query('begin');
    expect(strict.totalCount).toBe(0);
    await strict.query('select 1');
  });

  it('survives idle connections that break, whether anybody listens or not', async () => {
    const pool = open({ max: 1 });
    pool.emit('error', new Error('heard by nobody'));
    const admin = open({ max: 1 });
    const kill = async (): Promise<void> => {
      const client = await pool.connect();
      const pid = await pidOf(client);
      client.release();
      await admin.query('select pg_terminate_backend($1)', [pid]);
      await eventually(() => pool.totalCount === 0);
    };
    await kill();
    const told = new Promise((resolve) => pool.once('error', (error, client) => resolve([error.code, error.client === client])));
    await kill();
    expect(await told).toEqual(['57P01', true]);
  });

  it('serves everybody who waits before it ends, and then nobody', async () => {
    const pool = open({ max: 1 });
    const answers = Promise.all(Array.from({ length: 5 }, (_, n) => pool.query('select $1::int as n', [n])));
    await pool.end();
    expect((await answers).map(({ rows }) => rows[0]?.n)).toEqual([0, 1, 2, 3, 4]);
    expect(pool).toMatchObject({ ending: true, ended: true, totalCount: 0 });
    await expect(pool.connect()).rejects.toMatchObject({ code: 'ERR_POOL_CLOSED', message: 'Cannot use a pool after calling end on the pool' });
    await expect(pool.end()).rejects.toThrow('Called end on pool more than once');
    expect(await new Promise((resolve) => pool.end(resolve))).toMatchObject({ message: 'Called end on pool more than once' });
  });

  it('ends a wait for a client, and one for the server, after connectionTimeoutMillis', async () => {
    const pool = open({ max: 1, connectionTimeoutMillis: 1_000 });
    const client = await pool.connect();
    await expect(pool.connect()).rejects.toMatchObject({ message: 'timeout exceeded when trying to connect', code: 'ERR_POOL_ACQUIRE_TIMEOUT' });
    client.release();
    const silent: Server = createServer((socket) => socket.resume());
    await new Promise<void>((resolve) => silent.listen(0, '127.0.0.1', resolve));
    const { port } = silent.address() as { port: number };
    const waiting = open({ connectionString: undefined, host: '127.0.0.1', port, connectionTimeoutMillis: 20 });
    await expect(waiting.query('select 1')).rejects.toThrow('timeout');
    await eventually(() => waiting.totalCount === 0);
    await new Promise((resolve) => silent.close(resolve));
  });

  describe('with a server that is slow', () => {
    const connecting: ((error?: Error) => void)[] = [];
    const ended: unknown[] = [];
    class Slow extends Fake {
      override connect(callback: (error?: Error) => void): void {
        connecting.push(callback);
      }
      override end(callback: () => void): void {
        ended.push(this);
        super.end(callback);
      }
    }
    beforeEach(() => {
      connecting.length = ended.length = 0;
    });

    it('keeps no connection that is made after its time was over', async () => {
      const clock = new ManualClock();
      const pool = open({ Client: Slow, clock, max: 1, connectionTimeoutMillis: 100 });
      const outcome = pool.connect().catch((error: Error) => [error.message, pool.totalCount]);
      await clock.advanceAsync(100);
      expect(await outcome).toEqual(['Connection terminated due to connection timeout', 0]);
      connecting[0]?.();
      expect(ended).toHaveLength(2);
      expect(pool.totalCount).toBe(0);
    });

    it('counts the time of a connection that its caller waits for, however long the client took to make', async () => {
      const clock = new ManualClock();
      class Heavy extends Slow {
        constructor() {
          super();
          clock.advance(10);
        }
      }
      const pool = open({ Client: Heavy, clock, max: 1, connectionTimeoutMillis: 100 });
      const outcome = pool.connect().catch((error: Error) => [error.message, pool.totalCount]);
      await clock.advanceAsync(100);
      expect(await outcome).toEqual(['Connection terminated due to connection timeout', 0]);
    });

    it('makes another connection for who came while one was made for others', async () => {
      const clock = new ManualClock();
      const pool = open({ Client: Slow, clock, max: 1, connectionTimeoutMillis: 1_000 });
      const first = expect(pool.connect()).rejects.toThrow('refused');
      const second = expect(pool.connect()).rejects.toThrow('timeout exceeded when trying to connect');
      await settled();
      connecting[0]?.(new Error('refused'));
      await first;
      // There is a pause of up to 100 ms before it is tried again, for the second.
      await clock.advanceAsync(1_020);
      await second;
      const third = pool.connect();
      await clock.advanceAsync(150);
      expect(connecting).toHaveLength(3);
      connecting[2]?.();
      (await third).release();
      expect(pool.idleCount).toBe(1);
    });
  });

  it('prepares new clients by onConnect and verify, and fails the connect if they do', async () => {
    const seen: unknown[] = [];
    const pool = open({
      onConnect: async (client) => seen.push((await client.query('select 1 as one')).rows[0]),
      verify: (_client, done) => done(seen.length === 1 ? undefined : new Error('not twice')),
      max: 1,
      maxUses: 1,
    });
    await pool.query('select 1');
    await expect(pool.query('select 1')).rejects.toThrow('not twice');
    expect(seen).toEqual([{ one: 1 }, { one: 1 }]);
    await expect(open({ onConnect: () => { throw new Error('hook'); } }).connect()).rejects.toThrow('hook');
  });

  it('gives up a client whose onConnect or verify does not end in time, and has its place back', async () => {
    let times = 0;
    const first = (): boolean => (times += 1) === 1;
    const hooks = { onConnect: () => (first() ? new Promise(() => {}) : undefined), verify: (_client: unknown, done: () => void) => (first() ? undefined : done()) };
    const clock = new ManualClock();
    for (const hook of ['onConnect', 'verify'] as const) {
      times = 0;
      const pool = open({ Client: Fake, max: 1, connectionTimeoutMillis: 100, clock, [hook]: hooks[hook] });
      const late = expect(pool.connect()).rejects.toMatchObject({ code: 'ERR_POOL_CREATE_TIMEOUT' });
      await clock.advanceAsync(100);
      await late;
      await clock.advanceAsync(10_000); // Until the server may be asked again.
      (await pool.connect()).release();
      expect(pool.totalCount).toBe(1);
    }
  });

  it('closes the socket of a client whose server does not answer to its goodbye', async () => {
    let destroyed = 0;
    class Silent extends Fake {
      readonly connection = { stream: { destroy: () => { destroyed += 1; this.emit('gone'); } } };
      override end(callback: () => void): void {
        this.once('gone', callback);
      }
    }
    const clock = new ManualClock();
    const pool = open({ Client: Silent, max: 1, clock });
    (await pool.connect()).release(true);
    const next = pool.connect();
    await clock.advanceAsync(1_000);
    (await next).release();
    expect(destroyed).toBe(1);
    const ending = pool.end();
    await clock.advanceAsync(1_000);
    await ending;
  });

  it('queries by whichever connect it has', async () => {
    const pool = open({ Client: Fake });
    let connected = 0;
    const connect = pool.connect.bind(pool);
    pool.connect = () => {
      connected += 1;
      return connect();
    };
    await pool.query('select 1');
    expect(connected).toBe(1);
  });

  it('closes idle clients beyond min when their time is over, aged ones in any case, and those in use when they come back', async () => {
    const clock = new ManualClock();
    const pool = open({ Client: Fake, clock, max: 3, min: 1, idleTimeoutMillis: 100, maxLifetimeSeconds: 1 });
    const clients = await Promise.all([pool.connect(), pool.connect(), pool.connect()]);
    for (const client of clients.slice(0, 2)) client.release();
    await clock.advanceAsync(100);
    expect([pool.totalCount, pool.idleCount]).toEqual([1, 0]);
    clients[2]?.release();
    await clock.advanceAsync(500);
    expect(pool.idleCount).toBe(1);
    const busy = await pool.connect();
    await clock.advanceAsync(500);
    expect([pool.totalCount, pool.expiredCount]).toEqual([1, 1]);
    busy.release();
    expect([pool.totalCount, pool.expiredCount]).toEqual([0, 0]);
    (await pool.connect()).release();
    await clock.advanceAsync(1_000);
    expect(pool.totalCount).toBe(0);
  });

  it('takes 0 and what no timer can wait for as no limit', async () => {
    const clock = new ManualClock();
    const pool = open({ Client: Fake, clock, idleTimeoutMillis: 0, connectionTimeoutMillis: 2 ** 40, maxLifetimeSeconds: 2 ** 30 });
    (await pool.connect()).release();
    await clock.advanceAsync(3_600_000);
    expect([pool.idleCount, clock.pendingRefs]).toEqual([1, 0]);
  });

  it('holds the process while clients are idle, or not, as it is told', async () => {
    for (const [allowExitOnIdle, holds] of [[false, 1], [true, 0]] as const) {
      const clock = new ManualClock();
      const held: string[] = [];
      class Held extends Fake {
        ref(): void { held.push('ref'); }
        unref(): void { held.push('unref'); }
      }
      const pool = open({ Client: Held, clock, allowExitOnIdle });
      (await pool.connect()).release();
      expect(clock.pendingRefs).toBe(holds);
      expect(held).toEqual(allowExitOnIdle ? ['unref', 'ref', 'unref'] : []); // One that is never lent holds nothing either.
    }
    expect(await runIdleProgram('pg-drop-in', server.url)).toBe('idle');
  });

  it('counts who waits apart from those for whom a client is on its way', async () => {
    const pool = open({ Client: Fake, max: 1 });
    const waiting = [pool.connect(), pool.connect(), pool.connect()];
    expect([pool.totalCount, pool.waitingCount]).toEqual([1, 2]);
    await settled();
    for (const next of waiting) (await next).release();
    expect([pool.totalCount, pool.waitingCount, pool.idleCount]).toEqual([1, 0, 1]);
  });

  it('makes its promises by the class it is given, and hands its options to the clients', async () => {
    class Own<T> extends Promise<T> {}
    const given: unknown[] = [];
    class Given extends Fake {
      constructor(config: unknown) {
        super();
        given.push(config);
      }
    }
    const pool = open({ Client: Given, Promise: Own, password: 'hidden', log: () => {} });
    const connected = pool.connect();
    expect([connected, pool.query('x')].every((promise) => promise instanceof Own)).toBe(true);
    (await connected).release();
    expect(given[0]).toBe(pool.options);
    expect(pool.options).toMatchObject({ max: 10, min: 0, maxUses: Infinity, idleTimeoutMillis: 10_000, password: 'hidden' });
    expect(inspect(pool.options)).not.toContain('hidden');
  });

  it('refuses a size that is none, and takes no options for none', () => {
    expect(new Pool(null).options).toMatchObject({ max: 10, min: 0 });
    const refused: object[] = [{ idleTimeoutMillis: Number.NaN }, { idleTimeoutMillis: -5 }, { connectionTimeoutMillis: '500' }, { maxLifetimeSeconds: 'x' }, { maxUses: {} }, { min: 'x' }, { min: -1 }, { log: 7 }, { verify: {} }, { onConnect: 'x' }, { Client: {} }, { Promise: 1 }];
    for (const options of refused) expect(() => new Pool(options as never)).toThrow(expect.objectContaining({ code: 'ERR_POOL_INVALID_OPTION', message: expect.stringContaining(`option ${Object.keys(options)[0]} must be`) }));
    for (const options of [{ idleTimeoutMillis: null }, { connectionTimeoutMillis: 2_147_483_640 }, { min: '2', max: '5' }, { log: null }]) expect(() => new Pool(options as never)).not.toThrow();
    for (const max of [-3, 1.5, 'many']) expect(() => new Pool({ max })).toThrow(expect.objectContaining({ code: 'ERR_POOL_INVALID_OPTION' }));
  });
});
