import type { Clock, Timer } from '../clock.js';

interface Waiter {
  readonly bytes: number;
  readonly go: () => void;
  readonly fail: (reason: unknown) => void;
}

/** So many bytes, lent in any amounts, first come, first served: a large request is not passed by small ones. */
export class ByteBudget {
  readonly #max: number;
  readonly #clock: Clock;
  readonly #waiting = new Set<Waiter>();
  #taken = 0;

  constructor(max: number, clock: Clock) {
    this.#max = max;
    this.#clock = clock;
  }

  get taken(): number {
    return this.#taken;
  }

  get waiting(): number {
    return this.#waiting.size;
  }

  tryTake(bytes: number): boolean {
    if (this.#waiting.size > 0 || this.#taken + bytes > this.#max) return false;
    this.#taken += bytes;
    return true;
  }

  /** Takes them when it is this caller's turn. @throws what `timedOut` gives after `timeoutMs`; `signal.reason`; as of {@link failAll} */
  take(bytes: number, signal: AbortSignal | undefined, timeoutMs: number, timedOut: () => Error): Promise<void> {
    if (this.tryTake(bytes)) return Promise.resolve();
    return new Promise((resolve, reject) => {
      let timer: Timer | undefined;
      const leave = (): void => {
        this.#waiting.delete(waiter);
        timer?.close();
        signal?.removeEventListener('abort', abort);
      };
      const waiter: Waiter = {
        bytes,
        go: () => {
          leave();
          resolve();
        },
        fail: (reason) => {
          leave();
          reject(reason);
          // Who was behind it may fit.
          this.#serve();
        },
      };
      const abort = (): void => waiter.fail(signal?.reason);
      this.#waiting.add(waiter);
      signal?.addEventListener('abort', abort, { once: true });
      if (timeoutMs !== Infinity) timer = this.#clock.setTimeout(() => waiter.fail(timedOut()), timeoutMs);
    });
  }

  give(bytes: number): void {
    this.#taken -= bytes;
    this.#serve();
  }

  failAll(reason: unknown): void {
    const waiting = [...this.#waiting];
    this.#waiting.clear();
    for (const waiter of waiting) waiter.fail(reason);
  }

  #serve(): void {
    for (const waiter of this.#waiting) {
      if (this.#taken + waiter.bytes > this.#max) return;
      this.#taken += waiter.bytes;
      waiter.go();
    }
  }
}
