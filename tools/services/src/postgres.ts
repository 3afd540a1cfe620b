import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { givenServer } from './given-server.js';
import { greetPostgres } from './handshake.js';
import { type PostgresOptions, type ResolvedOptions, resolveOptions } from './options.js';
import { placeData } from './places.js';
import { ensureDurableCluster, makeCluster } from './postgres-cluster.js';
import { findPostgres } from './postgres-programs.js';
import { startPrivateServer } from './private-server.js';
import { programEnv } from './program.js';
import type { Service } from './service.js';

const TITLE = 'PostgreSQL';
const url = (port: number): string => `postgres://postgres@127.0.0.1:${port}/postgres`;

/**
 * The server of `DATABASE_URL`, else a private one on a free loopback port: user `postgres`, no password, database
 * `postgres`. The first private one on a machine takes some seconds, those after it a fraction of one.
 * @throws {ServicesError} `ERR_SERVICES_INVALID_OPTION`; of a given one `ERR_SERVICES_INVALID_URL`, `ERR_SERVICES_UNREACHABLE`;
 * of a private one `ERR_SERVICES_NO_POSTGRES`, `ERR_SERVICES_START_FAILED`, `ERR_SERVICES_DATA_IN_USE`.
 */
export async function startPostgres(options: PostgresOptions = {}): Promise<Service> {
  const resolved = resolveOptions(options, ['package', 'system']);
  resolved.signal?.throwIfAborted();
  const given = resolved.env.DATABASE_URL;
  if (given === undefined || given === '' || resolved.alwaysPrivate || resolved.from !== undefined) return startPrivate(resolved);
  return givenServer({
    title: TITLE,
    variable: 'DATABASE_URL',
    url: given,
    protocols: ['postgres:', 'postgresql:'],
    defaultPort: 5432,
    example: 'postgres://user:password@host:5432/database',
    greet: greetPostgres,
    signal: resolved.signal,
  });
}

async function startPrivate(options: ResolvedOptions<'package' | 'system'>): Promise<Service> {
  const { durable, signal } = options;
  const programs = await findPostgres(options);
  const env = programEnv(options.env);
  const { directory, temporary } = placeData(options, 'postgres');
  // With them a crash of the machine may lose or spoil data; one of the server alone does not.
  const hasty = ['fsync=off', 'full_page_writes=off'];
  // Its log may grow as with segments of the usual size, so that load does not cause a checkpoint after the other.
  const lasting = ['max_wal_size=1GB'];
  // Its dynamic shared memory, left behind by a kill, goes with its data if it lies among them.
  const passing = temporary ? ['dynamic_shared_memory_type=mmap'] : [];
  const settings = ['listen_addresses=127.0.0.1', 'unix_socket_directories=', 'logging_collector=off', ...passing, ...(durable ? lasting : hasty)];
  return startPrivateServer(
    {
      title: TITLE,
      program: programs.postgres,
      args: (port) => ['-D', directory, '-p', String(port), ...settings.flatMap((setting) => ['-c', setting])],
      env,
      directory,
      temporary,
      stopSignal: 'SIGINT',
      prepare: async () => {
        if (!temporary) await ensureDurableCluster(directory, { programs, env, signal });
        else if (!existsSync(join(directory, 'PG_VERSION'))) await makeCluster(directory, { programs, env, signal });
        return true;
      },
      greet: async (port, pid) => {
        if (!isReady(directory, pid)) throw new Error('it is not ready');
        return greetPostgres(url(port));
      },
      dataTaken: /lock file "postmaster\.pid" already exists|pre-existing shared memory block/,
      url,
    },
    signal,
  );
}

/** The server notes its process id and state in its data directory once the port is its own, so that nobody else's answers for it. */
function isReady(directory: string, pid: number): boolean {
  try {
    const lines = readFileSync(join(directory, 'postmaster.pid'), 'utf8').split('\n');
    return Number(lines[0]) === pid && lines[7]?.trim() === 'ready';
  } catch {
    return false;
  }
}
