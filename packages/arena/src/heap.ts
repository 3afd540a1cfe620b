import { EXCHANGE_SLOTS, type Backend, type Central, type Reclaimed, type Survey } from './central/central.js';
import { ALLOCATED_BYTES, ALLOCATIONS, Counters, countersOf, FREED_BYTES, GROWS, HELD_BLOCKS, HELD_GRANULES, PURGED_BYTES } from './records/counters.js';
import { Depot } from './cache/depot.js';
import * as at from './records/layout.js';
import { grow } from './growth.js';
import { LargeBlocks } from './cache/large-blocks.js';
import { CLASSES, LARGEST_GRANULES, magazineCounts, Magazines, MOST_BLOCKS, NONE } from './cache/magazines.js';
import type { MappedFiles } from './mapped-files.js';
import { leave, reclaimEnded } from './reclaim.js';
import { endedState, liveState, type Records } from './records/records.js';
import { GRANULE_BYTES } from './central/size-class.js';
import { rowBase, rowsInUse } from './records/threads.js';

const LARGEST_BYTES: number = LARGEST_GRANULES * GRANULE_BYTES;

/**
 * Copies of the numbers that the paths of every `alloc` and `free` use: V8 reads an imported name at each use, and knows
 * nothing of its value, which here makes a third of the time.
 */
const { RECORD_LOG2, STATE, OWNER, LENGTH, LIVE, CLASS_SHIFT, CLASS_MASK, GENERATION_MASK, NOTICES, WAITING, ROWS } = at;
const ONE_ROW = at.FIRST_ROW + 1;
const NO_BLOCK = NONE;
const CLASS_SLOTS = MOST_BLOCKS;
/** For where not even a getter may come between, which imported names are in CommonJS: see {@link Heap.take}. */
const [ALLOCATIONS_AT, ALLOCATED_AT, FREED_AT] = [ALLOCATIONS, ALLOCATED_BYTES, FREED_BYTES];

/** What a heap tells its arena, from its slow paths. */
export interface HeapEvents {
  readonly onGrown: (fromBytes: number, toBytes: number) => void;
  /** Blocks came from what threads share or went there, or a large one is kept: from here on there may be something to purge. */
  readonly onMoved: () => void;
  /** Somebody found too little memory, or waits for it. */
  readonly onShortage: () => void;
  /** Another thread ended all blocks. */
  readonly onReset: () => void;
  /** What to throw once the arena is closed, here or for all. */
  readonly whenClosed: () => Error;
}

/**
 * One thread's way to blocks: its magazines, else the depot, else what all threads share, else all of that with everything
 * cached given back, else a larger region; and the way back. Knows slots; what a block's user sees is `block.ts`.
 */
export class Heap {
  #memory: SharedArrayBuffer;
  readonly records: Records;
  readonly row: number;
  /** Why the system refused to grow the region, if it did so last. */
  growFailure: unknown = undefined;
  readonly #central: Central;
  readonly #magazines: Magazines;
  readonly #large: LargeBlocks;
  readonly #depot: Depot;
  readonly #files: MappedFiles;
  readonly counters: Counters;
  /** Where this thread's begin. */
  readonly #counters: number;
  readonly #events: HeapEvents;
  #notices: number;
  #epoch: number;
  #peakBytes = 0;
  readonly #canaryBytes: number;
  #left = false;

  /** @param canaryBytes how many of each block's bytes its user does not know of, and no figure counts */
  constructor(memory: SharedArrayBuffer, records: Records, row: number, central: Central, files: MappedFiles, canaryBytes: number, events: HeapEvents) {
    this.#memory = memory;
    this.records = records;
    this.row = row;
    this.#central = central;
    this.#magazines = new Magazines(magazineCounts(records, row), memory.maxByteLength / GRANULE_BYTES);
    this.#magazines.clear();
    this.#depot = new Depot(records, row);
    this.#files = files;
    this.counters = new Counters(records, row);
    this.#large = new LargeBlocks(records, this.counters, memory.maxByteLength / GRANULE_BYTES);
    this.#counters = countersOf(row);
    this.#canaryBytes = canaryBytes;
    this.#events = events;
    this.#notices = Atomics.load(records.words, at.NOTICES);
    this.#epoch = Atomics.load(records.words, at.EPOCH);
  }

  get memory(): SharedArrayBuffer {
    return this.#memory;
  }

  get backend(): Backend {
    return this.#central.backend;
  }

  /**
   * A live block from a magazine, the usual case. Written in one piece, as calls that the compiler does not inline would take
   * most of the time: `nx bench arena --only=handles`.
   * @returns its slot; NONE for {@link take} to look into: of no number of bytes, of too many, with no block of the size at hand
   */
  takeCached(bytes: number): number {
    const { words, doubles } = this.records;
    if (!Number.isInteger(bytes) || bytes <= 0 || bytes > LARGEST_BYTES || words[NOTICES] !== this.#notices) return NO_BLOCK;
    const { counts, slots, classOf } = this.#magazines;
    const sizeClass = classOf[(bytes + 15) >> 4] as number;
    const count = (counts[sizeClass] as number) - 1;
    if (count < 0) return NO_BLOCK;
    counts[sizeClass] = count;
    const slot = slots[sizeClass * CLASS_SLOTS + count] as number;
    const base = slot << RECORD_LOG2;
    words[base + LENGTH] = bytes - 1;
    words[base + STATE] = (words[base + STATE] as number) | LIVE;
    const counters = this.#counters;
    doubles[counters] = (doubles[counters] as number) + 1; // ALLOCATIONS
    const allocated = (doubles[counters + 1] as number) + bytes; // ALLOCATED_BYTES
    doubles[counters + 1] = allocated;
    if (allocated - (doubles[counters + 2] as number) > this.#peakBytes) this.#seePeak();
    return slot;
  }

  /** A live block of `bytes` bytes, an integer ≥ 1, at a multiple of `align` granules. @returns its slot, or NONE */
  take(bytes: number, align: number): number {
    if (this.records.words[at.NOTICES] !== this.#notices) this.#notice();
    const size = Math.ceil(bytes / GRANULE_BYTES);
    // A magazine's blocks lie anywhere, so only the usual alignment can be served from it.
    const sizeClass = align === 1 ? this.#magazines.classFor(size) : NONE;
    let slot = size > LARGEST_GRANULES ? this.#large.take(size, align) : sizeClass === NONE ? NONE : this.#magazines.pop(sizeClass);
    if (slot === NONE && (slot = this.#refill(size, align, sizeClass)) === NONE) return NONE;
    const { words, doubles } = this.records;
    const base = slot << RECORD_LOG2;
    const counters = this.#counters;
    words[base + LENGTH] = bytes - 1;
    // From here on without a call: at one the thread may be terminated, and the block would be live and not counted.
    words[base + STATE] = (words[base + STATE] as number) | LIVE;
    doubles[counters + ALLOCATIONS_AT] = (doubles[counters + ALLOCATIONS_AT] as number) + 1;
    doubles[counters + ALLOCATED_AT] = (doubles[counters + ALLOCATED_AT] as number) + bytes - this.#canaryBytes;
    this.#seePeak();
    return slot;
  }

  /** Ends a live block of this generation and takes its memory back; in one piece as {@link takeCached}. @returns whether there was one */
  give(slot: number, generation: number): boolean {
    const { words, doubles } = this.records;
    if (words[NOTICES] !== this.#notices) this.#notice();
    const base = slot << RECORD_LOG2;
    const live = (generation << 2) | LIVE;
    const ended = ((generation + 1) & GENERATION_MASK) << 2;
    // With one thread nobody can come between, and an atomic exchange takes as long as half of the rest.
    if (words[ROWS] === ONE_ROW) {
      if (words[base + STATE] !== live) return false;
      words[base + STATE] = ended;
    } else if (Atomics.compareExchange(words, base + STATE, live, ended) !== live) return false;
    const sizeClass = ((words[base + OWNER] as number) >> CLASS_SHIFT) & CLASS_MASK;
    words[base + OWNER] = (sizeClass << CLASS_SHIFT) | this.row;
    const freed = this.#counters + 2; // FREED_BYTES
    doubles[freed] = (doubles[freed] as number) + ((words[base + LENGTH] as number) >>> 0) + 1;
    const { counts, slots, capacities } = this.#magazines;
    const count = counts[sizeClass] as number;
    if (count < (capacities[sizeClass] as number) && words[WAITING] === 0) {
      slots[sizeClass * CLASS_SLOTS + count] = slot;
      counts[sizeClass] = count + 1;
    } else this.takeBack(slot);
    return true;
  }

  /** As {@link give}, without finding out whether another thread, or this one, freed the block before. */
  giveUnchecked(slot: number, generation: number): void {
    this.#end(slot, this.records.stateOf(slot), generation);
    this.takeBack(slot);
  }

  /** Ends a live block and keeps its memory apart until {@link takeBack}. @returns whether there was one */
  end(slot: number, generation: number): boolean {
    return this.#end(slot, liveState(generation), generation);
  }

  /** Ends a block whose STATE is `state`, makes it one that this thread has cached, and counts it. @returns whether it was that */
  #end(slot: number, state: number, generation: number): boolean {
    const { words, doubles } = this.records;
    if (words[at.NOTICES] !== this.#notices) this.#notice();
    const base = slot << RECORD_LOG2;
    const ended = endedState(generation);
    const freed = this.#counters + FREED_AT;
    // From here on without a call, as in `take`.
    if (Atomics.compareExchange(words, base + STATE, state, ended) !== state) return false;
    words[base + OWNER] = ((words[base + OWNER] as number) & (CLASS_MASK << CLASS_SHIFT)) | this.row;
    doubles[freed] = (doubles[freed] as number) + ((words[base + LENGTH] as number) >>> 0) + 1 - this.#canaryBytes;
    return true;
  }

  /** Takes back the memory of a block that this thread ended. */
  takeBack(slot: number): void {
    const { records } = this;
    const sizeClass = (records.get(slot, at.OWNER) >> at.CLASS_SHIFT) & at.CLASS_MASK;
    const isLarge = records.get(slot, at.SIZE) > LARGEST_GRANULES;
    if (records.words[at.WAITING] !== 0 || (sizeClass === NONE && !isLarge)) {
      this.#central.exchange[0] = slot;
      this.#freeCentrally(1);
    } else if (isLarge) {
      const leaving = this.#large.put(slot, this.#central.exchange);
      if (leaving > 0) this.#freeCentrally(leaving);
      else this.#events.onMoved();
    } else if (!this.#magazines.push(sizeClass, slot)) {
      this.#unload(sizeClass, this.#magazines.batchOf(sizeClass));
      this.#magazines.push(sizeClass, slot);
    }
  }

  /** Gives a live block another length, which its memory has room for, and another generation. @returns whether it was live */
  resize(slot: number, generation: number, bytes: number): boolean {
    const { words, doubles } = this.records;
    const base = slot << RECORD_LOG2;
    const live = liveState(generation);
    const next = liveState((generation + 1) & GENERATION_MASK);
    const more = bytes - this.records.byteLengthOf(slot);
    const counter = this.#counters + (more > 0 ? ALLOCATED_AT : FREED_AT);
    const counted = more > 0 ? more : -more;
    // From here on without a call, as in `take`.
    if (Atomics.compareExchange(words, base + STATE, live, next) !== live) return false;
    words[base + LENGTH] = bytes - 1;
    doubles[counter] = (doubles[counter] as number) + counted;
    this.#seePeak();
    return true;
  }

  /** Gives all that this thread has cached to what threads share, and empties the depot. @returns whether there was anything */
  flush(): boolean {
    const large = this.#large.drain(this.#central.exchange);
    if (large > 0) this.#freeCentrally(large);
    let any = large > 0;
    for (const sizeClass of this.#magazines.loaded()) {
      while (this.#unload(sizeClass, EXCHANGE_SLOTS) > 0);
      any = true;
    }
    if (this.#isAlone) return any; // Nothing was ever left in the depot.
    for (let count = this.#depot.drain(this.#central.exchange); count > 0; count = this.#depot.drain(this.#central.exchange)) {
      this.#freeCentrally(count);
      any = true;
    }
    return any;
  }

  /** Read plainly: a reset needs the other threads to be quiet. */
  get endings(): number {
    return this.records.words[at.EPOCH] as number;
  }

  reset(): void {
    const { records } = this;
    this.#files.unmapAll(this.memory);
    this.#central.reset();
    this.#notices = Atomics.load(records.words, at.NOTICES);
    this.#epoch = Atomics.load(records.words, at.EPOCH);
    this.#magazines.clear();
    this.#large.clear();
    // Others forget theirs at their next operation; the figures are to be right before.
    for (const row of rowsInUse(records)) magazineCounts(records, row).fill(0);
    this.counters.noteReset();
    this.#peakBytes = 0;
  }

  /** Sees what other threads told all since the last operation here. */
  catchUp(): void {
    const { words } = this.records;
    if (words[at.NOTICES] === this.#notices) return;
    this.#notices = Atomics.load(words, at.NOTICES);
    const epoch = Atomics.load(words, at.EPOCH);
    if (epoch === this.#epoch) {
      this.#events.onShortage();
      this.flush();
      return;
    }
    this.#epoch = epoch;
    this.#magazines.clear();
    this.#large.clear();
    this.#peakBytes = 0;
    this.#events.onReset();
  }

  purge(): number {
    this.catchUp();
    this.flush();
    return this.purgeFree();
  }

  /** As {@link purge}, where nothing is cached. */
  purgeFree(): number {
    const purgedBytes = this.#central.purge(this.memory);
    this.count(PURGED_BYTES, purgedBytes);
    return purgedBytes;
  }

  survey(): Survey {
    return this.#central.survey();
  }

  /** Frees what threads that ended had cached, and what they had live and told nobody of. @returns bytes that were live */
  reclaim(): number {
    return this.#countReclaimed(reclaimEnded(this.records, this.#central, this.row, (rows) => this.#files.unmapAll(this.memory, rows)));
  }

  /** Leaves the arena to the other threads, with what they may know of. */
  leave(): void {
    this.catchUp();
    this.flush();
    this.#countReclaimed(leave(this.records, this.#central, this.row));
  }

  /** Lets go of the memory; whatever is asked for from here on throws. */
  letGo(): void {
    this.#left = true;
    this.#notices = Number.NaN;
    this.#memory = new SharedArrayBuffer(0);
    this.#magazines.letGo();
    this.#central.letGo();
    this.records.letGo();
  }

  /** Puts a file into a block. @returns whether the system did */
  mapFile(slot: number, descriptor: number): boolean {
    return this.#files.map(this.memory, slot, descriptor);
  }

  unmapFile(slot: number): void {
    this.#files.unmap(this.memory, slot);
  }

  /** Says that somebody waits for memory, or does so no longer: while somebody does, what is freed goes to what threads share. */
  announceWaiting(by: number): void {
    Atomics.add(this.records.words, at.WAITING, by);
    Atomics.add(this.records.words, rowBase(this.row) + at.ROW_WAITING, by);
    if (by > 0) this.#noticeShortage();
  }

  count(counter: number, by: number): void {
    this.counters.add(counter, by);
  }

  /** What all threads have cached, and what lies in the depot or in quarantine. */
  cached(): { readonly blocks: number; readonly granules: number } {
    const { records } = this;
    let [blocks, granules] = [this.counters.sum(HELD_BLOCKS), this.counters.sum(HELD_GRANULES)];
    const add = (sizeClass: number, count: number): void => {
      blocks += count;
      granules += count * Magazines.grantedOf(sizeClass);
    };
    for (const row of rowsInUse(records)) magazineCounts(records, row).forEach((count, sizeClass) => add(sizeClass, count));
    for (let sizeClass = 1; sizeClass < CLASSES; sizeClass += 1) add(sizeClass, this.#depot.batches(sizeClass) * this.#magazines.batchOf(sizeClass));
    return { blocks, granules };
  }

  #countReclaimed({ liveBlocks, liveBytes }: Reclaimed): number {
    const freedBytes = liveBytes - liveBlocks * this.#canaryBytes;
    this.count(FREED_BYTES, freedBytes);
    return freedBytes;
  }

  get #isAlone(): boolean {
    return this.records.words[at.ROWS] === at.FIRST_ROW + 1;
  }

  /** Tells all threads to give back what they cache. */
  #noticeShortage(): void {
    this.#notices = Atomics.add(this.records.words, at.NOTICES, 1) + 1;
  }

  #notice(): void {
    if (this.#left || this.records.closed) throw this.#events.whenClosed();
    this.catchUp();
  }

  /**
   * With one thread the high-water mark is exact. With several it is what was seen when one of them had used up its share of
   * what the arena was below the mark, so that a thread that allocates what others free does not count up all at each block.
   */
  #seePeak(): void {
    const { words, doubles } = this.records;
    const mine = (doubles[this.#counters + ALLOCATED_BYTES] as number) - (doubles[this.#counters + FREED_BYTES] as number);
    if (mine <= this.#peakBytes) return;
    const all = this.#isAlone ? mine : this.counters.liveBytes;
    const peak = Math.max(doubles[at.PEAK_BYTES >> 1] as number, all);
    doubles[at.PEAK_BYTES >> 1] = peak;
    this.#peakBytes = mine + (peak - all) / ((words[ROWS] as number) - at.FIRST_ROW);
  }

  /** A batch of blocks: one is given, the others go into the magazine. @returns a slot or NONE */
  #refill(size: number, align: number, sizeClass: number): number {
    if (sizeClass === NONE) return this.#allocate(size, align, 1, NONE);
    if (!this.#isAlone) {
      const count = this.#depot.take(sizeClass, this.#central.exchange);
      if (count > 0) return this.#load(sizeClass, count);
    }
    const granted = Magazines.grantedOf(sizeClass);
    const slot = this.#allocate(granted, 1, this.#magazines.batchOf(sizeClass), sizeClass);
    // A block of the class may be more than there is where one of the very size still fits.
    return slot === NONE && granted > size ? this.#allocate(size, 1, 1, NONE) : slot;
  }

  #allocate(size: number, align: number, count: number, sizeClass: number): number {
    const owner = this.row | (sizeClass << at.CLASS_SHIFT);
    let placed = this.#place(size, align, count, owner);
    if (placed === 0 && this.flush()) placed = this.#place(size, align, count, owner);
    // Again and again, as other threads may take what was added.
    while (placed === 0 && this.#grow(size, align)) placed = this.#place(size, align, count, owner);
    if (placed === 0 && !this.#isAlone) {
      this.reclaim();
      placed = this.#place(size, align, count, owner);
      if (placed === 0) this.#noticeShortage();
    }
    return placed === 0 ? NONE : this.#load(sizeClass, placed);
  }

  /** Takes blocks where there are records for them. */
  #place(size: number, align: number, count: number, owner: number): number {
    // Each block may need a record for what is cut off before it and behind it.
    this.records.reserve(count + 2);
    const placed = this.#central.allocate(size, align, count, owner);
    // Other threads may have been quicker to the records that were reserved.
    return placed === 0 && !this.records.hasSpare && this.records.reserve(count + 2) ? this.#place(size, align, count, owner) : placed;
  }

  /** Puts all but the first slot of the exchange into the magazine. @returns the first, with the lowest offset as a rule */
  #load(sizeClass: number, count: number): number {
    const { exchange } = this.#central;
    for (let index = count - 1; index > 0; index -= 1) this.#magazines.push(sizeClass, exchange[index] as number);
    const slot = exchange[0] as number;
    this.records.refresh();
    this.#events.onMoved();
    return slot;
  }

  #unload(sizeClass: number, most: number): number {
    const { exchange } = this.#central;
    let count = 0;
    for (; count < most; count += 1) {
      const slot = this.#magazines.pop(sizeClass);
      if (slot === NONE) break;
      exchange[count] = slot;
    }
    const goesRound = !this.#isAlone && count === this.#magazines.batchOf(sizeClass) && this.#depot.put(sizeClass, exchange, count);
    if (count > 0 && !goesRound) this.#freeCentrally(count);
    return count;
  }

  #freeCentrally(count: number): void {
    this.#central.free(count);
    this.#events.onMoved();
  }

  /** @returns whether the region is longer now */
  #grow(size: number, align: number): boolean {
    const fromBytes = this.memory.byteLength;
    const growth = grow(this.memory, this.records, this.#central, size, align);
    this.growFailure = typeof growth === 'object' ? growth.refused : undefined;
    if (growth === 'grown') {
      this.count(GROWS, 1);
      this.#events.onGrown(fromBytes, this.memory.byteLength);
    }
    return growth === 'grown' || growth === 'grown elsewhere';
  }
}
