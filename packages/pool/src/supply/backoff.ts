/**
 * The pause after the `failures`-th failure in a row: `minMs`, doubled each time, up to `maxMs`, and half of it random,
 * so that the clients of a backend that went down do not all come back at once. ("Equal jitter" of Marc Brooker,
 * Exponential Backoff and Jitter, AWS Architecture Blog, 2015.)
 */
export function backoffMs(failures: number, minMs: number, maxMs: number, random: () => number): number {
  const pauseMs = Math.min(maxMs, minMs * 2 ** (failures - 1));
  return pauseMs / 2 + (pauseMs / 2) * random();
}
