import { createHash } from 'node:crypto';
import { constants } from 'node:fs';
import { chown, copyFile, mkdir, readFile, readdir, stat } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { cached, filled } from './cache.js';
import { invalidOption } from './errors.js';
import { makeServerDirectory } from './places.js';
import type { PostgresPrograms } from './postgres-programs.js';
import { run } from './program.js';
import { serverUser } from './server-user.js';

export interface ClusterOptions {
  readonly programs: PostgresPrograms;
  readonly env: NodeJS.ProcessEnv;
  readonly signal: AbortSignal | undefined;
}

/** Makes the empty directory `directory` a cluster: `initdb` takes seconds, a copy of what it once made a fraction of one. */
export async function makeCluster(directory: string, { programs, env, signal }: ClusterOptions): Promise<void> {
  const identity = createHash('sha256').update(`${programs.postgres}\n${programs.version}\n${serverUser?.uid ?? process.getuid?.()}`).digest('hex').slice(0, 12);
  const template = await cached(`postgres-cluster-${identity}`, signal, async (folder) => {
    makeServerDirectory(folder);
    // Loopback is all it will listen on, and there trust is what the caller was promised. No locale: the same order
    // everywhere. Small log segments: the first of them is over a third of what each start copies.
    const args = ['-D', folder, '-U', 'postgres', '-A', 'trust', '-E', 'UTF8', '--no-locale', '--wal-segsize=1', '--no-sync', '--no-instructions'];
    await run(programs.initdb, args, { env, user: serverUser, signal, cwd: folder });
  });
  await copyTree(template, directory);
}

/** Makes `directory` a cluster that survives a crash of the machine, unless it is one already. */
export async function ensureDurableCluster(directory: string, options: ClusterOptions): Promise<void> {
  const { programs, env, signal } = options;
  await filled(directory, signal, async (partial) => {
    makeServerDirectory(partial);
    await makeCluster(partial, options);
    await run(programs.initdb, ['-D', partial, '--sync-only'], { env, user: serverUser, signal, cwd: partial });
  });
  const found = await readFile(join(directory, 'PG_VERSION'), 'utf8').catch(() => 'something else');
  const ours = /\d+/.exec(programs.version)?.[0];
  if (found.trim() !== ours) throw invalidOption('dataDirectory', dirname(directory), `a directory with data of PostgreSQL ${ours} (${directory} has those of ${found.trim()})`);
}

/** Copies for the servers' user; where the file system can, blocks are shared until they change. */
async function copyTree(source: string, target: string): Promise<void> {
  const copies = (await readdir(source, { withFileTypes: true })).map(async (entry) => {
    const [from, to] = [join(source, entry.name), join(target, entry.name)];
    if (entry.isDirectory()) {
      await mkdir(to, { mode: (await stat(from)).mode });
      await copyTree(from, to);
    } else await copyFile(from, to, constants.COPYFILE_FICLONE);
    if (serverUser !== undefined) await chown(to, serverUser.uid, serverUser.gid);
  });
  await Promise.all(copies);
}
