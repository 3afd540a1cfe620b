import type { RedisOptions } from './options.js';
import type { Service } from './service.js';

/** The server of `REDIS_URL`, else a private one on a free loopback port. */
export async function startRedis(options: RedisOptions = {}): Promise<Service> {
  throw new Error(`not there yet: ${typeof options}`);
}
