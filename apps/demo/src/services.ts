import { dataDirectory, startPostgres, startRedis, type Service } from '@fog/services';
import type { Config } from './config.js';

/** The servers the gateway stores in: those the environment names, else private ones that end with it. */
export interface Services extends AsyncDisposable {
  readonly postgres: Service;
  /** `undefined` where no Redis can be had. */
  readonly redis: Service | undefined;
}

/** @throws {ServicesError} naming the server that was given and does not answer. */
export async function startServices({ dataDirectory: data, databaseUrl, redisUrl }: Config, say: (line: string) => void): Promise<Services> {
  if (databaseUrl === undefined) say('Starting a private PostgreSQL; DATABASE_URL would name your own.');
  const postgres = await startPostgres(databaseUrl === undefined ? { dataDirectory: dataDirectory(data) } : {});
  try {
    const redis = await startRedis().catch((error: unknown) => {
      if (redisUrl !== undefined || (error as { readonly code?: string }).code !== 'ERR_SERVICES_NO_REDIS') throw error;
      say('No Redis on this machine: the latest values are read from PostgreSQL, without the cache. REDIS_URL would name one.');
      return undefined;
    });
    return {
      postgres,
      redis,
      async [Symbol.asyncDispose]() {
        await Promise.all([redis?.close(), postgres.close()]);
      },
    };
  } catch (error) {
    await postgres.close();
    throw error;
  }
}
