import { afterEach, describe, expect, it } from '@jest/globals';
import { Client } from 'pg';
import { type Service, startPostgres, startRedis } from '../src/index.js';
import { command, query, redisClient } from './clients.js';
import { isListening } from './surroundings.js';

/** What an answer may take on a busy machine is no matter here: time runs out only while nothing can answer. */
const PATIENCE_MS = 200;
const services: Service[] = [];
const kept = async (start: Promise<Service>): Promise<Service> => {
  const service = await start;
  services.push(service);
  return service;
};
afterEach(async () => {
  await Promise.all(services.splice(0).map((service) => service.close()));
});

describe('a paused server', () => {
  it('keeps the connections of PostgreSQL open and answers neither them nor new ones, until it is resumed', async () => {
    const service = await kept(startPostgres({ alwaysPrivate: true }));
    const client = new Client({ connectionString: service.url });
    await client.connect();
    await service.pause();

    let answered = false;
    const answer = client.query('select 1 as one').finally(() => (answered = true));
    const late = new Client({ connectionString: service.url, connectionTimeoutMillis: PATIENCE_MS });
    await expect(late.connect()).rejects.toThrow(/timeout/);
    expect(answered).toBe(false);

    await service.resume();
    expect((await answer).rows).toEqual([{ one: 1 }]);
    await client.end();
  });

  it('keeps the connections of Redis open and answers neither them nor new ones, until it is resumed', async () => {
    const service = await kept(startRedis({ alwaysPrivate: true }));
    const client = await redisClient(service.url, PATIENCE_MS);
    await service.pause();
    await expect(client.ping()).rejects.toThrow('Command timed out');
    await service.resume();
    expect(await client.echo('awake')).toBe('awake');
    client.disconnect();
  });

  it('can be closed', async () => {
    const [postgres, redis] = await Promise.all([kept(startPostgres({ alwaysPrivate: true })), kept(startRedis({ alwaysPrivate: true }))]);
    const client = new Client({ connectionString: postgres.url });
    client.on('error', () => {});
    await client.connect();
    const ended = new Promise((resolve) => client.once('end', resolve));
    await Promise.all([postgres.pause(), redis.pause()]);
    await Promise.all([postgres.close(), redis.close()]);
    await ended;
    expect(await isListening(postgres.port)).toBe(false);
    expect(await isListening(redis.port)).toBe(false);
  });
});

describe('a killed server', () => {
  it('breaks connections, and after a restart is at the same address with what it had acknowledged', async () => {
    const [postgres, redis] = await Promise.all([kept(startPostgres({ alwaysPrivate: true })), kept(startRedis({ alwaysPrivate: true, durable: true }))]);
    const { url, port } = postgres;
    const client = new Client({ connectionString: url });
    client.on('error', () => {});
    const ended = new Promise((resolve) => client.once('end', resolve));
    await client.connect();
    await client.query('create table readings as select 7 as value');
    await command(redis.url, 'SET', 'latest', '7');

    await Promise.all([postgres.kill(), redis.kill()]);
    await ended;
    expect(await isListening(port)).toBe(false);
    expect(await isListening(redis.port)).toBe(false);

    await Promise.all([postgres.restart(), redis.restart()]);
    expect(postgres).toMatchObject({ url, port });
    expect(await query(url, 'select value from readings')).toEqual([{ value: 7 }]);
    expect(await command(redis.url, 'GET', 'latest')).toBe('7');
  });

  it('without durability has a Redis forget', async () => {
    const redis = await kept(startRedis({ alwaysPrivate: true }));
    await command(redis.url, 'SET', 'latest', '7');
    await redis.kill();
    await redis.restart();
    expect(await command(redis.url, 'GET', 'latest')).toBeNull();
  });

  it('can be killed, paused and closed again, to no effect', async () => {
    const redis = await kept(startRedis({ alwaysPrivate: true }));
    await Promise.all([redis.kill(), redis.kill(), redis.pause(), redis.resume()]);
    expect(await isListening(redis.port)).toBe(false);
    await redis.close();
  });
});

describe('operations that come together', () => {
  it('happen one after the other, in the order of the calls', async () => {
    const redis = await kept(startRedis({ alwaysPrivate: true }));
    await Promise.all([redis.kill(), redis.restart(), redis.pause(), redis.kill(), redis.restart()]);
    expect(await command(redis.url, 'PING')).toBe('PONG');
    await Promise.all([redis.restart(), redis.close()]);
    expect(await isListening(redis.port)).toBe(false);
  });
});
