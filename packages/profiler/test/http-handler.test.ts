import diagnostics from 'node:diagnostics_channel';
import { once } from 'node:events';
import http from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { createProfiler, parseProfile, profileHandler } from '../src/index.js';

const token = 'a token that nobody guesses';
const authorization = `Bearer ${token}`;

/** The next event of a recording in this process. */
const told = (what: 'started' | 'stopped'): Promise<void> =>
  new Promise((resolve) => {
    const channel = diagnostics.channel(`@fog/profiler:recording:${what}`);
    const listener = (): void => {
      channel.unsubscribe(listener);
      resolve();
    };
    channel.subscribe(listener);
  });

describe('the HTTP handler', () => {
  const profiler = createProfiler({ continuous: {} });
  const handler = profileHandler(profiler, { token, maxSeconds: 60 });
  const server = http.createServer((request, response) => void handler(request, response));
  let url = '';
  beforeAll(async () => {
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/profile`;
  });
  afterAll(async () => {
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
    await profiler.close();
  });
  const ask = (query: string, headers: Record<string, string> = { authorization }, method = 'GET') => fetch(url + query, { headers, method });

  it.each([[{}], [{ authorization: token }], [{ authorization: 'Bearer' }], [{ authorization: `${authorization} x` }]])('answers nobody without the token: %j', async (headers) => {
    expect((await ask('?seconds=0.1', headers as Record<string, string>)).status).toBe(401);
  });

  it.each([['?seconds=61'], ['?seconds=-1'], ['?seconds=x'], ['?format=exe'], ['?mode=constructor'], ['?seconds=0.05&format=cpuprofile&mode=IO']])('refuses %s', async (query) => {
    expect((await ask(query)).status).toBe(400);
  });

  it('takes GET alone', async () => {
    expect((await ask('', { authorization }, 'POST')).status).toBe(405);
  });

  it('records, in the format asked for, and refuses a second recording meanwhile', async () => {
    const [first, second] = await Promise.all([ask('?seconds=0.2&format=fogprofile&mode=ALL'), ask('?seconds=0.2')]);
    expect([first.status, second.status].toSorted((a, b) => a - b)).toEqual([200, 409]);
    const page = await ask('?seconds=0.05');
    expect(page.headers.get('content-type')).toContain('text/html');
    expect(await page.text()).toMatch(/^<!doctype html>/);
  });

  it('ends a recording with the request that asked for it', async () => {
    const leaving = new AbortController();
    const started = told('started').then(() => leaving.abort());
    const stopped = told('stopped');
    await expect(fetch(`${url}?seconds=60`, { headers: { authorization }, signal: leaving.signal })).rejects.toThrow('aborted');
    await Promise.all([started, stopped]);
    expect(profiler.stats().recordings).toBe(0);
  });

  it('gives what was kept', async () => {
    const answer = await ask('?recent=60&format=cpuprofile');
    expect(parseProfile(await answer.text()).cpu).toBeDefined();
  });

  it('wants a token that is one', () => {
    expect(() => profileHandler(profiler, { token: 'short' })).toThrow(expect.objectContaining({ code: 'ERR_PROFILER_INVALID_OPTION', message: expect.not.stringContaining('"short"') }));
  });
});
