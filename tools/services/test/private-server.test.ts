import { type AddressInfo, createServer } from 'node:net';
import { afterEach, describe, expect, it } from '@jest/globals';
import { greetRedis } from '../src/handshake.js';
import { resolveOptions } from '../src/options.js';
import { placeData } from '../src/places.js';
import { type ServerSpec, startPrivateServer } from '../src/private-server.js';
import { findRedis } from '../src/redis-programs.js';
import type { Service } from '../src/service.js';

const services: Service[] = [];
afterEach(async () => {
  await Promise.all(services.splice(0).map((service) => service.close()));
});

/** A Redis as `startRedis` runs it, with the arguments a test wants. */
async function redisSpec(args: (port: number) => readonly string[]): Promise<ServerSpec> {
  const { program, env } = await findRedis(resolveOptions({}, ['apt', 'system']));
  const url = (port: number): string => `redis://127.0.0.1:${port}`;
  return {
    title: 'Redis',
    program,
    args,
    env,
    ...placeData({ dataDirectory: undefined, durable: false }, 'redis'),
    stopSignal: 'SIGTERM',
    prepare: async () => true,
    greet: async (port, pid) => {
      const { version, pid: answering } = await greetRedis(url(port));
      if (answering !== pid) throw new Error('another');
      return version;
    },
    url,
  };
}

describe('the start of a private server', () => {
  it('takes another port when somebody else was quicker', async () => {
    const quicker = createServer();
    await new Promise<void>((resolve) => quicker.listen(0, '127.0.0.1', resolve));
    const taken = (quicker.address() as AddressInfo).port;
    const asked: number[] = [];
    const spec = await redisSpec((port) => {
      asked.push(port);
      return ['--port', String(asked.length < 3 ? taken : port), '--bind', '127.0.0.1', '--save', ''];
    });
    const service = await startPrivateServer(spec, undefined);
    services.push(service);
    expect(asked).toHaveLength(3);
    expect(service.port).toBe(asked[2]);
    await new Promise((resolve) => quicker.close(resolve));
  });

  it('fails with how the program ended and the last it said', async () => {
    const spec = await redisSpec(() => ['--no-such-setting', 'yes']);
    await expect(startPrivateServer(spec, undefined)).rejects.toMatchObject({
      code: 'ERR_SERVICES_START_FAILED',
      message: expect.stringMatching(/Redis did not start: it ended with 1\nIts last output:\n[^]*no-such-setting/),
    });
  });

  it('fails with the cause when there is no such program', async () => {
    const spec = { ...(await redisSpec(() => [])), program: '/nowhere/redis-server' };
    await expect(startPrivateServer(spec, undefined)).rejects.toMatchObject({ code: 'ERR_SERVICES_START_FAILED', message: expect.stringContaining('ENOENT') });
  });
});
