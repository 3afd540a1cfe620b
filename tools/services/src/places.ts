import { randomBytes } from 'node:crypto';
import { accessSync, chmodSync, chownSync, constants, lstatSync, mkdirSync, statfsSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { checkout } from './checkout.js';
import { invalidOption } from './errors.js';
import { closedFolder, serverUser } from './server-user.js';

/** Where the checkout will not do. os.tmpdir() may lie in a home directory that is closed to the servers' user; /var/tmp outlives a reboot. */
const TEMPORARY = process.platform === 'win32' ? [tmpdir()] : [tmpdir(), '/tmp', '/var/tmp'];
const LASTING = TEMPORARY.toReversed();

/** Linux keeps it in memory. Containers tend to have little of it. */
const IN_MEMORY = '/dev/shm';
const ROOM_BYTES = 2 ** 30;

export interface Place {
  readonly directory: string;
  readonly temporary: boolean;
}

/** What can be had again: unpacked programs, an initialised cluster. In the checkout's `.cache`, where the server's user can reach it. */
export const cacheDirectory = (): string => home('cache');

/**
 * A directory of this name that outlives the process and can be reached by the user that servers run as: in the checkout's
 * `.cache`, unless that is closed to it (run by root, servers run as `nobody`) or to us; else in a temporary directory.
 * @param name letters, digits, `.`, `_` and `-`
 * @throws {ServicesError} `ERR_SERVICES_INVALID_OPTION`
 */
export function dataDirectory(name: string): string {
  if (!/^\w[\w.-]*$/.test(name)) throw invalidOption('name', name, 'letters, digits, ".", "_" and "-"');
  const directory = join(home('data', LASTING), name);
  mkdirSync(directory, { recursive: true });
  return directory;
}

/** Made if missing, and given to the servers' user, who alone may look into it. */
export function makeServerDirectory(directory: string): void {
  mkdirSync(directory, { recursive: true });
  chmodSync(directory, 0o700);
  if (serverUser !== undefined) chownSync(directory, serverUser.uid, serverUser.gid);
}

function home(name: string, otherwise: readonly string[] = TEMPORARY): string {
  const ours = `fog-services-${process.getuid?.() ?? 'user'}`;
  const candidates = [...(checkout === undefined ? [] : [join(checkout, '.cache/services')]), ...otherwise.map((folder) => join(folder, ours))];
  for (const candidate of candidates) {
    const directory = join(candidate, name);
    try {
      mkdirSync(directory, { recursive: true, mode: 0o755 });
      if (isOurs(candidate) && usable(directory)) return directory;
    } catch {
      // Read-only, or not ours: the next one.
    }
  }
  throw new Error(`none of these can be written and be reached by the servers' user: ${candidates.join(', ')}`);
}

/** A name in a directory for all, such as /tmp, can have been taken by somebody else, who would then own the programs we run. */
function isOurs(directory: string): boolean {
  const { uid, mode } = lstatSync(directory);
  return process.getuid === undefined || (uid === process.getuid() && (mode & 0o022) === 0);
}

function usable(directory: string): boolean {
  try {
    accessSync(directory, constants.W_OK | constants.X_OK);
    return closedFolder(directory) === undefined;
  } catch {
    return false;
  }
}

/**
 * A directory for the data of one server: its own in the one it was given, else a temporary one. That is in memory where
 * the system has a place for it and nothing has to be durable: a cluster is a thousand files, which take a disk longer
 * than the server takes to start.
 */
export function placeData({ dataDirectory: given, durable }: { readonly dataDirectory: string | undefined; readonly durable: boolean }, name: string): Place {
  if (given === undefined) {
    const directory = durable || !hasRoom(IN_MEMORY) ? join(home('run'), `${name}-${suffix()}`) : join(IN_MEMORY, `fog-${name}-${suffix()}`);
    mkdirSync(directory);
    makeServerDirectory(directory);
    return { directory, temporary: true };
  }
  const parent = resolve(given);
  mkdirSync(parent, { recursive: true });
  const closed = closedFolder(parent);
  if (closed !== undefined)
    throw invalidOption('dataDirectory', given, `open to nobody, the user that servers run as when root starts them (${closed} is closed to it; dataDirectory(name) gives one that is open)`);
  return { directory: join(parent, name), temporary: false };
}

const suffix = (): string => randomBytes(6).toString('hex');

function hasRoom(directory: string): boolean {
  try {
    const { bavail, bsize } = statfsSync(directory);
    return bavail * bsize >= ROOM_BYTES && usable(directory);
  } catch {
    return false;
  }
}
