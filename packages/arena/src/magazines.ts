import { classFitting, classOf, smallestOf } from './size-class.js';

/** Blocks up to this size, 64 KiB, go through magazines; above, what is done with a block outweighs its allocation. */
const LARGEST_GRANULES = 4_096;
const CLASSES = classOf(LARGEST_GRANULES) + 1;
/** A full magazine holds 64 blocks or 16 KiB, but two blocks at least: all together hold back 8 MB at worst. */
const MOST_BLOCKS = 64;
const MOST_GRANULES = 1_024;

/** No block: what is too large for magazines, what an empty one gives. */
export const NONE = 0;

/**
 * Freed blocks kept by size class for the next allocation of their size, in stacks in front of the allocator (J. Bonwick
 * and J. Adams, "Magazines and vmem", 2001). Shaped for many small blocks that come and go: most pairs of alloc and free
 * are one push and one pop, and native code is entered once for half a magazine: `nx bench arena --only=churn`.
 */
export class Magazines {
  readonly #slots = new Int32Array(CLASSES * MOST_BLOCKS);
  readonly #counts = new Int32Array(CLASSES);

  /** The class of blocks that serve `size` granules, or NONE. */
  static classFor(size: number): number {
    return size <= LARGEST_GRANULES ? classFitting(size) : NONE;
  }

  /** How many blocks to move between a magazine and the allocator at a time: half of what the magazine holds. */
  static batchOf(sizeClass: number): number {
    return capacityOf(sizeClass) >> 1;
  }

  /** The block that came last, or NONE. */
  pop(sizeClass: number): number {
    const count = this.#counts[sizeClass] as number;
    if (count === 0) return NONE;
    this.#counts[sizeClass] = count - 1;
    return this.#slots[sizeClass * MOST_BLOCKS + count - 1] as number;
  }

  /** @returns whether there was room */
  push(sizeClass: number, slot: number): boolean {
    const count = this.#counts[sizeClass] as number;
    if (count === capacityOf(sizeClass)) return false;
    this.#slots[sizeClass * MOST_BLOCKS + count] = slot;
    this.#counts[sizeClass] = count + 1;
    return true;
  }

  /** The classes with blocks. */
  *loaded(): Generator<number> {
    for (let sizeClass = 1; sizeClass < CLASSES; sizeClass += 1) if ((this.#counts[sizeClass] as number) > 0) yield sizeClass;
  }

  clear(): void {
    this.#counts.fill(0);
  }

  /** Granules of all blocks. */
  get size(): number {
    let size = 0;
    for (const sizeClass of this.loaded()) size += (this.#counts[sizeClass] as number) * smallestOf(sizeClass);
    return size;
  }
}

const capacities = Int32Array.from({ length: CLASSES }, (_, sizeClass) => {
  const blocks = Math.min(MOST_BLOCKS, MOST_GRANULES / smallestOf(Math.max(1, sizeClass)));
  return Math.max(2, blocks & ~1); // Even, as half of them move at a time.
});
const capacityOf = (sizeClass: number): number => capacities[sizeClass] as number;
