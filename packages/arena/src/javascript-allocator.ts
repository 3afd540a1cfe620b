import { EXCHANGE_PAIRS, type Allocator, type Survey } from './allocator.js';
import { FIRST_LEVEL, SECOND_LEVEL, classFitting, classOf } from './size-class.js';

/** The fields of a record; 8 a record, so that none spans two cache lines. */
const OFFSET = 0;
const SIZE = 1;
const PREVIOUS = 2; // Neighbours in the region.
const NEXT = 3;
const PREVIOUS_FREE = 4; // Neighbours in the free list; of vacant records, NEXT_FREE alone.
const NEXT_FREE = 5;
const STATE = 6;
const FIELDS_LOG2 = 3;

const VACANT = 0;
const USED = 1;
const FREE = 2;
/** Record 0 is no block: it ends every list, and closes the ring of neighbours as one that is never free. */
const END = 0;

/**
 * TLSF, two-level segregated fit: M. Masmano et al., "TLSF: a new dynamic memory allocator for real-time systems", 2004.
 * `packages/arena/core/src/allocator.rs` explains it and is the same in Rust, down to the places it gives to blocks.
 *
 * Its records live apart from the memory, so that no user's overflow breaks them, and in one Int32Array: as objects they
 * would be the garbage collector's work, and a native twin called once a block is slower than this: `nx bench arena`.
 */
export class JavaScriptAllocator implements Allocator {
  readonly backend = 'javascript';
  readonly exchange: Int32Array = new Int32Array(2 * EXCHANGE_PAIRS);
  #records = new Int32Array(128 << FIELDS_LOG2);
  #recordCount = 1;
  /** First of the records in no use. */
  #vacant = END;
  readonly #heads = new Int32Array(FIRST_LEVEL * SECOND_LEVEL);
  /** Bit i is set while `#secondLevelMaps[i]` is not 0, whose bits tell which lists hold a block. */
  #firstLevelMap = 0;
  readonly #secondLevelMaps = new Int32Array(FIRST_LEVEL);
  #capacity = 0;
  #freeSize = 0;
  #freeBlocks = 0;

  constructor(capacity: number) {
    this.#set(END, STATE, USED);
    this.grow(capacity);
  }

  allocate(size: number, align: number, count: number): number {
    for (let done = 0; done < count; done += 1) {
      const block = this.#find(size, align);
      if (block === END) return done;
      this.#unlink(block);
      const front = padding(this.#get(block, OFFSET), align);
      if (front > 0) this.#splitFront(block, front);
      if (this.#get(block, SIZE) > size) this.#splitBack(block, size);
      this.#set(block, STATE, USED);
      this.exchange[2 * done] = block;
      this.exchange[2 * done + 1] = this.#get(block, OFFSET);
    }
    return count;
  }

  free(count: number): void {
    for (let index = 0; index < count; index += 1) {
      const block = this.exchange[index] ?? END;
      if (block <= END || block >= this.#recordCount || this.#get(block, STATE) !== USED) throw new Error(`slot ${block} is not in use`);
      this.#link(this.#coalesce(block));
    }
  }

  grow(capacity: number): void {
    const added = capacity - this.#capacity;
    if (added <= 0) return;
    const last = this.#get(END, PREVIOUS);
    const block = this.#take(this.#capacity, added, last, END);
    this.#capacity = capacity;
    this.#link(this.#coalesce(block));
  }

  reset(): void {
    const capacity = this.#capacity;
    this.#recordCount = 1;
    this.#vacant = END;
    this.#set(END, PREVIOUS, END);
    this.#heads.fill(END);
    this.#secondLevelMaps.fill(0);
    this.#firstLevelMap = 0;
    this.#capacity = this.#freeSize = this.#freeBlocks = 0;
    this.grow(capacity);
  }

  survey(): Survey {
    let largestSize = 0;
    if (this.#firstLevelMap !== 0) {
      const first = highestBit(this.#firstLevelMap);
      const list = first * SECOND_LEVEL + highestBit(this.#secondLevelMaps[first] as number);
      for (let block = this.#heads[list] as number; block !== END; block = this.#get(block, NEXT_FREE)) largestSize = Math.max(largestSize, this.#get(block, SIZE));
    }
    return { freeSize: this.#freeSize, freeBlocks: this.#freeBlocks, largestSize };
  }

  /** JavaScript has no way to give pages back. */
  purge(): number {
    return 0;
  }

  /** A free block that can hold `size` aligned to `align`, or END. */
  #find(size: number, align: number): number {
    if (size > this.#capacity) return END;
    const fitting = classFitting(size + align - 1);
    const list = this.#listFrom(fitting);
    if (list >= 0) return this.#heads[list] as number;
    // No list is sure to fit. Before more memory is taken, those that may fit are searched block by block.
    for (let list = this.#listFrom(classOf(size)); list >= 0; list = this.#listFrom(list + 1))
      for (let block = this.#heads[list] as number; block !== END; block = this.#get(block, NEXT_FREE))
        if (padding(this.#get(block, OFFSET), align) + size <= this.#get(block, SIZE)) return block;
    return END;
  }

  /** The first list from `sizeClass` on that holds a block, or -1. */
  #listFrom(sizeClass: number): number {
    let first = sizeClass >>> 5;
    if (first >= FIRST_LEVEL) return -1;
    let second = (this.#secondLevelMaps[first] as number) & (-1 << (sizeClass & 31));
    if (second === 0) {
      const larger = this.#firstLevelMap & (-2 << first);
      if (larger === 0) return -1;
      first = lowestBit(larger);
      second = this.#secondLevelMaps[first] as number;
    }
    return first * SECOND_LEVEL + lowestBit(second);
  }

  /** Cuts `front` granules off an unlinked block's beginning. Its predecessor is in use, or they would be one block. */
  #splitFront(block: number, front: number): void {
    const offset = this.#get(block, OFFSET);
    this.#link(this.#take(offset, front, this.#get(block, PREVIOUS), block));
    this.#set(block, OFFSET, offset + front);
    this.#set(block, SIZE, this.#get(block, SIZE) - front);
  }

  /** Cuts off what an unlinked block has beyond `size`. */
  #splitBack(block: number, size: number): void {
    const rest = this.#get(block, SIZE) - size;
    this.#set(block, SIZE, size);
    this.#link(this.#take(this.#get(block, OFFSET) + size, rest, block, this.#get(block, NEXT)));
  }

  /** Makes an unlinked block one with its free neighbours. @returns the block that holds them all */
  #coalesce(block: number): number {
    const next = this.#get(block, NEXT);
    if (this.#get(next, STATE) === FREE) {
      this.#unlink(next);
      this.#join(block, next);
    }
    const previous = this.#get(block, PREVIOUS);
    if (this.#get(previous, STATE) !== FREE) return block;
    this.#unlink(previous);
    this.#join(previous, block);
    return previous;
  }

  /** Adds unlinked `next` to unlinked `block` before it. */
  #join(block: number, next: number): void {
    const after = this.#get(next, NEXT);
    this.#set(block, SIZE, this.#get(block, SIZE) + this.#get(next, SIZE));
    this.#set(block, NEXT, after);
    this.#set(after, PREVIOUS, block);
    this.#set(next, STATE, VACANT);
    this.#set(next, NEXT_FREE, this.#vacant);
    this.#vacant = next;
  }

  /** Puts a block at the head of its free list: what was freed last is the likeliest to be cached still. */
  #link(block: number): void {
    const size = this.#get(block, SIZE);
    const list = classOf(size);
    const head = this.#heads[list] as number;
    this.#set(block, PREVIOUS_FREE, END);
    this.#set(block, NEXT_FREE, head);
    this.#set(block, STATE, FREE);
    if (head === END) {
      this.#firstLevelMap |= 1 << (list >>> 5);
      this.#secondLevelMaps[list >>> 5] = (this.#secondLevelMaps[list >>> 5] as number) | (1 << (list & 31));
    } else this.#set(head, PREVIOUS_FREE, block);
    this.#heads[list] = block;
    this.#freeSize += size;
    this.#freeBlocks += 1;
  }

  #unlink(block: number): void {
    const size = this.#get(block, SIZE);
    const list = classOf(size);
    const previous = this.#get(block, PREVIOUS_FREE);
    const next = this.#get(block, NEXT_FREE);
    if (next !== END) this.#set(next, PREVIOUS_FREE, previous);
    if (previous !== END) this.#set(previous, NEXT_FREE, next);
    else {
      this.#heads[list] = next;
      if (next === END) this.#clearBit(list);
    }
    this.#freeSize -= size;
    this.#freeBlocks -= 1;
  }

  #clearBit(list: number): void {
    const second = (this.#secondLevelMaps[list >>> 5] as number) & ~(1 << (list & 31));
    this.#secondLevelMaps[list >>> 5] = second;
    if (second === 0) this.#firstLevelMap &= ~(1 << (list >>> 5));
  }

  /** A record for a new block between two neighbours. */
  #take(offset: number, size: number, previous: number, next: number): number {
    let block = this.#vacant;
    if (block === END) block = this.#append();
    else this.#vacant = this.#get(block, NEXT_FREE);
    this.#set(block, OFFSET, offset);
    this.#set(block, SIZE, size);
    this.#set(block, PREVIOUS, previous);
    this.#set(block, NEXT, next);
    this.#set(previous, NEXT, block);
    this.#set(next, PREVIOUS, block);
    return block;
  }

  #append(): number {
    const block = this.#recordCount;
    if (block << FIELDS_LOG2 === this.#records.length) {
      const grown = new Int32Array(2 * this.#records.length);
      grown.set(this.#records);
      this.#records = grown;
    }
    this.#recordCount += 1;
    return block;
  }

  #get(block: number, field: number): number {
    return this.#records[(block << FIELDS_LOG2) + field] as number;
  }

  #set(block: number, field: number, value: number): void {
    this.#records[(block << FIELDS_LOG2) + field] = value;
  }
}

const padding = (offset: number, align: number): number => -offset & (align - 1);
const highestBit = (map: number): number => 31 - Math.clz32(map);
const lowestBit = (map: number): number => highestBit(map & -map);
