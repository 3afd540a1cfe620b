import type { Client, PoolClient } from 'pg';
import type { Clock, Timer } from '../clock.js';

/**
 * Connects a client. `false` if that takes longer than `timeoutMs`; the client is gone then, also if it succeeds later.
 * @throws what the client says
 */
export function openInTime(client: PoolClient, timeoutMs: number, clock: Clock): Promise<boolean> {
  return new Promise((resolve, reject) => {
    let timer: Timer | undefined;
    let late = false;
    const giveUp = (): void => {
      late = true;
      // A client that is not made of JavaScript has no such connection.
      const connection: Client['connection'] | undefined = client.connection;
      if (connection === undefined) client.end(() => {});
      else connection.stream.destroy();
      resolve(false);
    };
    if (timeoutMs !== Infinity) timer = clock.setTimeout(giveUp, timeoutMs);
    client.connect((error: Error | undefined) => {
      timer?.close();
      if (late && !error) client.end(() => {});
      else if (error) reject(error);
      else resolve(true);
    });
  });
}
