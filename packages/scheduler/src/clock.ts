import { performance } from 'node:perf_hooks';

/** What {@link Clock} hands out; Node's own `Timeout` has these methods. */
export interface Timer {
  ref(): unknown;
  unref(): unknown;
  refresh(): unknown;
  close(): unknown;
}

/** Where time comes from; tests and simulations pass their own. */
export interface Clock {
  /** Monotonic, ms. */
  now(): number;
  setTimeout(callback: () => void, delayMs: number): Timer;
  setInterval(callback: () => void, intervalMs: number): Timer;
}

// Looked up once: the global is a getter.
const now = performance.now.bind(performance);

export const systemClock: Clock = {
  now,
  setTimeout: (callback, delayMs) => setTimeout(callback, delayMs),
  setInterval: (callback, intervalMs) => setInterval(callback, intervalMs),
};
