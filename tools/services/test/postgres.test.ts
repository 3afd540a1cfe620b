import { dirname } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { type PostgresOptions, type Service, startPostgres } from '../src/index.js';
import { resolveOptions } from '../src/options.js';
import { findPostgres } from '../src/postgres-programs.js';
import { query } from './clients.js';
import { closedPort, withoutUrls } from './surroundings.js';

const env = withoutUrls(process.env);
const services: Service[] = [];
const start = async (options: PostgresOptions = {}): Promise<Service> => {
  const service = await startPostgres({ env, ...options });
  services.push(service);
  return service;
};
afterEach(async () => {
  await Promise.all(services.splice(0).map((service) => service.close()));
});

/** For the tests that leave it as it is. */
let shared: Service;
beforeAll(async () => {
  shared = await startPostgres({ env, from: 'package' });
});
afterAll(() => shared.close());

describe('a private PostgreSQL', () => {
  it('comes from the npm package and answers on a loopback port', async () => {
    const service = shared;
    expect(service).toMatchObject({ origin: 'private', host: '127.0.0.1', version: expect.stringMatching(/^18\.\d/) });
    expect(new URL(service.url).port).toBe(String(service.port));
    expect(await query(service.url, 'select current_user, inet_server_addr()::text as address')).toEqual([{ current_user: 'postgres', address: '127.0.0.1/32' }]);
  });

  it('comes from PATH where there is no package', async () => {
    // The package's programs, put on PATH: they are the only ones that every machine of ours has.
    const { postgres } = await findPostgres(resolveOptions({ env, from: 'package' as const }, ['package']));
    const service = await start({ from: 'system', env: { PATH: dirname(postgres) } });
    expect(await query(service.url, 'select 1 as one')).toEqual([{ one: 1 }]);
  });

  it('has the durability it was asked for', async () => {
    const durable = await start({ durable: true });
    const settings = "select name, setting from pg_settings where name in ('fsync', 'full_page_writes', 'synchronous_commit') order by name";
    const values = async (service: Service): Promise<unknown[]> => (await query(service.url, settings)).map(({ setting }) => setting);
    expect(await values(shared)).toEqual(['off', 'off', 'on']);
    expect(await values(durable)).toEqual(['on', 'on', 'on']);
  });

  it('is had in spite of a given one by alwaysPrivate; is gone after close(), which may be called again; refuses what comes later', async () => {
    const service = await start({ alwaysPrivate: true, env: { ...env, DATABASE_URL: 'postgres://127.0.0.1:1/none' } });
    expect(service.origin).toBe('private');
    await Promise.all([service.close(), service.close()]);
    await service[Symbol.asyncDispose]();
    await expect(query(service.url, 'select 1')).rejects.toMatchObject({ code: 'ECONNREFUSED' });
    await expect(service.restart()).rejects.toMatchObject({ code: 'ERR_SERVICES_CLOSED', message: expect.stringContaining('restart()') });
  });

  it('leaves nothing behind when its start is aborted', async () => {
    const reason = new Error('too late');
    for (const afterMs of [1, 30, 60, 100]) {
      const controller = new AbortController();
      setTimeout(() => controller.abort(reason), afterMs);
      const outcome = await start({ signal: controller.signal }).catch((error: unknown) => error);
      if (outcome !== reason) expect(outcome).toMatchObject({ origin: 'private' });
    }
  });

  it('names what was tried and the ways to get one when there is none', async () => {
    const programs = findPostgres(resolveOptions({ env: { PATH: '/nowhere' }, from: 'system' as const }, ['system']), '/nowhere');
    await expect(programs).rejects.toMatchObject({ code: 'ERR_SERVICES_NO_POSTGRES', message: expect.stringMatching(/PATH.*\/nowhere[^]*DATABASE_URL[^]*apt-get install postgresql/) });
  });
});

describe('a given PostgreSQL', () => {
  it('is used as it is, never stopped, and not ours to disturb', async () => {
    const owner = shared;
    const service = await start({ env: { ...env, DATABASE_URL: owner.url } });
    expect(service).toMatchObject({ origin: 'given', url: owner.url, host: '127.0.0.1', port: owner.port, version: owner.version });
    for (const operation of ['pause', 'resume', 'kill', 'restart'] as const)
      await expect(service[operation]()).rejects.toMatchObject({ code: 'ERR_SERVICES_NOT_PRIVATE', message: expect.stringContaining(`${operation}()`) });
    await service.close();
    expect(await query(owner.url, 'select 1 as one')).toEqual([{ one: 1 }]);
  });

  it('is refused with host, port and cause when nobody is there', async () => {
    const port = await closedPort();
    const url = `postgres://fog:secret@localhost:${port}/fog`;
    const error = await start({ env: { DATABASE_URL: url } }).catch((thrown: unknown) => thrown);
    expect(error).toMatchObject({ code: 'ERR_SERVICES_UNREACHABLE', message: expect.stringMatching(`no PostgreSQL at localhost:${port}, which DATABASE_URL names: .*ECONNREFUSED`) });
    expect(String(error)).not.toContain('secret');
  });

  it('is refused with the cause when it does not let us in', async () => {
    const url = shared.url.replace(/postgres$/, 'absent');
    await expect(start({ env: { DATABASE_URL: url } })).rejects.toMatchObject({ code: 'ERR_SERVICES_UNREACHABLE', message: expect.stringContaining('database "absent" does not exist') });
  });

  it.each(['localhost:5432', 'mysql://localhost/fog', 'not a url'])('is refused without showing the value when DATABASE_URL is no such URL: %s', async (url) => {
    const error = await start({ env: { DATABASE_URL: url } }).catch((thrown: unknown) => thrown);
    expect(error).toMatchObject({ code: 'ERR_SERVICES_INVALID_URL', message: 'DATABASE_URL is not a URL of the form postgres://user:password@host:5432/database' });
  });
});
