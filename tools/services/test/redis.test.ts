import { afterEach, describe, expect, it } from '@jest/globals';
import { type RedisOptions, type Service, startRedis } from '../src/index.js';
import { command } from './clients.js';
import { closedPort, withoutUrls } from './surroundings.js';

const env = withoutUrls(process.env);
const services: Service[] = [];
const start = async (options: RedisOptions = {}): Promise<Service> => {
  const service = await startRedis({ env, ...options });
  services.push(service);
  return service;
};
afterEach(async () => {
  await Promise.all(services.splice(0).map((service) => service.close()));
});

describe('a private Redis', () => {
  it('answers on a loopback port', async () => {
    const service = await start();
    expect(service).toMatchObject({ origin: 'private', host: '127.0.0.1', url: `redis://127.0.0.1:${service.port}`, version: expect.stringMatching(/^\d+\.\d+/) });
    expect(await command(service.url, 'PING')).toBe('PONG');
  });

  it('has the durability it was asked for', async () => {
    const [hasty, durable] = await Promise.all([start(), start({ durable: true })]);
    expect(await command(hasty.url, 'CONFIG', 'GET', 'appendonly')).toEqual(['appendonly', 'no']);
    expect(await command(hasty.url, 'CONFIG', 'GET', 'save')).toEqual(['save', '']);
    expect(await command(durable.url, 'CONFIG', 'GET', 'appendonly')).toEqual(['appendonly', 'yes']);
  });

  it('shares the machine with many that start at the same moment', async () => {
    const many = await Promise.all(Array.from({ length: 8 }, () => start()));
    expect(new Set(many.map(({ port }) => port)).size).toBe(8);
    for (const [index, { url }] of many.entries()) await command(url, 'SET', 'index', String(index));
    for (const [index, { url }] of many.entries()) expect(await command(url, 'GET', 'index')).toBe(String(index));
  });

  it('is gone after close() and refuses what comes later', async () => {
    const service = await start();
    await service.close();
    await service.close();
    await expect(command(service.url, 'PING')).rejects.toThrow('ECONNREFUSED');
    await expect(service.kill()).rejects.toMatchObject({ code: 'ERR_SERVICES_CLOSED' });
  });

  it('names what was tried and the ways to get one when there is none', async () => {
    await expect(start({ env: { PATH: '/nowhere' } })).rejects.toMatchObject({
      code: 'ERR_SERVICES_NO_REDIS',
      message: expect.stringMatching(/redis-server on PATH: not there[^]*apt-get: no apt-get on PATH[^]*REDIS_URL[^]*apt-get install redis-server/),
    });
  });
});

describe('a given Redis', () => {
  it('is used as it is and never stopped', async () => {
    const owner = await start();
    const service = await start({ env: { ...env, REDIS_URL: owner.url } });
    expect(service).toMatchObject({ origin: 'given', url: owner.url, port: owner.port, version: owner.version });
    await expect(service.pause()).rejects.toMatchObject({ code: 'ERR_SERVICES_NOT_PRIVATE' });
    await service.close();
    expect(await command(owner.url, 'PING')).toBe('PONG');
  });

  it('is refused with host, port and cause when nobody is there', async () => {
    const port = await closedPort();
    const error = await start({ env: { REDIS_URL: `redis://:secret@127.0.0.1:${port}` } }).catch((thrown: unknown) => thrown);
    expect(error).toMatchObject({ code: 'ERR_SERVICES_UNREACHABLE', message: expect.stringMatching(`no Redis at 127.0.0.1:${port}, which REDIS_URL names: .*ECONNREFUSED`) });
    expect(String(error)).not.toContain('secret');
  });

  it('is refused with the cause when it does not let us in', async () => {
    const owner = await start();
    await command(owner.url, 'CONFIG', 'SET', 'requirepass', 'right');
    await expect(start({ env: { REDIS_URL: owner.url.replace('//', '//:wrong@') } })).rejects.toMatchObject({ code: 'ERR_SERVICES_UNREACHABLE', message: expect.stringContaining('WRONGPASS') });
    await expect(start({ env: { REDIS_URL: owner.url } })).rejects.toMatchObject({ code: 'ERR_SERVICES_UNREACHABLE', message: expect.stringContaining('NOAUTH') });
    const service = await start({ env: { REDIS_URL: owner.url.replace('//', '//:right@') } });
    expect(service.version).toBe(owner.version);
  });

  it('is refused when REDIS_URL is no such URL', async () => {
    await expect(start({ env: { REDIS_URL: 'localhost:6379' } })).rejects.toMatchObject({ code: 'ERR_SERVICES_INVALID_URL' });
  });
});
