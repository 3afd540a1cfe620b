import type { Clock } from './clock.js';
import { MAX_DELAY_MS } from './options.js';

/** How often to look for memory that other threads freed, in ms. */
const LOOK_EVERY_MS = 5;

interface Waiter<T> {
  readonly tryNow: () => T | undefined;
  readonly resolve: (value: T) => void;
  readonly reject: (reason: unknown) => void;
}

/** Those who wait for memory, first come, first served. While there are any, timers keep the process alive. */
export class WaitQueue<T> {
  readonly #waiters = new Set<Waiter<T>>();
  readonly #clock: Clock;
  readonly #onFirst: () => void;
  readonly #onLast: () => void;
  #look: { close(): unknown } | undefined = undefined;

  constructor(clock: Clock, onFirst: () => void, onLast: () => void) {
    this.#clock = clock;
    this.#onFirst = onFirst;
    this.#onLast = onLast;
  }

  get size(): number {
    return this.#waiters.size;
  }

  /** Waits until `tryNow` gives something. @throws what `onTimeout` makes, the signal's reason, or what `tryNow` threw */
  wait(tryNow: () => T | undefined, { timeoutMs, signal }: { readonly timeoutMs: number; readonly signal: AbortSignal | undefined }, onTimeout: () => Error): Promise<T> {
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
      const timer = this.#clock.setTimeout(() => waiter.reject(onTimeout()), Math.min(timeoutMs, MAX_DELAY_MS));
      signal?.addEventListener('abort', abort);
      this.#add(waiter);
    });
  }

  /** Serves as many as can be, the first first; who cannot be served keeps those behind waiting. */
  serve(): void {
    for (const waiter of this.#waiters) {
      try {
        const value = waiter.tryNow();
        if (value === undefined) return;
        waiter.resolve(value);
      } catch (error) {
        waiter.reject(error);
      }
    }
  }

  rejectAll(reason: Error): void {
    for (const waiter of this.#waiters) waiter.reject(reason);
  }

  #add(waiter: Waiter<T>): void {
    this.#waiters.add(waiter);
    if (this.#waiters.size > 1) return;
    this.#look = this.#clock.setInterval(() => this.serve(), LOOK_EVERY_MS);
    this.#onFirst();
  }

  #remove(waiter: Waiter<T>): void {
    if (!this.#waiters.delete(waiter) || this.#waiters.size > 0) return;
    this.#look?.close();
    this.#look = undefined;
    this.#onLast();
  }
}
