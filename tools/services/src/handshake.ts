import { Redis } from 'ioredis';
import { Client } from 'pg';

/** Long enough for a server at the other end of the world, short enough to be told that there is none. */
const CONNECT_TIMEOUT_MS = 5_000;

/** The version of the PostgreSQL at `url`, which proves that it accepts our queries. */
export async function greetPostgres(url: string): Promise<string> {
  const client = new Client({ connectionString: url, connectionTimeoutMillis: CONNECT_TIMEOUT_MS, query_timeout: CONNECT_TIMEOUT_MS });
  client.on('error', () => {}); // What goes wrong also rejects the call under way.
  try {
    await client.connect();
    const { rows } = await client.query<{ server_version: string }>('show server_version');
    // As in `15.20 (Debian 15.20-0+deb12u1)`.
    return rows[0]?.server_version.split(' ')[0] ?? 'unknown';
  } finally {
    await client.end().catch(() => {});
  }
}

/** The version and process id of the Redis at `url`, which proves that it accepts our commands. */
export async function greetRedis(url: string): Promise<{ version: string; pid: number }> {
  const client = new Redis(url, { lazyConnect: true, connectTimeout: CONNECT_TIMEOUT_MS, commandTimeout: CONNECT_TIMEOUT_MS, retryStrategy: () => null, maxRetriesPerRequest: 0 });
  let failure: unknown;
  client.on('error', (error) => (failure ??= error));
  try {
    await client.connect();
    const info = await client.info('server');
    const field = (name: string): string | undefined => new RegExp(`^${name}:(.*?)\\r?$`, 'm').exec(info)?.[1];
    return { version: field('valkey_version') ?? field('redis_version') ?? 'unknown', pid: Number(field('process_id')) };
  } catch (error) {
    // The rejection says "Connection is closed."; what was emitted says why.
    throw failure ?? error;
  } finally {
    // After a refusal it would wait two seconds for a connection to end that never began, and the process with it.
    if (client.status !== 'end') client.disconnect();
  }
}
