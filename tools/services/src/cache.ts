import { randomBytes } from 'node:crypto';
import { existsSync, readdirSync, statSync, utimesSync } from 'node:fs';
import { mkdir, rename, rm, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { codeOf } from './errors.js';
import { cacheDirectory } from './places.js';

/** A holder that is alive touches its lock this often, and counts as dead after some missed touches. */
const TOUCH_MS = 500;
const DEAD_MS = 5_000;
const POLL_MS = 50;
/** Nothing takes that long to fill; what is older was left behind by a process that died. */
const ABANDONED_MS = 3_600_000;

/**
 * The cache's directory `name`, filled by `fill` the first time. It appears complete or not at all, since it is renamed
 * into place. A lock spares several processes that start together the same work; it is told alive by its age, as process
 * ids mean nothing when a checkout is shared between containers. If the lock fails us, the work is done twice and
 * nothing else happens.
 */
export async function cached(name: string, signal: AbortSignal | undefined, fill: (directory: string) => Promise<void>): Promise<string> {
  const cache = cacheDirectory();
  const target = join(cache, name);
  if (existsSync(target)) return target;
  const unlock = await lock(`${target}.lock`, signal);
  const partial = `${target}.${randomBytes(4).toString('hex')}.partial`;
  try {
    if (existsSync(target)) return target;
    await removeAbandoned(cache);
    await mkdir(partial);
    await fill(partial);
    await rename(partial, target).catch((error: unknown) => {
      if (!existsSync(target)) throw error;
    });
    return target;
  } finally {
    await rm(partial, { recursive: true, force: true });
    await unlock();
  }
}

async function lock(path: string, signal: AbortSignal | undefined): Promise<() => Promise<void>> {
  for (;;) {
    signal?.throwIfAborted();
    try {
      await writeFile(path, '', { flag: 'wx' });
      break;
    } catch (error) {
      if (codeOf(error) !== 'EEXIST') throw error;
      const touched = await stat(path).catch(() => undefined);
      if (touched !== undefined && Date.now() - touched.mtimeMs > DEAD_MS) await rm(path, { force: true });
      else await delay(POLL_MS);
    }
  }
  const touch = setInterval(() => {
    try {
      utimesSync(path, new Date(), new Date());
    } catch {
      // Taken for dead and removed by another; it merely does the work as well.
    }
  }, TOUCH_MS).unref();
  return async () => {
    clearInterval(touch);
    await rm(path, { force: true });
  };
}

async function removeAbandoned(cache: string): Promise<void> {
  for (const name of readdirSync(cache)) {
    const path = join(cache, name);
    if (name.endsWith('.partial') && Date.now() - statSync(path).mtimeMs > ABANDONED_MS) await rm(path, { recursive: true, force: true });
  }
}
