/** Servers that are killed, frozen, restarted and exhausted under load; afterwards each pool is what it was before. */
import { startPostgres, startRedis, type Service } from '@fog/services';
import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { ManualClock } from '@fog/testkit';
import { createRedisPool, type RedisPool, type RedisPoolOptions } from '../../src/adapters/ioredis.js';
import { createPgPool, type PgPool, Pool } from '../../src/adapters/pg.js';
import type { PoolStats } from '../../src/index.js';

const MAX = 4;
const CALLERS = 16;
/** Errors that tell what happened: of the server, of the socket, of the pool. */
const EXPECTED = /57P0[123]|53300|ECONNREFUSED|ECONNRESET|EPIPE|ERR_POOL_|terminat|closed|not queryable/i;

let postgres: Service;
let redis: Service;
const closing: (() => Promise<unknown>)[] = [];
beforeAll(async () => {
  [postgres, redis] = await Promise.all([startPostgres({ alwaysPrivate: true }), startRedis({ alwaysPrivate: true })]);
}, 120_000);
afterEach(async () => {
  await Promise.all(closing.splice(0).map((close) => close()));
});
afterAll(async () => {
  await Promise.all([postgres.close(), redis.close()]);
});

/** What all of them can be asked, and how many they have. */
interface Subject {
  readonly server: Service;
  readonly ask: () => Promise<unknown>;
  readonly size: () => number;
  readonly stats: (() => PoolStats) | undefined;
}

const retries = { createRetryMinMs: 10, createRetryMaxMs: 100 };

const subjects: Record<string, () => Subject> = {
  createPgPool: () => {
    const pool = createPgPool({ connectionString: postgres.url, max: MAX, ...retries });
    closing.push(() => pool.close({ force: true, timeoutMs: 0 }));
    return { server: postgres, ask: () => pool.query('select 1'), size: () => pool.stats().size, stats: () => pool.stats() };
  },
  'Pool of /pg': () => {
    const pool = new Pool({ connectionString: postgres.url, max: MAX });
    closing.push(() => pool.end());
    return { server: postgres, ask: () => pool.query('select 1'), size: () => pool.totalCount, stats: undefined };
  },
  createRedisPool: () => {
    const pool = createRedisPool({ url: redis.url, max: MAX, ...retries });
    closing.push(() => pool.close({ force: true, timeoutMs: 0 }));
    return { server: redis, ask: () => pool.use((client) => client.ping()), size: () => pool.stats().size, stats: () => pool.stats() };
  },
};

/** Callers that ask again and again, until they are told to stop. */
class Load {
  readonly #subject: Subject;
  readonly #callers: Promise<void>[];
  #stopped = false;
  answers = 0;
  readonly errors: string[] = [];
  mostOpen = 0;

  constructor(subject: Subject) {
    this.#subject = subject;
    this.#callers = Array.from({ length: CALLERS }, () => this.#call());
  }

  async until(condition: () => boolean): Promise<void> {
    while (!condition()) await new Promise((resolve) => setTimeout(resolve, 2));
  }

  async stop(): Promise<void> {
    this.#stopped = true;
    await Promise.all(this.#callers);
  }

  async #call(): Promise<void> {
    while (!this.#stopped) {
      try {
        await this.#subject.ask();
        this.answers += 1;
      } catch (error) {
        const { code = '', message } = error as Error & { readonly code?: string };
        this.errors.push(`${code} ${message}`);
        // As a service would that answers its own caller.
        await new Promise((resolve) => setTimeout(resolve, 5));
      }
      this.mostOpen = Math.max(this.mostOpen, this.#subject.size());
    }
  }
}

describe.each(Object.keys(subjects))('under load, %s', (name) => {
  it('goes on after its server was killed and restarted, with few creates meanwhile and errors that say why', async () => {
    const subject = subjects[name]?.() as Subject;
    const load = new Load(subject);
    await load.until(() => load.answers > 100);
    const before = subject.stats?.().createErrorsTotal ?? 0;
    await subject.server.kill();
    const errorsThen = load.errors.length;
    await load.until(() => load.errors.length > errorsThen + 5 * CALLERS);
    // Each of the callers has failed several times; the server was asked once in a while.
    expect((subject.stats?.().createErrorsTotal ?? 0) - before).toBeLessThan(load.errors.length / 2);
    await subject.server.restart();
    const answersThen = load.answers;
    await load.until(() => load.answers > answersThen + 100);
    await load.stop();
    for (const error of load.errors) expect(error).toMatch(EXPECTED);
    expect(load.mostOpen).toBeLessThanOrEqual(MAX);
    if (subject.stats !== undefined) expect(subject.stats()).toMatchObject({ leased: 0, waiting: 0, creating: 0 });
  }, 60_000);
});

describe('a pool of PostgreSQL connections, under load', () => {
  function open(options: Parameters<typeof createPgPool>[0]): PgPool {
    const pool = createPgPool({ connectionString: postgres.url, max: MAX, ...retries, ...options });
    closing.push(() => pool.close({ force: true, timeoutMs: 0 }));
    return pool;
  }

  it('replaces each connection that the server terminates, and never has more than it may', async () => {
    const db = open({ connection: { application_name: 'terminated' } });
    const admin = open({ max: 1 });
    const load = new Load({ server: postgres, ask: () => db.query('select 1'), size: () => db.stats().size, stats: undefined });
    for (let round = 1; round <= 5; round += 1) {
      const answersThen = load.answers;
      await load.until(() => load.answers > answersThen + 50);
      await admin.query("select pg_terminate_backend(pid) from pg_stat_activity where application_name = 'terminated'");
    }
    const answersThen = load.answers;
    await load.until(() => load.answers > answersThen + 50);
    await load.stop();
    for (const error of load.errors) expect(error).toMatch(EXPECTED);
    expect(load.mostOpen).toBeLessThanOrEqual(MAX);
    const { rows } = await admin.query<{ n: number }>("select count(*)::int as n from pg_stat_activity where application_name = 'terminated'");
    expect(rows[0]?.n).toBeLessThanOrEqual(MAX);
  }, 60_000);

  it('lets nobody hang on a server that does not answer, and goes on when it does', async () => {
    const db = open({ acquireTimeoutMs: 200, createTimeoutMs: 200, validateAfterIdleMs: 0, validateTimeoutMs: 100 });
    const load = new Load({ server: postgres, ask: () => db.query('select 1', [], { statementTimeoutMs: 100 }), size: () => db.stats().size, stats: undefined });
    await load.until(() => load.answers > 100);
    await postgres.pause();
    const errorsThen = load.errors.length;
    await load.until(() => load.errors.length >= errorsThen + 2 * CALLERS);
    await postgres.resume();
    const answersThen = load.answers;
    await load.until(() => load.answers > answersThen + 100);
    await load.stop();
    for (const error of load.errors) expect(error).toMatch(/ERR_POOL_(?:STATEMENT|ACQUIRE|CREATE)_TIMEOUT/);
    expect(load.mostOpen).toBeLessThanOrEqual(MAX);
  }, 60_000);

  it('ends statements under way on a server that keeps no limit as it is frozen, those of a transaction by its own limit', async () => {
    const clock = new ManualClock();
    const db = open({ clock, statementTimeoutMs: 10_000, connection: { application_name: 'frozen' } });
    const admin = open({ max: 1 });
    const query = expect(db.query('select pg_sleep(60)')).rejects.toMatchObject({ code: 'ERR_POOL_STATEMENT_TIMEOUT', message: expect.stringContaining('is silent') });
    let patientEnded = false;
    const patient = expect(
      db.transaction((client) => client.query('select pg_sleep(60)'), { statementTimeoutMs: 30_000 }).finally(() => (patientEnded = true)),
    ).rejects.toMatchObject({ code: 'ERR_POOL_STATEMENT_TIMEOUT' });
    const asleep = "select 1 from pg_stat_activity where application_name = 'frozen' and query like 'select pg_sleep%'";
    while ((await admin.query(asleep)).rowCount !== 2) clock.advance(1);
    await postgres.pause();
    clock.advance(12_500);
    await query;
    expect(patientEnded).toBe(false);
    clock.advance(20_000);
    await patient;
    await postgres.resume();
    // The next has the pool's limit again, and a connection of its own.
    expect((await db.query('select 1 as one')).rows).toEqual([{ one: 1 }]);
    expect(db.stats()).toMatchObject({ leased: 0, createdTotal: 3 });
  }, 60_000);

  it('leaves alone what keeps the limit, however long each connection is in use', async () => {
    const clock = new ManualClock();
    const db = open({ clock, statementTimeoutMs: 1_000, max: 1 });
    await db.transaction(async (client) => {
      for (let second = 0; second < 10; second += 1) {
        await client.query('select 1');
        clock.advance(1_000);
      }
    });
    expect(db.stats()).toMatchObject({ leased: 0, createdTotal: 1, destroyedTotal: 0 });
  });

  it('says who has everything when leaks have exhausted it, and takes it back where it is told to', async () => {
    const leaky = open({ min: 2, max: 2, acquireTimeoutMs: 50 });
    await leaky.ready();
    await Promise.all([leaky.acquire(), leaky.acquire()]);
    await expect(leaky.query('select 1')).rejects.toMatchObject({ code: 'ERR_POOL_ACQUIRE_TIMEOUT', message: expect.stringContaining('2 of 2 leased') });
    // Long enough for a query on a busy machine.
    const reclaiming = open({ min: 2, max: 2, leakAfterMs: 500, leakReclaim: true });
    await reclaiming.ready();
    const leases = await Promise.all([reclaiming.acquire(), reclaiming.acquire()]);
    expect((await reclaiming.query('select 1 as one')).rows).toEqual([{ one: 1 }]);
    for (const lease of leases) expect(() => lease.resource).toThrow(expect.objectContaining({ code: 'ERR_POOL_LEASE_ENDED' }));
  });
});

describe('a pool of Redis connections, under load', () => {
  function open(options: RedisPoolOptions): RedisPool {
    const pool = createRedisPool({ url: redis.url, max: MAX, ...retries, ...options });
    closing.push(() => pool.close({ force: true, timeoutMs: 0 }));
    return pool;
  }
  const loadOf = (pool: RedisPool): Load => new Load({ server: redis, ask: () => pool.use((client) => client.ping()), size: () => pool.stats().size, stats: () => pool.stats() });

  it('replaces each connection that the server ends, and never has more than it may', async () => {
    const pool = open({});
    const admin = open({ max: 1 });
    const load = loadOf(pool);
    for (let round = 1; round <= 5; round += 1) {
      const answersThen = load.answers;
      await load.until(() => load.answers > answersThen + 50);
      await admin.use((client) => client.call('client', 'KILL', 'TYPE', 'normal'));
    }
    const answersThen = load.answers;
    await load.until(() => load.answers > answersThen + 50);
    await load.stop();
    for (const error of load.errors) expect(error).toMatch(EXPECTED);
    expect(load.mostOpen).toBeLessThanOrEqual(MAX);
    expect(pool.stats()).toMatchObject({ leased: 0, waiting: 0 });
  }, 60_000);

  it('lets nobody hang on a server that does not answer, and goes on when it does', async () => {
    const pool = open({ acquireTimeoutMs: 200, createTimeoutMs: 200, validateAfterIdleMs: 0, validateTimeoutMs: 100, resetTimeoutMs: 100, connection: { commandTimeout: 100 } });
    const load = loadOf(pool);
    await load.until(() => load.answers > 100);
    await redis.pause();
    const errorsThen = load.errors.length;
    await load.until(() => load.errors.length >= errorsThen + 2 * CALLERS);
    await redis.resume();
    const answersThen = load.answers;
    await load.until(() => load.answers > answersThen + 100);
    await load.stop();
    for (const error of load.errors) expect(error).toMatch(/Command timed out|ERR_POOL_(?:ACQUIRE|CREATE)_TIMEOUT|ERR_POOL_CIRCUIT_OPEN/);
    expect(load.mostOpen).toBeLessThanOrEqual(MAX);
  }, 60_000);

  it('says who has everything when leaks have exhausted it, and takes it back where it is told to', async () => {
    const leaky = open({ min: 2, max: 2, acquireTimeoutMs: 50 });
    await leaky.ready();
    await Promise.all([leaky.acquire(), leaky.acquire()]);
    await expect(leaky.use((client) => client.ping())).rejects.toMatchObject({ code: 'ERR_POOL_ACQUIRE_TIMEOUT', message: expect.stringContaining('2 of 2 leased') });
    // Long enough for a query on a busy machine.
    const reclaiming = open({ min: 2, max: 2, leakAfterMs: 500, leakReclaim: true });
    await reclaiming.ready();
    const leases = await Promise.all([reclaiming.acquire(), reclaiming.acquire()]);
    expect(await reclaiming.use((client) => client.ping())).toBe('PONG');
    for (const lease of leases) expect(() => lease.resource).toThrow(expect.objectContaining({ code: 'ERR_POOL_LEASE_ENDED' }));
  });
});
