import { existsSync, readFileSync, readdirSync } from 'node:fs';
import { mkdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { cached } from './cache.js';
import { missing, reasonOf } from './errors.js';
import type { Environment, ResolvedOptions } from './options.js';
import { isExecutable, onPath, programEnv, run } from './program.js';
import { serverUser } from './server-user.js';

export interface RedisProgram {
  readonly program: string;
  readonly env: NodeJS.ProcessEnv;
}

/** In the order of our liking. */
const NAMES = ['valkey-server', 'redis-server'];

/**
 * A program that runs on this machine, for the user that servers run as.
 * @throws {ServicesError} `ERR_SERVICES_NO_REDIS`
 */
export async function findRedis({ env, from, signal }: ResolvedOptions<'apt' | 'system'>): Promise<RedisProgram> {
  const tried: string[] = [];
  if (from !== 'apt') {
    const programs = onPath(NAMES, env);
    if (programs.length === 0) tried.push(`${NAMES.join(' or ')} on PATH: not there`);
    for (const program of programs) {
      try {
        await run(program, ['--version'], { env: programEnv(env), user: serverUser, signal });
        return { program, env: programEnv(env) };
      } catch (error) {
        signal?.throwIfAborted();
        tried.push(`${program}: ${reasonOf(error)}`);
      }
    }
  }
  if (from !== 'system') {
    try {
      return await downloadedRedis(env, signal);
    } catch (error) {
      signal?.throwIfAborted();
      tried.push(`a download with apt-get: ${reasonOf(error)}`);
    }
  }
  throw missing('ERR_SERVICES_NO_REDIS', 'Redis', tried, [
    'set REDIS_URL=redis://user:password@host:6379 to use a server you have',
    'install one, such as `apt-get install redis-server`, `apk add valkey` or `brew install redis`',
    'on Debian and Ubuntu: make sure that apt-get can reach its sources; no root is needed',
  ]);
}

/** Unpacked into the cache from the distribution's packages, with those libraries that the system lacks. */
async function downloadedRedis(env: Environment, signal: AbortSignal | undefined): Promise<RedisProgram> {
  for (const tool of ['apt-get', 'dpkg']) if (onPath([tool], env).length === 0) throw new Error(`no ${tool} on PATH`);
  const root = await cached(`redis-${distribution()}-${process.arch}`, signal, async (directory) => {
    const apt = join(directory, 'apt');
    try {
      // The lists at hand may be missing, as in container images, or older than what the mirrors still have.
      await unpackRedis(directory, aptOptions(apt, false), env, signal).catch(async () => {
        signal?.throwIfAborted();
        await run('apt-get', ['update', ...aptOptions(apt, true)], { env: programEnv(env), signal });
        await unpackRedis(directory, aptOptions(apt, true), env, signal);
      });
    } finally {
      await rm(apt, { recursive: true, force: true });
    }
    const { program, env: programs } = programIn(directory, env);
    await run(program, ['--version'], { env: programs, user: serverUser, signal });
  });
  return programIn(root, env);
}

async function unpackRedis(directory: string, options: readonly string[], env: Environment, signal: AbortSignal | undefined): Promise<void> {
  const downloads = join(directory, 'apt/downloads');
  await mkdir(downloads, { recursive: true });
  await mkdir(join(directory, 'apt/state/lists/partial'), { recursive: true });
  await mkdir(join(directory, 'apt/cache/archives/partial'), { recursive: true });
  const common = { env: programEnv(env), signal, cwd: downloads };
  // A rehearsal tells which libraries the system lacks.
  const rehearsal = await run('apt-get', ['install', '--simulate', '--no-install-recommends', ...options, 'redis-server'], common);
  const packages = new Set(['redis-server', 'redis-tools', ...[...rehearsal.matchAll(/^Inst (\S+)/gm)].map(([, name = '']) => name)]);
  await run('apt-get', ['download', ...options, ...packages], common);
  for (const file of readdirSync(downloads)) await run('dpkg', ['--extract', file, directory], common);
}

/** Nothing of the system's is written; `ownLists` also keeps package lists of our own. */
function aptOptions(apt: string, ownLists: boolean): string[] {
  const settings = [
    `Dir::Cache=${join(apt, 'cache')}`,
    ...(ownLists ? [`Dir::State=${join(apt, 'state')}`, 'Dir::State::status=/var/lib/dpkg/status'] : []),
    'Acquire::Retries=1',
    'Acquire::http::Timeout=15',
    'Acquire::https::Timeout=15',
    'Acquire::Languages=none',
    'Acquire::IndexTargets::deb::DEP-11::DefaultEnabled=false',
    'Debug::NoLocking=true',
    // As root it would become _apt, who cannot write to our folders.
    'APT::Sandbox::User=root',
  ];
  return ['-q', ...settings.flatMap((setting) => ['-o', setting])];
}

function programIn(root: string, env: Environment): RedisProgram {
  const program = join(root, 'usr/bin/redis-server');
  if (!isExecutable(program)) throw new Error(`${program} was not in the packages`);
  const libraries = ['usr/lib', 'lib'].flatMap((folder) => {
    const parent = join(root, folder);
    return existsSync(parent) ? readdirSync(parent).filter((name) => name.includes('-linux-')).map((name) => join(parent, name)) : [];
  });
  return { program, env: programEnv(env, { LD_LIBRARY_PATH: libraries.join(':') }) };
}

/** Packages of one release do not run on another. */
function distribution(): string {
  const release = readFileSync('/etc/os-release', 'utf8');
  const field = (name: string): string => new RegExp(`^${name}="?([\\w.-]+)"?$`, 'm').exec(release)?.[1] ?? 'unknown';
  return `${field('ID')}-${field('VERSION_ID')}`;
}
