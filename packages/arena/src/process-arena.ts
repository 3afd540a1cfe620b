import { getEnvironmentData, setEnvironmentData } from 'node:worker_threads';
import { attachArena, createArena, type Arena } from './arena.js';
import type { ArenaHandle } from './handle.js';

/** Where workers that are started later find the arena; the symbol keeps two copies of this package on one arena. */
const KEY = '@fog/arena:process';
const HELD = Symbol.for('@fog/arena:process');

/**
 * The arena of this process, with defaults: made at the first call, and the same at each later one, also in workers that were
 * started after it.
 * @throws {ArenaError} as `createArena`.
 */
export function getArena(): Arena {
  const holder = globalThis as { [HELD]?: Arena };
  if (holder[HELD] !== undefined && !isClosed(holder[HELD])) return holder[HELD];
  const handle = getEnvironmentData(KEY) as ArenaHandle | undefined;
  const arena = handle === undefined ? createArena({ name: 'process' }) : attachOrCreate(handle);
  setEnvironmentData(KEY, arena.share());
  return (holder[HELD] = arena);
}

function attachOrCreate(handle: ArenaHandle): Arena {
  try {
    return attachArena(handle);
  } catch {
    return createArena({ name: 'process' }); // The one that was is closed.
  }
}

function isClosed(arena: Arena): boolean {
  try {
    arena.share();
    return false;
  } catch {
    return true;
  }
}
