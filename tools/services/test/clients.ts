import { Redis } from 'ioredis';
import { Client } from 'pg';

/** One query over a connection of its own. */
export async function query(url: string, sql: string): Promise<Record<string, unknown>[]> {
  const client = new Client({ connectionString: url });
  client.on('error', () => {});
  try {
    await client.connect();
    return (await client.query<Record<string, unknown>>(sql)).rows;
  } finally {
    await client.end().catch(() => {});
  }
}

/** One command over a connection of its own. */
export async function command(url: string, name: string, ...args: string[]): Promise<unknown> {
  const client = await redisClient(url);
  try {
    return await client.call(name, ...args);
  } finally {
    client.disconnect();
  }
}

/** Connected, and never tries again. `commandTimeoutMs` bounds the wait for an answer. */
export async function redisClient(url: string, commandTimeoutMs?: number): Promise<Redis> {
  const client = new Redis(url, { lazyConnect: true, retryStrategy: () => null, ...(commandTimeoutMs === undefined ? {} : { commandTimeout: commandTimeoutMs }) });
  const failure = new Promise<never>((_, reject) => client.on('error', reject));
  failure.catch(() => {});
  await Promise.race([client.connect().catch(() => failure), failure]);
  return client;
}
