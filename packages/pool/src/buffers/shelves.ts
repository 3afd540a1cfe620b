import { bytesOf } from './size-classes.js';

/** Memory of one class, or of none if it is too large to be kept, and what gives it back to where it is from. */
export interface Slab {
  readonly index: number | undefined;
  readonly bytes: Uint8Array;
  /** Whether the memory is still there, where that is not for the pool alone to say. */
  readonly isLive: (() => boolean) | undefined;
  readonly free: (() => void) | undefined;
}

/** Slabs that nobody uses, by class; last put, first taken, as that one may still be in a processor's cache. */
export class Shelves {
  readonly #slabs: Slab[][];
  /** How many of each class have not been needed since the last {@link trim}. */
  readonly #spare: number[];
  #bytes = 0;
  #count = 0;

  constructor(classes: number) {
    this.#slabs = Array.from({ length: classes }, () => []);
    this.#spare = Array.from({ length: classes }, () => 0);
  }

  get bytes(): number {
    return this.#bytes;
  }

  get count(): number {
    return this.#count;
  }

  take(index: number): Slab | undefined {
    const slabs = this.#slabs[index];
    const slab = slabs?.pop();
    if (slab === undefined || slabs === undefined) return undefined;
    this.#bytes -= bytesOf(index);
    this.#count -= 1;
    this.#spare[index] = Math.min(this.#spare[index] ?? 0, slabs.length);
    return slab;
  }

  put(index: number, slab: Slab): void {
    this.#slabs[index]?.push(slab);
    this.#bytes += bytesOf(index);
    this.#count += 1;
  }

  /** Frees what was not needed since the last time; with `all`, everything. */
  trim(all = false): void {
    for (const [index, slabs] of this.#slabs.entries()) {
      const freed = slabs.splice(0, all ? slabs.length : this.#spare[index]);
      this.#bytes -= freed.length * bytesOf(index);
      this.#count -= freed.length;
      this.#spare[index] = slabs.length;
      for (const slab of freed) slab.free?.();
    }
  }
}
