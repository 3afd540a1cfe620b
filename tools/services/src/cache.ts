import { randomBytes } from 'node:crypto';
import { existsSync, readdirSync, statSync } from 'node:fs';
import { mkdir, rename, rm } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { lock } from './lock.js';
import { cacheDirectory } from './places.js';

/** Nothing takes that long to fill; what is older was left behind by a process that died. */
const ABANDONED_MS = 3_600_000;

/** The cache's directory `name`, filled by `fill` the first time. */
export function cached(name: string, signal: AbortSignal | undefined, fill: (directory: string) => Promise<void>): Promise<string> {
  return filled(join(cacheDirectory(), name), signal, fill);
}

/**
 * The directory `target`, filled by `fill` the first time. It appears complete or not at all, since it is renamed into
 * place. A lock spares several processes that start together the same work; without it the work would be done twice and
 * nothing else happen.
 */
export async function filled(target: string, signal: AbortSignal | undefined, fill: (directory: string) => Promise<void>): Promise<string> {
  if (existsSync(target)) return target;
  const unlock = await lock(`${target}.lock`, signal);
  const partial = `${target}.${randomBytes(4).toString('hex')}.partial`;
  try {
    if (existsSync(target)) return target;
    await removeAbandoned(target);
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

/** What processes that died while they filled `target` left of it. */
async function removeAbandoned(target: string): Promise<void> {
  for (const name of readdirSync(dirname(target))) {
    const path = join(dirname(target), name);
    const abandoned = name.startsWith(`${basename(target)}.`) && name.endsWith('.partial') && Date.now() - statSync(path).mtimeMs > ABANDONED_MS;
    if (abandoned) await rm(path, { recursive: true, force: true });
  }
}
