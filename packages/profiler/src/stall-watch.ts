import type { Clock } from './clock.js';

/** How many times in `overMs` the loop has to answer: a stall is placed to a quarter of the least that is one. */
const BEATS = 4;

export interface StallWatch {
  /** Looks now instead of when the loop answers. */
  check(): void;
  close(): void;
}

/**
 * Calls `onStall` after the event loop was held for longer than `overMs`, with how long ago it last answered. A stall is
 * seen when it is over.
 */
export function watchStalls(clock: Clock, overMs: number, onStall: (durationMs: number) => void): StallWatch {
  const beatMs = overMs / BEATS;
  let answeredMs = clock.now();
  const check = (): void => {
    const nowMs = clock.now();
    const durationMs = nowMs - answeredMs;
    answeredMs = nowMs;
    if (durationMs - beatMs > overMs) onStall(durationMs);
  };
  const timer = clock.setInterval(check, beatMs);
  timer.unref();
  return { check, close: () => void timer.close() };
}
