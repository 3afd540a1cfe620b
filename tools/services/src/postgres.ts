import type { PostgresOptions } from './options.js';
import type { Service } from './service.js';

/** The server of `DATABASE_URL`, else a private one on a free loopback port. */
export async function startPostgres(options: PostgresOptions = {}): Promise<Service> {
  throw new Error(`not there yet: ${typeof options}`);
}
