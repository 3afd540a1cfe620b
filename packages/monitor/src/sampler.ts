import type { Registry } from './registry.js';
import type { Source } from './sources/source.js';

/** Reads all sources into the registry, each on its own: one that fails or hangs leaves a gap in its own series only. */
export class Sampler {
  readonly #registry: Registry;
  readonly #failed: (source: string, error: unknown) => void;
  readonly #sources = new Set<Source>();
  /** Reads what the others have recorded, so it comes after them. */
  #last: Source | undefined;
  /** Background reads under way; a source has at most one. */
  readonly #preparing = new Map<Source, Promise<void>>();
  #failures = 0;

  constructor(registry: Registry, failed: (source: string, error: unknown) => void) {
    this.#registry = registry;
    this.#failed = failed;
  }

  get failuresTotal(): number {
    return this.#failures;
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

  /** Settles with the background reads under way; never rejects. */
  async prepared(): Promise<void> {
    await Promise.all(this.#preparing.values());
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

  async #settle(source: Source, read: Promise<void>): Promise<void> {
    try {
      await read;
    } catch (error) {
      this.#fail(source, error);
    } finally {
      this.#preparing.delete(source);
    }
  }

  #fail(source: Source, error: unknown): void {
    this.#failures += 1;
    this.#failed(source.name, error);
  }
}
