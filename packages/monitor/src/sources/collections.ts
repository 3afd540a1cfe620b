import { PerformanceObserver } from 'node:perf_hooks';

/** Garbage collections since the last reset. Node reports each a turn of the event loop later. */
export class Collections {
  #count = 0;
  #durationMs = 0;
  #longestMs = 0;
  readonly #observer: PerformanceObserver;

  constructor() {
    this.#observer = new PerformanceObserver((list) => {
      for (const { duration } of list.getEntries()) this.#add(duration);
    });
    this.#observer.observe({ entryTypes: ['gc'] });
  }

  get count(): number {
    return this.#count;
  }

  get durationMs(): number {
    return this.#durationMs;
  }

  get longestMs(): number {
    return this.#longestMs;
  }

  reset(): void {
    this.#count = this.#durationMs = this.#longestMs = 0;
  }

  close(): void {
    this.#observer.disconnect();
  }

  #add(durationMs: number): void {
    this.#count += 1;
    this.#durationMs += durationMs;
    this.#longestMs = Math.max(this.#longestMs, durationMs);
  }
}
