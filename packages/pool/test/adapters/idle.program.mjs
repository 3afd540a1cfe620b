/** Uses a pool once, leaves it open and idle, and says so; then there is nothing left that should hold the process. */
import { createPool } from '@fog/pool';
import { createHttpPool } from '@fog/pool/http';
import { createRedisPool } from '@fog/pool/ioredis';
import { createPgPool, Pool } from '@fog/pool/pg';
import { createWorkerPool } from '@fog/pool/worker-threads';

const [kind, url] = process.argv.slice(2);
const uses = {
  plain: async () => {
    const pool = createPool({ max: 2, min: 1, maxLifetimeMs: 60_000, validate: () => true, create: () => ({}) });
    const leases = await Promise.all([pool.acquire(), pool.acquire({ timeoutMs: 30_000 })]);
    for (const lease of leases) lease.release();
    return pool;
  },
  pg: async () => {
    const pool = createPgPool({ connectionString: url, min: 2 });
    await pool.ready();
    await pool.query('select 1');
    return pool;
  },
  'pg-drop-in': async () => {
    const pool = new Pool({ connectionString: url, allowExitOnIdle: true });
    await pool.query('select 1');
    return { stats: () => ({ idle: pool.idleCount }) };
  },
  http: async () => {
    const pool = createHttpPool({ origin: url });
    const response = await pool.request('/');
    await response.text();
    return pool;
  },
  redis: async () => {
    const pool = createRedisPool({ url, min: 2 });
    await pool.ready();
    await pool.use((client) => client.ping());
    return pool;
  },
  threads: async () => {
    const pool = createWorkerPool({ worker: new URL('tasks.worker.mjs', import.meta.url), size: 1 });
    await pool.run('add', { a: 1, b: 2 });
    return pool;
  },
};
const pool = await uses[kind]();
console.log(pool.stats().idle > 0 ? 'idle' : 'not idle');
