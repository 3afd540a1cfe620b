import { readFileSync, statSync } from 'node:fs';
import { dirname } from 'node:path';

/** Whom a server runs as, where that is not us. */
export interface ServerUser {
  readonly uid: number;
  readonly gid: number;
}

/**
 * `nobody` when we are root: PostgreSQL refuses to run as root, and a Redis without a password should not be able to
 * write files as root. `undefined` otherwise: servers run as we do.
 */
export const serverUser: ServerUser | undefined = process.getuid?.() === 0 ? nobody() : undefined;

function nobody(): ServerUser {
  const [, , uid, gid] = readFileSync('/etc/passwd', 'utf8').split('\n').find((line) => line.startsWith('nobody:'))?.split(':') ?? [];
  return { uid: Number(uid ?? 65_534), gid: Number(gid ?? 65_534) };
}

/**
 * The folder on the way to `path`, or `path` itself, that is closed to the servers' user; `undefined` if none is. A
 * checkout below `/root` is the usual case.
 */
export function closedFolder(path: string): string | undefined {
  if (serverUser === undefined) return undefined;
  const { mode, uid } = statSync(path);
  const parent = dirname(path);
  const closedAbove = parent === path ? undefined : closedFolder(parent);
  return closedAbove ?? ((mode & 0o001) === 0 && uid !== serverUser.uid ? path : undefined);
}
