import type { Clock } from './clock.js';

/** How often those who wait for memory look for what other threads freed, in ms. */
export const LOOK_FOR_MEMORY_MS = 5;

interface Waiter<T> {
  readonly tryNow: () => T | undefined;
  readonly resolve: (value: T) => void;
  readonly reject: (reason: unknown) => void;
}

/** Those who wait for memory, or for a block of a channel, first come, first served. While there are any, timers keep the process alive. */
export class WaitQueue<T> {
  readonly #waiters = new Set<Waiter<T>>();
  readonly #clock: Clock;
  readonly #lookEveryMs: number;
  readonly #onFirst: () => void;
  readonly #onLast: () => void;
  #look: { close(): unknown } | undefined = undefined;

  /** @param lookEveryMs how often to look for what other threads did and do not tell */
  constructor(clock: Clock, lookEveryMs: number, onFirst: () => void, onLast: () => void) {
    this.#clock = clock;
    this.#lookEveryMs = lookEveryMs;
    this.#onFirst = onFirst;
    this.#onLast = onLast;
  }

  get size(): number {
    return this.#waiters.size;
  }

  /** Waits until `tryNow` gives something; `onTimeout` gives, or throws, what comes of it else. @throws the signal's reason; what either threw */
  wait(tryNow: () => T | undefined, { timeoutMs, signal }: { readonly timeoutMs: number; readonly signal: AbortSignal | undefined }, onTimeout: () => T): Promise<T> {
    return new Promise((resolve, reject) => {
      const leave = (): void => {
        timer.close();
        signal?.removeEventListener('abort', abort);
        this.#remove(waiter);
      };
      const waiter: Waiter<T> = {
        tryNow,
        resolve: (value) => {
          leave();
          resolve(value);
        },
        reject: (reason) => {
          leave();
          reject(reason);
        },
      };
      const abort = (): void => waiter.reject(signal?.reason);
      const timer = this.#clock.setTimeout(() => settle(waiter, onTimeout), timeoutMs);
      signal?.addEventListener('abort', abort);
      this.#add(waiter);
    });
  }

  /** Serves as many as can be, the first first; who cannot be served keeps those behind waiting. */
  serve(): void {
    for (const waiter of this.#waiters) if (!settle(waiter, waiter.tryNow)) return;
  }

  rejectAll(reason: Error): void {
    for (const waiter of this.#waiters) waiter.reject(reason);
  }

  #add(waiter: Waiter<T>): void {
    this.#waiters.add(waiter);
    if (this.#waiters.size > 1) return;
    this.#look = this.#clock.setInterval(() => this.serve(), this.#lookEveryMs);
    this.#onFirst();
  }

  #remove(waiter: Waiter<T>): void {
    if (!this.#waiters.delete(waiter) || this.#waiters.size > 0) return;
    this.#look?.close();
    this.#look = undefined;
    this.#onLast();
  }
}

/** Ends a wait with what `outcome` gives or throws. @returns whether that was anything */
function settle<T>({ resolve, reject }: Waiter<T>, outcome: () => T | undefined): boolean {
  try {
    const value = outcome();
    if (value === undefined) return false;
    resolve(value);
  } catch (error) {
    reject(error);
  }
  return true;
}
