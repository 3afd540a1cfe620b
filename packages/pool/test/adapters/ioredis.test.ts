import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { startRedis, type Service } from '@fog/services';
import type { Redis } from 'ioredis';
import { createRedisPool, type RedisPool, type RedisPoolOptions } from '../../src/adapters/ioredis.js';
import { runIdleProgram } from './program.js';

let server: Service;
const pools: RedisPool[] = [];
const open = (options: RedisPoolOptions = {}): RedisPool => {
  const pool = createRedisPool({ url: server.url, ...options });
  pools.push(pool);
  return pool;
};

beforeAll(async () => {
  server = await startRedis({ alwaysPrivate: true });
}, 120_000);
afterEach(async () => {
  await Promise.all(pools.splice(0).map((pool) => pool.close({ force: true, timeoutMs: 0 })));
});
afterAll(() => server.close());

async function eventually(condition: () => boolean): Promise<void> {
  while (!condition()) await new Promise((resolve) => setTimeout(resolve, 2));
}

describe('a pool of Redis connections', () => {
  it('lends connections that work, by url or by options', async () => {
    const byUrl = open();
    expect(await byUrl.use((client) => client.set('greeting', 'hello'))).toBe('OK');
    const byOptions = createRedisPool({ connection: { host: server.host, port: server.port } });
    pools.push(byOptions);
    expect(await byOptions.use((client) => client.get('greeting'))).toBe('hello');
    await byUrl.use((client) => client.get('greeting'));
    expect(byUrl.stats()).toMatchObject({ createdTotal: 1, acquiredTotal: 2, idle: 1 });
  });

  it('lets a blocking command block nobody else', async () => {
    const redis = open({ max: 2 });
    const popped = redis.use((client) => client.blpop('jobs', 0));
    await eventually(() => redis.stats().leased === 1);
    await redis.use((client) => client.rpush('jobs', 'one'));
    expect(await popped).toEqual(['jobs', 'one']);
  });

  it('undoes what a borrower left behind', async () => {
    const redis = open({ max: 1 });
    await redis.use((client) => client.set('place', 'zero'));
    await redis.use(async (client) => {
      await client.watch('place');
      await client.select(3);
    });
    await redis.use(async (client) => {
      await client.multi({ pipeline: false });
      await client.set('place', 'queued');
    });
    await redis.use((client) => {
      void client.get('place');
    });
    expect(await redis.use((client) => client.get('place'))).toBe('zero');
    // Another's write would fail this transaction, had the WATCH above stayed.
    expect(await redis.use((client) => client.multi().set('place', 'one').exec())).toEqual([[null, 'OK']]);
    expect(redis.stats()).toMatchObject({ createdTotal: 1, resetErrorsTotal: 0 });
  });

  it('knows commands however they are written', async () => {
    const redis = open({ max: 1 });
    await redis.use((client) => client.set('place', 'zero'));
    await redis.use((client) => client.call('MULTI'));
    expect(await redis.use((client) => client.get('place'))).toBe('zero');
    await redis.use((client) => client.call('Select', '3'));
    expect(await redis.use((client) => client.get('place'))).toBe('zero');
    await redis.use((client) => client.call('WATCH', 'place'));
    await redis.use((client) => client.set('place', 'one'));
    expect(await redis.use((client) => client.multi().set('place', 'two').exec())).toEqual([[null, 'OK']]);
    expect(redis.stats()).toMatchObject({ createdTotal: 1, resetErrorsTotal: 0 });
    for (const command of ['MONITOR', 'SUBSCRIBE']) {
      const { createdTotal } = redis.stats();
      await redis.use((client) => client.call(command, ...(command === 'SUBSCRIBE' ? ['news'] : [])));
      expect(await redis.use((client) => client.ping())).toBe('PONG');
      expect(redis.stats().createdTotal).toBe(createdTotal + 1);
    }
  });

  it('lends no connection to another database than that asked for', async () => {
    for (const db of ['x', -1, 1.5]) expect(() => open({ connection: { db: db as never } })).toThrow(expect.objectContaining({ code: 'ERR_POOL_INVALID_OPTION' }));
    await expect(open({ connection: { db: 999 }, failFast: true }).use((client) => client.ping())).rejects.toThrow('out of range');
    const redis = open({ connection: { db: 5 } });
    await redis.use((client) => client.set('only here', '1'));
    expect(await open().use((client) => client.get('only here'))).toBeNull();
  });

  it('lends none on that its borrower has closed, or left as somebody else', async () => {
    const redis = open({ max: 1 });
    const leave = [(client: Redis) => client.quit(), (client: Redis) => client.disconnect(), (client: Redis) => client.call('auth', 'default', 'any'), (client: Redis) => client.call('reset')];
    for (const [times, last] of leave.entries()) {
      await redis.use(last);
      expect(await redis.use((client) => client.ping())).toBe('PONG');
      expect(redis.stats().createdTotal).toBe(times + 2);
    }
  });

  it('has a connection left subscribed, or blocked, replaced', async () => {
    const redis = open({ max: 1, resetTimeoutMs: 50 });
    await redis.use((client) => client.subscribe('news'));
    expect(await redis.use((client) => client.ping())).toBe('PONG');
    const lease = await redis.acquire();
    const blocked = lease.resource.blpop('never', 0).catch((error: Error) => error.message);
    lease.release();
    expect(await redis.use((client) => client.ping())).toBe('PONG');
    expect(await blocked).toBe('Connection is closed.');
    expect(redis.stats()).toMatchObject({ createdTotal: 3, resetErrorsTotal: 2 });
  });

  it('replaces a connection that the server ends, idle or lent', async () => {
    const redis = open({ max: 1, min: 1 });
    const admin = open({ max: 1 });
    const kill = async (id: number): Promise<void> => {
      await admin.use((client) => client.client('KILL', 'ID', id));
    };
    const first = await redis.use((client) => client.client('ID'));
    await kill(first);
    await eventually(() => redis.stats().destroyedTotal === 1 && redis.stats().idle === 1);
    const second = await redis.use(async (client) => {
      const id = await client.client('ID');
      await kill(id);
      await expect(client.ping()).rejects.toThrow();
      return id;
    });
    const third = await redis.use((client) => client.client('ID'));
    expect(new Set([first, second, third]).size).toBe(3);
  });

  it('says why it cannot connect, and connects when the server is back', async () => {
    const redis = open({ createRetryMinMs: 5, createRetryMaxMs: 20 });
    await redis.use((client) => client.ping());
    await server.kill();
    await eventually(() => redis.stats().size === 0);
    await expect(redis.use((client) => client.ping())).rejects.toMatchObject({ code: 'ECONNREFUSED' });
    await server.restart();
    const answer = async (): Promise<string> => redis.use((client) => client.ping()).catch(answer);
    expect(await answer()).toBe('PONG');
  });

  it('finds out before it lends that an idle connection no longer answers', async () => {
    const redis = open({ max: 1, validateAfterIdleMs: 0, validateTimeoutMs: 100 });
    const first = await redis.use((client) => client.client('ID'));
    await server.pause();
    const waiting = redis.use((client) => client.client('ID'));
    await eventually(() => redis.stats().validateErrorsTotal === 1);
    await server.resume();
    expect(await waiting).not.toBe(first);
  });

  it('does not keep a process alive that has nothing else to do', async () => {
    expect(await runIdleProgram('redis', server.url)).toBe('idle');
  });

  it('refuses what it does not know or decides itself', async () => {
    await expect(open().use(undefined as never)).rejects.toMatchObject({ code: 'ERR_POOL_INVALID_OPTION' });
    for (const options of [{ concurrency: 2 }, { uri: 'x' }, { url: 5 }, { connection: 'x' }, { connection: { retryStrategy: () => 1 } }, { connection: { lazyConnect: false } }, { min: 11 }])
      expect(() => createRedisPool(options as never)).toThrow(expect.objectContaining({ code: 'ERR_POOL_INVALID_OPTION' }));
  });
});
