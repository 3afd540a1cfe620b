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

export const systemClock: Clock = {
  now: () => performance.now(),
  setTimeout: (callback, delayMs) => setTimeout(callback, delayMs),
  setInterval: (callback, intervalMs) => setInterval(callback, intervalMs),
};
