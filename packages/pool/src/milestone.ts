import type { Clock, Timer } from './clock.js';

/** Something that callers wait for together: that the pool is ready, drained or closed. */
export class Milestone {
  readonly #waits = new Set<{ resolve: () => void; reject: (reason: unknown) => void }>();

  get isAwaited(): boolean {
    return this.#waits.size > 0;
  }

  wait(signal?: AbortSignal): Promise<void> {
    return new Promise((resolve, reject) => {
      const abort = (): void => wait.reject(signal?.reason);
      const leave = (): void => {
        this.#waits.delete(wait);
        signal?.removeEventListener('abort', abort);
      };
      const wait = {
        resolve: () => {
          leave();
          resolve();
        },
        reject: (reason: unknown) => {
          leave();
          reject(reason);
        },
      };
      this.#waits.add(wait);
      signal?.addEventListener('abort', abort, { once: true });
    });
  }

  /** Whether it was reached in time. */
  async waitAtMost(timeoutMs: number, clock: Clock, signal?: AbortSignal): Promise<boolean> {
    const reached = this.wait(signal).then(() => true);
    if (timeoutMs === Infinity) return reached;
    let timer: Timer | undefined;
    const late = new Promise<boolean>((resolve) => {
      timer = clock.setTimeout(() => resolve(false), timeoutMs);
    });
    return Promise.race([reached, late]).finally(() => timer?.close());
  }

  reach(): void {
    for (const wait of this.#waits) wait.resolve();
  }

  fail(reason: unknown): void {
    for (const wait of this.#waits) wait.reject(reason);
  }
}
