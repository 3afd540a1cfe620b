import type { Clock, Timer } from './clock.js';
import type { Registry } from './registry.js';
import type { Source } from './sources/source.js';

/** Longest time that `sample()` waits for a background read; `systeminformation` takes half a second, on Windows several. */
export const READ_LIMIT_MS = 5_000;

/** Reads all sources into the registry, each on its own: one that fails or hangs leaves a gap in its own series only. */
export class Sampler {
  readonly #registry: Registry;
  readonly #failed: (source: string, error: unknown) => void;
  readonly #sources = new Set<Source>();
  /** Reads what the others have recorded, so it comes after them. */
  #last: Source | undefined;
  /** Background reads under way; a source has at most one. */
  readonly #preparing = new Map<Source, Promise<void>>();
  /** Those of them that took too long once: nobody waits for them again. */
  readonly #late = new Set<Source>();
  readonly #clock: Clock;
  #failures = 0;
  #lateReads = 0;

  constructor(registry: Registry, clock: Clock, failed: (source: string, error: unknown) => void) {
    this.#registry = registry;
    this.#clock = clock;
    this.#failed = failed;
  }

  get failuresTotal(): number {
    return this.#failures;
  }

  get lateReadsTotal(): number {
    return this.#lateReads;
  }

  get pendingReads(): number {
    return this.#preparing.size;
  }

  add(source: Source): void {
    this.#sources.add(source);
  }

  addLast(source: Source): void {
    this.#last = source;
  }

  remove(source: Source): void {
    if (this.#sources.delete(source)) source.close?.();
  }

  /** Starts the background reads that are due and not under way. */
  prepare(): void {
    for (const source of this.#sources) {
      if (source.prepare === undefined || this.#preparing.has(source)) continue;
      const read = source.prepare();
      if (read !== undefined) this.#preparing.set(source, this.#settle(source, read));
    }
  }

  /** Settles when the background reads under way have, or are late; never rejects. */
  async prepared(): Promise<void> {
    const awaited = [...this.#preparing].filter(([source]) => !this.#late.has(source));
    if (awaited.length === 0) return;
    let timer: Timer | undefined;
    const limit = new Promise<void>((resolve) => {
      timer = this.#clock.setTimeout(resolve, READ_LIMIT_MS);
      timer.unref(); // The reads keep the process alive as it is.
    });
    await Promise.race([Promise.all(awaited.map(([, read]) => read)), limit]);
    timer?.close();
    for (const [source, read] of awaited) if (this.#preparing.get(source) === read) this.#markLate(source);
  }

  sample(timeMs: number): void {
    this.#registry.begin(timeMs);
    for (const source of this.#sources) this.#collect(source, timeMs);
    if (this.#last !== undefined) this.#collect(this.#last, timeMs);
    this.#registry.commit();
  }

  close(): void {
    for (const source of this.#sources) source.close?.();
    this.#sources.clear();
  }

  #collect(source: Source, timeMs: number): void {
    try {
      source.collect(timeMs);
    } catch (error) {
      this.#fail(source, error);
    }
  }

  #markLate(source: Source): void {
    if (this.#late.has(source)) return; // Two may have waited for it.
    this.#late.add(source);
    this.#lateReads += 1;
  }

  async #settle(source: Source, read: Promise<void>): Promise<void> {
    try {
      await read;
    } catch (error) {
      this.#fail(source, error);
    } finally {
      this.#preparing.delete(source);
      this.#late.delete(source);
    }
  }

  #fail(source: Source, error: unknown): void {
    this.#failures += 1;
    this.#failed(source.name, error);
  }
}
