import { utimesSync } from 'node:fs';
import { rm, stat, writeFile } from 'node:fs/promises';
import { setTimeout as delay } from 'node:timers/promises';
import { codeOf } from './errors.js';

/** A holder that is alive touches its lock this often, and counts as dead after some missed touches. */
const TOUCH_MS = 500;
const DEAD_MS = 5_000;
const POLL_MS = 50;

/**
 * Waits until the file `path` is ours alone among all processes, and gives what ends that. A holder is told alive by its
 * lock's age, as process ids mean nothing when a checkout is shared between containers; one that stops for seconds, in a
 * debugger say, may find that it shares.
 */
export async function lock(path: string, signal: AbortSignal | undefined): Promise<() => Promise<void>> {
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
