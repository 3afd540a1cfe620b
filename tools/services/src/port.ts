import { createServer } from 'node:net';

/** Below the range from which systems take the ports of outgoing connections, so that none takes ours while the server restarts. */
const LOWEST = 20_000;
const HIGHEST = 32_000;

/**
 * A loopback port that was free a moment ago. Another may take it before the server does: whoever starts one tries again
 * with the next.
 */
export async function freePort(): Promise<number> {
  for (;;) {
    const port = LOWEST + Math.floor(Math.random() * (HIGHEST - LOWEST));
    const free = await new Promise<boolean>((resolve) => {
      const server = createServer();
      server.once('error', () => resolve(false));
      server.listen({ host: '127.0.0.1', port, exclusive: true }, () => server.close(() => resolve(true)));
    });
    if (free) return port;
  }
}
