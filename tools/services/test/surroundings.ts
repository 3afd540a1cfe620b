import { type AddressInfo, connect, createServer } from 'node:net';
import type { Environment } from '../src/options.js';

/** An environment that gives no servers. */
export const withoutUrls = (env: Environment): Environment => ({ ...env, DATABASE_URL: undefined, REDIS_URL: undefined });

/** A loopback port on which nobody listens. */
export async function closedPort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  return port;
}

export const isListening = (port: number): Promise<boolean> =>
  new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1');
    socket.once('connect', () => {
      socket.destroy();
      resolve(true);
    });
    socket.once('error', () => resolve(false));
  });
