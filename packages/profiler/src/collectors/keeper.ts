import { randomUUID } from 'node:crypto';
import type { Clock } from '../clock.js';
import type { InspectorSession } from '../inspector-session.js';
import { enableSampling } from './cpu.js';
import { nowUs } from '../v8-clock.js';

/**
 * How long one kept profile lives that nobody reads. V8 keeps all its samples until it ends and then writes them out:
 * 5,000 at 1 ms take .9 ms, measured.
 */
export const ROTATION_MS = 5_000;

export interface KeeperOptions {
  readonly intervalUs: number;
  readonly rotationMs: number;
  readonly clock: Clock;
  /** Gets each kept profile that ended, and from when until when it is the only one, on V8's clock. */
  readonly onEnded?: (profile: object, fromUs: number, untilUs: number) => void;
}

export interface Keeper {
  /** Ends the kept profile and begins the next. */
  rotate(): void;
  close(): void;
}

/**
 * Keeps V8's profiler running in a session, which makes a recording's start cheap and keeps code mapped that was
 * optimised before it: the first profile of a session walks the heap for functions, and misses code that is reached
 * by on-stack replacement alone. One kept profile would grow without bound; they take turns, each begun before the
 * last one ends, as V8 forgets its code map with the last profile of a session. The first one has begun when this
 * returns.
 */
export function keepWarm(session: InspectorSession, { intervalUs, rotationMs, clock, onEnded }: KeeperOptions): Keeper {
  enableSampling(session, intervalUs);
  const begin = (): { readonly title: string; readonly beganUs: number } => {
    const title = `@fog/profiler ${randomUUID()}`; // Ending a profile ends it in every session that knows its title.
    session.console.profile(title);
    return { title, beganUs: nowUs() };
  };
  let kept = begin();
  let ending = kept;
  session.onConsoleProfile((title, profile) => {
    if (title === ending.title) onEnded?.(profile, ending.beganUs, kept.beganUs);
  });
  const rotate = (): void => {
    ending = kept;
    kept = begin();
    session.console.profileEnd(ending.title);
  };
  const timer = clock.setInterval(rotate, rotationMs);
  timer.unref();
  return {
    rotate,
    close: () => {
      timer.close();
      session.console.profileEnd(kept.title);
    },
  };
}
