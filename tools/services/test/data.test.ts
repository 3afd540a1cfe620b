import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { type Service, type ServiceOptions, dataDirectory as dataDirectoryNamed, startPostgres, startRedis } from '../src/index.js';
import { command, query } from './clients.js';
import { withoutUrls } from './surroundings.js';

const env = withoutUrls(process.env);
const dataDirectory = dataDirectoryNamed(`data-test-${process.pid}`);
const services: Service[] = [];
const startBoth = async (signal?: AbortSignal): Promise<[Service, Service]> => {
  const options = { env, dataDirectory, ...(signal && { signal }) };
  const both = await Promise.allSettled([startPostgres(options), startRedis(options)]);
  services.push(...both.flatMap((one) => (one.status === 'fulfilled' ? [one.value] : [])));
  for (const one of both) if (one.status === 'rejected') throw one.reason;
  return services.slice(-2) as [Service, Service];
};
const closeAll = async (): Promise<void> => {
  await Promise.all(services.splice(0).map((service) => service.close()));
};
const empty = (): void => rmSync(dataDirectory, { recursive: true, force: true });
beforeEach(empty);
afterEach(async () => {
  await closeAll();
  empty();
});

describe('a data directory', () => {
  it('keeps the data of both servers beyond their end', async () => {
    const [postgres, redis] = await startBoth();
    await query(postgres.url, 'create table readings as select 7 as value');
    await command(redis.url, 'SET', 'latest', '7');
    await closeAll();

    const [postgresAgain, redisAgain] = await startBoth();
    expect(await query(postgresAgain.url, 'select value from readings')).toEqual([{ value: 7 }]);
    expect(await command(redisAgain.url, 'GET', 'latest')).toBe('7');
  });

  it('is written by one server at a time, also when several start together', async () => {
    const options = { env, dataDirectory };
    const pair = async (name: string, start: (options: ServiceOptions) => Promise<Service>): Promise<void> => {
      const both = await Promise.allSettled([start(options), start(options)]);
      const started = both.flatMap((one) => (one.status === 'fulfilled' ? [one.value] : []));
      services.push(...started);
      expect(started).toHaveLength(1);
      const reason = { code: 'ERR_SERVICES_DATA_IN_USE', message: expect.stringContaining(join(dataDirectory, name)) };
      expect(both).toContainEqual({ status: 'rejected', reason: expect.objectContaining(reason) });
    };
    await Promise.all([pair('postgres', startPostgres), pair('redis', startRedis)]);
  });

  it('is refused with data of another version', async () => {
    mkdirSync(join(dataDirectory, 'postgres'), { recursive: true });
    writeFileSync(join(dataDirectory, 'postgres/PG_VERSION'), '9.6\n');
    await expect(startPostgres({ env, dataDirectory })).rejects.toMatchObject({
      code: 'ERR_SERVICES_INVALID_OPTION',
      message: expect.stringMatching(/dataDirectory must be a directory with data of PostgreSQL \d+ \(.*postgres has those of 9\.6\), not '/),
    });
  });

  it('is waited for while the server that has it ends', async () => {
    await startBoth();
    const [closing, [postgres]] = await Promise.all([closeAll(), startBoth()]);
    expect(closing).toBeUndefined();
    expect(await query(postgres.url, 'select 1 as one')).toEqual([{ one: 1 }]);
  });

  it('is left whole and free by a start that is aborted', async () => {
    const reason = new Error('enough');
    for (const afterMs of [10, 50, 90]) {
      const controller = new AbortController();
      setTimeout(() => controller.abort(reason), afterMs);
      await startBoth(controller.signal).catch((error: unknown) => expect(error).toBe(reason));
      await closeAll();
    }
    const [postgres, redis] = await startBoth();
    expect(await query(postgres.url, 'select 1 as one')).toEqual([{ one: 1 }]);
    expect(await command(redis.url, 'PING')).toBe('PONG');
  });
});
