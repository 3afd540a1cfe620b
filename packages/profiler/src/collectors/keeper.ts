import { randomUUID } from 'node:crypto';
import type { Clock } from '../clock.js';
import type { InspectorSession } from '../inspector-session.js';
import { enableSampling } from './cpu.js';

/**
 * How long one kept profile lives. V8 keeps all its samples until it ends and then writes them out: 5,000 at 1 ms
 * take .9 ms, measured.
 */
const ROTATION_MS = 5_000;

/**
 * Keeps V8's profiler running in a session, which makes a recording's start cheap and keeps code mapped that was
 * optimised before it: the first profile of a session walks the heap for functions, and misses code that is reached
 * by on-stack replacement alone. One kept profile would grow without bound; they take turns, each begun before the
 * last one ends, as V8 forgets its code map with the last profile of a session.
 */
export async function keepWarm(session: InspectorSession, intervalUs: number, clock: Clock): Promise<{ close(): void }> {
  await enableSampling(session, intervalUs);
  const begin = (): string => {
    const title = `@fog/profiler ${randomUUID()}`; // Ending a profile ends it in every session that knows its title.
    session.console.profile(title);
    return title;
  };
  let title = begin();
  const timer = clock.setInterval(() => {
    const last = title;
    title = begin();
    session.console.profileEnd(last);
  }, ROTATION_MS);
  timer.unref();
  return {
    close: () => {
      timer.close();
      session.console.profileEnd(title);
    },
  };
}
