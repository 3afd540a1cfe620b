import { createPgPool, Pool as DropInPool } from '@fog/pool/pg';
import { startPostgres } from '@fog/services';
import { createPool as createGenericPool } from 'generic-pool';
import { Pool as LightningPool } from 'lightning-pool';
import pg from 'pg';
import { Pool as TarnPool } from 'tarn';
import { defineBench, type Subject } from '../harness/bench.js';

const NO_POOL = 'connections in an array';
const OURS = '@fog/pool/pg';
const OURS_PIPELINED = '@fog/pool/pg, pipelineDepth 8';
const PG_CONNECT = 'pg.Pool, connect and release';
const CALLERS = 64;
const CONNECTIONS = 10;
/** As users have one. */
const TIMEOUT_MS = 60_000;
const SQL = 'SELECT 1 AS one';

type Query = () => Promise<pg.QueryResult<{ one: number }>>;

let starting: ReturnType<typeof startPostgres> | undefined;
let users = 0;

/** Has all callers ask one server, the same for all contenders, again and again; what is counted is this process, not the server. */
async function around(open: (url: string) => { readonly query: Query; readonly close: () => unknown } | Promise<{ readonly query: Query; readonly close: () => unknown }>): Promise<Subject> {
  users += 1;
  starting ??= startPostgres();
  const server = await starting;
  const { query, close } = await open(server.url);
  return {
    run: async (iterations) => {
      let left = iterations;
      let sum = 0;
      const caller = async (): Promise<void> => {
        while (left > 0) {
          left -= 1;
          const { rows } = await query();
          sum += rows[0]?.one ?? 0;
        }
      };
      await Promise.all(Array.from({ length: CALLERS }, caller));
      return sum;
    },
    close: async () => {
      await close();
      users -= 1;
      if (users === 0) await server.close();
    },
  };
}

const connect = async (url: string): Promise<pg.Client> => {
  const client = new pg.Client(url);
  await client.connect();
  return client;
};

function pgPool(url: string): pg.Pool {
  const pool = new pg.Pool({ connectionString: url, max: CONNECTIONS, connectionTimeoutMillis: TIMEOUT_MS });
  // Without a listener, an idle connection that breaks as the server goes ends the process.
  pool.on('error', () => {});
  return pool;
}

/** A connection for each query from whichever pool. */
const borrowing = <C extends { query(sql: string): Promise<pg.QueryResult> }>(acquire: () => Promise<C>, release: (client: C) => unknown): Query => async () => {
  const client = await acquire();
  try {
    return await client.query(SQL);
  } finally {
    release(client);
  }
};

/** As many connections, and nothing between them and who waits but an array. */
async function noPool(url: string): Promise<{ readonly query: Query; readonly close: () => unknown }> {
  const clients = await Promise.all(Array.from({ length: CONNECTIONS }, () => connect(url)));
  const free = [...clients];
  const waiting: ((client: pg.Client) => void)[] = [];
  const acquire = (): Promise<pg.Client> => {
    const client = free.pop();
    return client === undefined ? new Promise((resolve) => waiting.push(resolve)) : Promise.resolve(client);
  };
  const release = (client: pg.Client): void => {
    const next = waiting.shift();
    if (next === undefined) free.push(client);
    else next(client);
  };
  return { query: borrowing(acquire, release), close: () => Promise.all(clients.map((client) => client.end())) };
}

const contenders: Record<string, () => Promise<Subject>> = {
  [NO_POOL]: () => around(noPool),
  [OURS]: () =>
    around((url) => {
      const db = createPgPool({ connectionString: url, max: CONNECTIONS, acquireTimeoutMs: TIMEOUT_MS });
      return { query: () => db.query(SQL), close: () => db.close() };
    }),
  [OURS_PIPELINED]: () =>
    around((url) => {
      const db = createPgPool({ connectionString: url, max: CONNECTIONS, pipelineDepth: 8, acquireTimeoutMs: TIMEOUT_MS });
      return { query: () => db.query(SQL), close: () => db.close() };
    }),
  '@fog/pool/pg, Pool, connect and release': () =>
    around((url) => {
      const pool = new DropInPool({ connectionString: url, max: CONNECTIONS, connectionTimeoutMillis: TIMEOUT_MS });
      return { query: borrowing(() => pool.connect(), (client) => client.release()), close: () => pool.end() };
    }),
  'pg.Pool, query': () =>
    around((url) => {
      const pool = pgPool(url);
      return { query: () => pool.query(SQL), close: () => pool.end() };
    }),
  [PG_CONNECT]: () =>
    around((url) => {
      const pool = pgPool(url);
      return { query: borrowing(() => pool.connect(), (client) => client.release()), close: () => pool.end() };
    }),
  'generic-pool': () =>
    around((url) => {
      const pool = createGenericPool({ create: () => connect(url), destroy: (client) => client.end() }, { max: CONNECTIONS, acquireTimeoutMillis: TIMEOUT_MS });
      return { query: borrowing(() => pool.acquire(), (client) => pool.release(client)), close: () => pool.drain().then(() => pool.clear()) };
    }),
  'lightning-pool': () =>
    around((url) => {
      const pool = new LightningPool<pg.Client>({ create: () => connect(url), destroy: (client) => client.end() }, { max: CONNECTIONS, min: 0, maxQueue: 1_000, acquireTimeoutMillis: TIMEOUT_MS });
      return { query: borrowing(() => pool.acquire(), (client) => pool.release(client)), close: () => pool.close(true) };
    }),
  tarn: () =>
    around((url) => {
      const pool = new TarnPool<pg.Client>({ create: () => connect(url), destroy: (client) => client.end(), min: 0, max: CONNECTIONS, acquireTimeoutMillis: TIMEOUT_MS });
      return { query: borrowing(() => pool.acquire().promise, (client) => pool.release(client)), close: () => pool.destroy() };
    }),
};

export default defineBench({
  name: 'pool/postgres',
  title: 'What does a query cost its client?',
  operation: 'SELECT 1',
  cases: { '64 callers of 10 connections': undefined },
  contenders,
  reference: NO_POOL,
  together: true,
  warmUpMs: 1_000,
  targets: (readings) => [
    { id: 'queries a second, ours over connections in an array', reach: '>= 0.93', value: readings.wallNs(NO_POOL) / readings.wallNs(OURS) },
    { id: 'CPU of the client, ours over pg.Pool with connect', reach: '<= 0.9', value: readings.cpuNs(OURS) / readings.cpuNs(PG_CONNECT) },
    { id: 'the same, with several statements on a connection', reach: '<= 0.9', value: readings.cpuNs(OURS_PIPELINED) / readings.cpuNs(PG_CONNECT) },
  ],
});
