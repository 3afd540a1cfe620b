import { describe, expect, it } from '@jest/globals';
import { launchChromium } from '../src/chromium.js';
import { type PostgresOptions, type RedisOptions, dataDirectory, startPostgres, startRedis } from '../src/index.js';

describe('options', () => {
  it.each<[string, object, RegExp]>([
    ['a misspelt name', { durabel: true }, /an option must be one of signal, env, .*, not 'durabel'/],
    ['another type', { durable: 'yes' }, /durable must be a boolean, not 'yes'/],
    ['an unknown source', { from: 'docker' }, /from must be '\w+' or '\w+', not 'docker'/],
    ['an empty data directory', { dataDirectory: '' }, /dataDirectory must be a path, not ''/],
    ['a data directory that need not keep data', { dataDirectory: '/tmp/fog', durable: false }, /durable must be true with a dataDirectory, not false/],
  ])('refuses %s', async (_, options, message) => {
    await expect(startPostgres(options as PostgresOptions)).rejects.toMatchObject({ name: 'ServicesError', code: 'ERR_SERVICES_INVALID_OPTION', message: expect.stringMatching(message) });
    await expect(startRedis(options as RedisOptions)).rejects.toMatchObject({ code: 'ERR_SERVICES_INVALID_OPTION', message: expect.stringMatching(message) });
  });

  it('refuses those a browser does not have', async () => {
    await expect(launchChromium({ durable: true } as object)).rejects.toMatchObject({ code: 'ERR_SERVICES_INVALID_OPTION' });
    await expect(launchChromium({ from: 'apt' } as object)).rejects.toMatchObject({ code: 'ERR_SERVICES_INVALID_OPTION' });
  });

  it('gives a data directory only a name that stays below its parent', () => {
    expect(() => dataDirectory('../elsewhere')).toThrow(expect.objectContaining({ code: 'ERR_SERVICES_INVALID_OPTION' }));
    expect(dataDirectory('options-test')).toMatch(/options-test$/);
  });

  it('starts nothing under a signal that has aborted', async () => {
    const reason = new Error('never mind');
    const signal = AbortSignal.abort(reason);
    for (const start of [startPostgres, startRedis, launchChromium]) await expect(start({ signal })).rejects.toBe(reason);
  });
});
