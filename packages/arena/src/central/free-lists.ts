import * as at from '../records/layout.js';
import type { Records } from '../records/records.js';
import { FIRST_LEVEL, SECOND_LEVEL, classFitting, classOf, EXACT_GRANULES } from './size-class.js';

/** Blocks of one list that a good fit looks at. */
const LOOKS = 16;

/**
 * TLSF, two-level segregated fit (M. Masmano et al., 2004), with immediate coalescing, over the shared records. The caller
 * holds the lock. `core/src/free_lists.rs` explains it and is the same in Rust, down to the places it gives to blocks.
 */
export class FreeLists {
  readonly #records: Records;
  readonly #looks: number;

  /** @param exhaustive whether a search looks at all blocks of a list: best fit */
  constructor(records: Records, exhaustive: boolean) {
    this.#records = records;
    this.#looks = exhaustive ? Infinity : LOOKS;
  }

  /** A block of `size` granules, in no list; END if no free block can hold it. @returns its slot */
  take(size: number, align: number): number {
    const block = this.#find(size, align);
    if (block === at.END) return at.END;
    this.#unlink(block);
    const front = padding(this.#get(block, at.OFFSET), align);
    if (front > 0) this.#splitFront(block, front);
    if (this.#get(block, at.SIZE) > size) this.#splitBack(block, size);
    return block;
  }

  /** Frees a block, making it one with free neighbours. */
  give(block: number): void {
    this.#link(this.#coalesce(block));
  }

  /** Adds the granules up to `capacity`. */
  grow(capacity: number): void {
    const { words } = this.#records;
    const known = words[at.CAPACITY] as number;
    if (capacity <= known) return;
    const block = this.#insert(known, capacity - known, this.#get(at.END, at.PREVIOUS), at.END);
    words[at.CAPACITY] = capacity;
    this.give(block);
  }

  /** Forgets all blocks, not how large the region is: whoever ends in the middle leaves that to who mends it. */
  #clear(): void {
    const { words } = this.#records;
    words.fill(0, at.SECOND_LEVEL_MAPS, at.SECOND_LEVEL_MAPS + FIRST_LEVEL);
    words.fill(at.END, at.HEADS, at.HEADS + FIRST_LEVEL * SECOND_LEVEL);
    words[at.FIRST_LEVEL_MAP] = words[at.FREE_SIZE] = words[at.FREE_BLOCKS] = 0;
    words[at.FIRST_VACANT] = at.END;
    this.#set(at.END, at.PREVIOUS, at.END);
    this.#set(at.END, at.NEXT, at.END);
  }

  /**
   * Rebuilds lists and neighbours from the blocks handed out, which the records tell reliably even if a thread was ended in
   * the middle of an update: a record's owner is written last when it is handed out, and first when it is taken back.
   */
  rebuild(): void {
    const { words } = this.#records;
    const capacity = words[at.CAPACITY] as number;
    const used: number[] = [];
    const vacant: number[] = [];
    for (let slot = at.FIRST_SLOT; slot < this.#records.slotsEnd; slot += 1) ((this.#get(slot, at.OWNER) & at.OWNER_MASK) > at.FREE ? used : vacant).push(slot);
    used.sort((a, b) => this.#get(a, at.OFFSET) - this.#get(b, at.OFFSET));
    this.#clear();
    for (const slot of vacant.toReversed()) this.#leave(slot);
    words[at.USED_BLOCKS] = used.length;
    let end = 0;
    const gap = (to: number): void => {
      if (to > end) this.#link(this.#insert(end, to - end, this.#get(at.END, at.PREVIOUS), at.END));
    };
    for (const slot of used) {
      gap(this.#get(slot, at.OFFSET));
      this.#place(slot, this.#get(at.END, at.PREVIOUS), at.END);
      end = this.#get(slot, at.OFFSET) + this.#get(slot, at.SIZE);
    }
    gap(capacity);
  }

  largestSize(): number {
    const { words } = this.#records;
    const first = highestBit(words[at.FIRST_LEVEL_MAP] as number);
    if (first < 0) return 0;
    let largest = 0;
    const list = first * SECOND_LEVEL + highestBit(words[at.SECOND_LEVEL_MAPS + first] as number);
    for (let block = this.#head(list); block !== at.END; block = this.#get(block, at.LINK)) largest = Math.max(largest, this.#get(block, at.SIZE));
    return largest;
  }

  /** A free block that can hold `size` aligned to `align`, or END. */
  #find(size: number, align: number): number {
    if (size > (this.#records.words[at.CAPACITY] as number)) return at.END;
    const near = classOf(size);
    // Below, the blocks of a class are of one size, and whichever is first is the best.
    if (size >= EXACT_GRANULES || align > 1 || this.#looks === Infinity) {
      const block = this.#bestOf(near, size, align, this.#looks);
      if (block !== at.END) return block;
    }
    const list = this.#listFrom(this.#looks === Infinity ? near + 1 : classFitting(size + align - 1));
    const block = list < 0 ? at.END : this.#bestOf(list, size, align, this.#looks);
    if (block !== at.END) return block;
    // No list is sure to fit. Before more memory is taken, those that may fit are searched block by block.
    for (let list = this.#listFrom(near); list >= 0; list = this.#listFrom(list + 1)) {
      const block = this.#bestOf(list, size, align, Infinity);
      if (block !== at.END) return block;
    }
    return at.END;
  }

  /** Of the first `looks` blocks of a list the smallest that can hold the request, or END. */
  #bestOf(list: number, size: number, align: number, looks: number): number {
    let best: number = at.END;
    let bestSize = Infinity;
    for (let block = this.#head(list), looked = 0; block !== at.END && looked < looks; block = this.#get(block, at.LINK), looked += 1) {
      const blockSize = this.#get(block, at.SIZE);
      if (blockSize >= bestSize || padding(this.#get(block, at.OFFSET), align) + size > blockSize) continue;
      best = block;
      bestSize = blockSize;
      if (blockSize === size) break;
    }
    return best;
  }

  /** The first list from `sizeClass` on that holds a block, or -1. */
  #listFrom(sizeClass: number): number {
    const { words } = this.#records;
    let first = sizeClass >>> 5;
    if (first >= FIRST_LEVEL) return -1;
    let second = (words[at.SECOND_LEVEL_MAPS + first] as number) & (-1 << (sizeClass & 31));
    if (second === 0) {
      const larger = (words[at.FIRST_LEVEL_MAP] as number) & (-2 << first);
      if (larger === 0) return -1;
      first = lowestBit(larger);
      second = words[at.SECOND_LEVEL_MAPS + first] as number;
    }
    return first * SECOND_LEVEL + lowestBit(second);
  }

  /** Cuts `front` granules off an unlinked block's beginning. Its predecessor is in use, or they would be one block. */
  #splitFront(block: number, front: number): void {
    const offset = this.#get(block, at.OFFSET);
    this.#link(this.#insert(offset, front, this.#get(block, at.PREVIOUS), block));
    this.#set(block, at.OFFSET, offset + front);
    this.#set(block, at.SIZE, this.#get(block, at.SIZE) - front);
  }

  /** Cuts off what an unlinked block has beyond `size`. */
  #splitBack(block: number, size: number): void {
    const rest = this.#get(block, at.SIZE) - size;
    this.#set(block, at.SIZE, size);
    this.#link(this.#insert(this.#get(block, at.OFFSET) + size, rest, block, this.#get(block, at.NEXT)));
  }

  /** Makes an unlinked block one with its free neighbours. @returns the block that holds them all */
  #coalesce(block: number): number {
    const next = this.#get(block, at.NEXT);
    if (this.#get(next, at.OWNER) === at.FREE) {
      this.#unlink(next);
      this.#join(block, next);
    }
    const previous = this.#get(block, at.PREVIOUS);
    if (this.#get(previous, at.OWNER) !== at.FREE) return block;
    this.#unlink(previous);
    this.#join(previous, block);
    return previous;
  }

  /** Adds unlinked `next` to unlinked `block` before it. */
  #join(block: number, next: number): void {
    const after = this.#get(next, at.NEXT);
    this.#set(block, at.SIZE, this.#get(block, at.SIZE) + this.#get(next, at.SIZE));
    this.#set(block, at.NEXT, after);
    this.#set(after, at.PREVIOUS, block);
    this.#leave(next);
  }

  /** Puts a block at the head of its free list: what was freed last is the likeliest to be cached still. */
  #link(block: number): void {
    const { words } = this.#records;
    const size = this.#get(block, at.SIZE);
    const list = classOf(size);
    const head = this.#head(list);
    this.#set(block, at.PREVIOUS_FREE, at.END);
    this.#set(block, at.LINK, head);
    this.#set(block, at.OWNER, at.FREE);
    if (head === at.END) {
      words[at.FIRST_LEVEL_MAP] = (words[at.FIRST_LEVEL_MAP] as number) | (1 << (list >>> 5));
      words[at.SECOND_LEVEL_MAPS + (list >>> 5)] = (words[at.SECOND_LEVEL_MAPS + (list >>> 5)] as number) | (1 << (list & 31));
    } else this.#set(head, at.PREVIOUS_FREE, block);
    words[at.HEADS + list] = block;
    words[at.FREE_SIZE] = (words[at.FREE_SIZE] as number) + size;
    words[at.FREE_BLOCKS] = (words[at.FREE_BLOCKS] as number) + 1;
  }

  #unlink(block: number): void {
    const { words } = this.#records;
    const size = this.#get(block, at.SIZE);
    const list = classOf(size);
    const previous = this.#get(block, at.PREVIOUS_FREE);
    const next = this.#get(block, at.LINK);
    if (next !== at.END) this.#set(next, at.PREVIOUS_FREE, previous);
    if (previous !== at.END) this.#set(previous, at.LINK, next);
    else {
      words[at.HEADS + list] = next;
      if (next === at.END) this.#clearBit(list);
    }
    this.#set(block, at.OWNER, at.VACANT);
    words[at.FREE_SIZE] = (words[at.FREE_SIZE] as number) - size;
    words[at.FREE_BLOCKS] = (words[at.FREE_BLOCKS] as number) - 1;
  }

  #clearBit(list: number): void {
    const { words } = this.#records;
    const second = (words[at.SECOND_LEVEL_MAPS + (list >>> 5)] as number) & ~(1 << (list & 31));
    words[at.SECOND_LEVEL_MAPS + (list >>> 5)] = second;
    if (second === 0) words[at.FIRST_LEVEL_MAP] = (words[at.FIRST_LEVEL_MAP] as number) & ~(1 << (list >>> 5));
  }

  /** A record for a new block between two neighbours; its generation goes on from the last block that had it. */
  #insert(offset: number, size: number, previous: number, next: number): number {
    const { words } = this.#records;
    let block = words[at.FIRST_VACANT] as number;
    if (block === at.END) {
      block = words[at.RECORD_COUNT] as number;
      words[at.RECORD_COUNT] = block + 1;
    } else words[at.FIRST_VACANT] = this.#get(block, at.LINK);
    this.#set(block, at.OFFSET, offset);
    this.#set(block, at.SIZE, size);
    this.#place(block, previous, next);
    return block;
  }

  #place(block: number, previous: number, next: number): void {
    this.#set(block, at.PREVIOUS, previous);
    this.#set(block, at.NEXT, next);
    this.#set(previous, at.NEXT, block);
    this.#set(next, at.PREVIOUS, block);
  }

  /** Makes a record one of no block. */
  #leave(block: number): void {
    const { words } = this.#records;
    this.#set(block, at.OWNER, at.VACANT);
    this.#set(block, at.LINK, words[at.FIRST_VACANT] as number);
    words[at.FIRST_VACANT] = block;
  }

  #head(list: number): number {
    return this.#records.words[at.HEADS + list] as number;
  }

  #get(block: number, field: number): number {
    return this.#records.words[(block << at.RECORD_LOG2) + field] as number;
  }

  #set(block: number, field: number, value: number): void {
    this.#records.words[(block << at.RECORD_LOG2) + field] = value;
  }
}

const padding = (offset: number, align: number): number => -offset & (align - 1);
/** -1 of no bit. */
const highestBit = (map: number): number => 31 - Math.clz32(map);
const lowestBit = (map: number): number => highestBit(map & -map);
