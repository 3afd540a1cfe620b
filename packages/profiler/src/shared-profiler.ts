import { type Profiler, createProfiler } from './profiler.js';

const KEY: unique symbol = Symbol.for('@fog/profiler');
/** One place a thread, whichever copies of this package are loaded, as ESM or CommonJS. */
const holder = globalThis as { [KEY]?: Profiler };

/**
 * The profiler of this thread that all its code may share: the one that `@fog/profiler/register` has made, else one with
 * default options, made by the first call; a new one after it was closed.
 */
export function getProfiler(): Profiler {
  const known = holder[KEY];
  return known === undefined || known.closed ? shareProfiler(createProfiler()) : known;
}

export function shareProfiler(profiler: Profiler): Profiler {
  holder[KEY] = profiler;
  return profiler;
}
