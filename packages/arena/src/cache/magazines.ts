import * as at from '../records/layout.js';
import type { Records } from '../records/records.js';

/** Blocks up to this size, 64 KiB, go through magazines; larger ones are kept by `LargeBlocks`. */
export const LARGEST_GRANULES = 4_096;
/** Up to 1 KiB a class holds one size; above, a doubling has 8 classes, which waste an eighth of a block at most. */
const EXACT_LOG2 = 6;
const STEPS_LOG2 = 3;

function classOf(size: number): number {
  if (size <= 1 << EXACT_LOG2) return size;
  const shift = 31 - Math.clz32(size - 1) - STEPS_LOG2;
  // Above 64 granules the leading bit is at least 2^6, of shift 3: classes go on from 64 without a gap.
  return (1 << EXACT_LOG2) + ((shift - (EXACT_LOG2 - STEPS_LOG2)) << STEPS_LOG2) + ((size - 1) >> shift) - (1 << STEPS_LOG2) + 1;
}

const CLASS_OF = Uint8Array.from({ length: LARGEST_GRANULES + 1 }, (_, size) => classOf(Math.max(1, size)));
export const CLASSES: number = classOf(LARGEST_GRANULES) + 1;
/** What a block of a class has, in granules: the largest size that is in it. */
const GRANTED = new Int32Array(CLASSES);
for (let size = 1; size <= LARGEST_GRANULES; size += 1) GRANTED[classOf(size)] = size;

/** A full magazine holds 64 blocks or 128 KiB. */
export const MOST_BLOCKS = 64;
const MOST_GRANULES = 8_192;
/** An arena keeps at most this part of itself in one magazine. */
const PART = 2_048;

/** No block: what is too large for magazines, what an empty one gives. */
export const NONE = 0;

/**
 * Freed blocks of one thread, kept by size class for its next allocation of that size, in stacks in front of what threads
 * share (J. Bonwick and J. Adams, "Magazines and vmem", 2001). Shaped for many small blocks that come and go: most pairs
 * of alloc and free are one push and one pop, and locks and native code are entered once for half a magazine: `nx bench
 * arena --only=churn`.
 */
export class Magazines {
  /** In the open, as `Heap` pushes and pops in place: a call would take as long as all the rest. Class c has those from c * 64 on. */
  readonly slots: Int32Array = new Int32Array(CLASSES * MOST_BLOCKS);
  /** Shared, so that any thread can tell what all of them have cached. */
  counts: Int32Array;
  /** Of NONE 0, so that what is for no magazine finds it empty and full. */
  readonly capacities: Int32Array;
  /** Indexed by size, up to 4,096 granules: the class that serves it, or NONE. */
  readonly classOf: Uint8Array;

  /**
   * @param counts `CLASSES` words that this thread alone writes
   * @param capacity granules that the arena may have: small arenas keep little back
   */
  constructor(counts: Int32Array, capacity: number) {
    this.counts = counts;
    const most = Math.min(MOST_GRANULES, capacity / PART);
    // Even, as half of the blocks move at a time; fewer than two are not worth keeping.
    this.capacities = GRANTED.map((size) => (size === 0 ? 0 : Math.min(MOST_BLOCKS, (most / size) & ~1)));
    // As a rule all classes are in use, and a table of its own would take most of the time that creating an arena does.
    this.classOf = this.capacities.lastIndexOf(0) > NONE ? CLASS_OF.map((sizeClass) => ((this.capacities[sizeClass] as number) === 0 ? NONE : sizeClass)) : CLASS_OF;
  }

  /** The class of blocks that serve `size` granules, or NONE. */
  classFor(size: number): number {
    return size <= LARGEST_GRANULES ? (this.classOf[size] as number) : NONE;
  }

  static grantedOf(sizeClass: number): number {
    return GRANTED[sizeClass] as number;
  }

  /** How many blocks to move between a magazine and what threads share at a time: half of what the magazine holds. */
  batchOf(sizeClass: number): number {
    return (this.capacities[sizeClass] as number) >> 1;
  }

  /** The block that came last, or NONE. */
  pop(sizeClass: number): number {
    const count = this.counts[sizeClass] as number;
    if (count === 0) return NONE;
    this.counts[sizeClass] = count - 1;
    return this.slots[sizeClass * MOST_BLOCKS + count - 1] as number;
  }

  /** @returns whether there was room */
  push(sizeClass: number, slot: number): boolean {
    const count = this.counts[sizeClass] as number;
    if (count === this.capacities[sizeClass]) return false;
    this.slots[sizeClass * MOST_BLOCKS + count] = slot;
    this.counts[sizeClass] = count + 1;
    return true;
  }

  /** The classes with blocks. */
  *loaded(): Generator<number> {
    for (let sizeClass = 1; sizeClass < CLASSES; sizeClass += 1) if ((this.counts[sizeClass] as number) > 0) yield sizeClass;
  }

  clear(): void {
    this.counts.fill(0);
  }

  /** Lets go of what is shared. */
  letGo(): void {
    this.counts = new Int32Array(CLASSES);
  }
}

/** How many blocks the magazines of a row have, by class. */
export const magazineCounts = ({ buffer }: Records, row: number): Int32Array => new Int32Array(buffer, 4 * (at.MAGAZINES_AT + row * at.MAGAZINE_WORDS), CLASSES);
