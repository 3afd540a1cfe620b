import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { codeOf } from './errors.js';
import { givenServer } from './given-server.js';
import { greetRedis } from './handshake.js';
import { lock } from './lock.js';
import { type RedisOptions, type ResolvedOptions, resolveOptions } from './options.js';
import { makeServerDirectory, placeData } from './places.js';
import { type ServerSpec, startPrivateServer } from './private-server.js';
import { running } from './process-tree.js';
import { findRedis } from './redis-programs.js';
import type { Service } from './service.js';

const TITLE = 'Redis';
const url = (port: number): string => `redis://127.0.0.1:${port}`;

/**
 * The server of `REDIS_URL`, else a private Redis or Valkey on a free loopback port, without a password.
 * @throws {ServicesError} `ERR_SERVICES_INVALID_OPTION`; of a given one `ERR_SERVICES_INVALID_URL`, `ERR_SERVICES_UNREACHABLE`;
 * of a private one `ERR_SERVICES_NO_REDIS`, `ERR_SERVICES_START_FAILED`, `ERR_SERVICES_DATA_IN_USE`.
 */
export async function startRedis(options: RedisOptions = {}): Promise<Service> {
  const resolved = resolveOptions(options, ['apt', 'system']);
  resolved.signal?.throwIfAborted();
  const given = resolved.env.REDIS_URL;
  if (given === undefined || given === '' || resolved.alwaysPrivate || resolved.from !== undefined) return startPrivate(resolved);
  return givenServer({
    title: TITLE,
    variable: 'REDIS_URL',
    url: given,
    protocols: ['redis:', 'rediss:'],
    defaultPort: 6379,
    example: 'redis://user:password@host:6379',
    greet: async () => (await greetRedis(given)).version,
    signal: resolved.signal,
  });
}

async function startPrivate(options: ResolvedOptions<'apt' | 'system'>): Promise<Service> {
  const { durable, signal } = options;
  const { program, env } = await findRedis(options);
  const { directory, temporary } = placeData(options, 'redis');
  const holder = join(directory, 'holder.json');
  const spec: ServerSpec = {
    title: TITLE,
    program,
    args: (port) => ['--port', String(port), '--bind', '127.0.0.1', '--dir', directory, '--save', '', '--appendonly', durable ? 'yes' : 'no', '--daemonize', 'no'],
    env,
    directory,
    temporary,
    stopSignal: 'SIGTERM',
    prepare: async () => {
      makeServerDirectory(directory);
      return temporary || !(await isHeld(holder));
    },
    greet: async (port, pid) => {
      const { version, pid: answering } = await greetRedis(url(port));
      if (answering !== pid) throw new Error(`process ${answering} has the port`);
      if (!temporary) await writeFile(holder, JSON.stringify({ url: url(port), pid } satisfies Holder));
      return version;
    },
    url,
  };
  // Until the holder is noted, another start could not know of ours.
  const unlock = temporary ? undefined : await lock(`${directory}.lock`, signal);
  try {
    return await startPrivateServer(spec, signal);
  } finally {
    await unlock?.();
  }
}

interface Holder {
  readonly url: string;
  readonly pid: number;
}

/** Redis would let two servers write the same files, and spoil them. Whether the last one that noted itself still runs, it alone can tell. */
async function isHeld(holder: string): Promise<boolean> {
  let noted: Holder;
  try {
    noted = JSON.parse(await readFile(holder, 'utf8')) as Holder;
  } catch {
    return false; // None yet.
  }
  if (running([noted.pid]).length === 0) return false;
  try {
    return (await greetRedis(noted.url)).pid === noted.pid;
  } catch (error) {
    // Nobody there: the process id is another's by now. Anything else, silence above all, may be a server that is paused.
    return codeOf(error) !== 'ECONNREFUSED';
  }
}
