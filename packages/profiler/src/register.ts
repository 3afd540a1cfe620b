import process from 'node:process';
import { isMainThread } from 'node:worker_threads';
import { type Profiler, createProfiler } from './profiler.js';
import type { ProfilerOptions } from './options.js';
import { shareProfiler } from './shared-profiler.js';
import { warnNotProfiled } from './warning.js';

/*
 * To be loaded before the program, by `node --import @fog/profiler/register`: samples from the very start, so that no code
 * is compiled unseen, and is what `getProfiler()` gives. Options come as JSON in FOG_PROFILER_OPTIONS. Whatever goes wrong
 * is a warning: the program runs.
 */

/** The profiler that was made; `undefined` in a worker thread, and where it could not be made. */
export const registered: Profiler | undefined = isMainThread ? register() : undefined;

function register(): Profiler | undefined {
  const { FOG_PROFILER_OPTIONS: options } = process.env;
  try {
    return shareProfiler(createProfiler(options === undefined ? { continuous: {} } : (JSON.parse(options) as ProfilerOptions)));
  } catch (error) {
    warnNotProfiled(error);
    return undefined;
  }
}
