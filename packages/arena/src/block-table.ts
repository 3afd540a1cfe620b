/**
 * What every thread may know of every block: its generation, place and length. It is shared and apart from the memory, so
 * that a token need only name an entry, and a token of a freed block is recognised in any thread.
 *
 * Only the owner writes. Others read entries they were sent a token of, and the sending orders the two; a stale reader
 * at worst misses that the block was freed a moment ago, as it would had it looked a moment earlier.
 */
const GENERATION = 0; // Odd while the block is live.
const OFFSET = 1; // In granules.
const LENGTH = 2; // In bytes, less one, so that 4 GiB fit.
const ORIGIN = 3; // The owner's note of where the block goes when it is freed.
const FIELDS_LOG2 = 2;
const ENTRY_BYTES = 16;

/** Entry 0 is no block's: it tells what this table is, and whether its arena is open. */
const LAYOUT = 0;
const CLOSED = 1;
/** "fog" and the version of this layout: a table of another version of this package is refused. */
const LAYOUT_VERSION = 0x66_6f_67_01;

const FIRST_ENTRIES = 256;
/** The most that Node 20 shares in one buffer. */
const MOST_BYTES = 2 ** 32;

export class BlockTable {
  readonly buffer: SharedArrayBuffer;
  /** Of fixed length, made anew when the table grows: views that track a growing length are 15 times slower. */
  #entries: Int32Array;

  private constructor(buffer: SharedArrayBuffer) {
    this.buffer = buffer;
    this.#entries = new Int32Array(buffer, 0, buffer.byteLength / 4);
  }

  /** A table for up to `mostBlocks` blocks. */
  static create(mostBlocks: number): BlockTable {
    const maxByteLength = Math.min(MOST_BYTES, Math.max(FIRST_ENTRIES, mostBlocks + 1) * ENTRY_BYTES);
    const table = new BlockTable(new SharedArrayBuffer(FIRST_ENTRIES * ENTRY_BYTES, { maxByteLength }));
    table.#entries[LAYOUT] = LAYOUT_VERSION;
    return table;
  }

  /** A table that another thread created; `undefined` if it is none. */
  static attach(buffer: SharedArrayBuffer): BlockTable | undefined {
    if (buffer.byteLength < FIRST_ENTRIES * ENTRY_BYTES) return undefined;
    const table = new BlockTable(buffer);
    return table.#entries[LAYOUT] === LAYOUT_VERSION ? table : undefined;
  }

  get closed(): boolean {
    return this.#entries[CLOSED] === 1;
  }

  isLive(slot: number, generation: number): boolean {
    return this.#get(slot, GENERATION) === generation;
  }

  /** As {@link isLive}, of numbers that nobody vouches for. */
  isLiveToken(slot: number, generation: number): boolean {
    if (slot < 1 || generation % 2 === 0) return false;
    // The owner may have added entries since this thread looked last.
    if (slot >= this.#capacity) this.#entries = new Int32Array(this.buffer, 0, this.buffer.byteLength / 4);
    return slot < this.#capacity && this.isLive(slot, generation);
  }

  offsetBytesOf(slot: number): number {
    return this.#get(slot, OFFSET) * 16;
  }

  byteLengthOf(slot: number): number {
    return (this.#get(slot, LENGTH) >>> 0) + 1;
  }

  originOf(slot: number): number {
    return this.#get(slot, ORIGIN);
  }

  /** Notes the place of a block that the allocator gave. */
  place(slot: number, offset: number, origin: number): void {
    if (slot >= this.#capacity) this.#growTo(slot);
    this.#set(slot, OFFSET, offset);
    this.#set(slot, ORIGIN, origin);
  }

  /** Makes a placed block live. @returns its generation */
  enliven(slot: number, byteLength: number): number {
    this.#set(slot, LENGTH, byteLength - 1);
    return this.#advance(slot);
  }

  /** Ends a block: from here on its tokens name nothing. */
  retire(slot: number): void {
    this.#advance(slot);
  }

  /** Ends all blocks. Takes time in proportion to the most blocks there ever were. */
  retireAll(): void {
    for (let slot = 1; slot < this.#capacity; slot += 1) if ((this.#get(slot, GENERATION) & 1) === 1) this.#advance(slot);
  }

  close(): void {
    this.retireAll();
    this.#entries[CLOSED] = 1;
  }

  get #capacity(): number {
    return this.#entries.length >> FIELDS_LOG2;
  }

  #growTo(slot: number): void {
    this.buffer.grow(Math.min(this.buffer.maxByteLength, Math.max(2 * this.buffer.byteLength, (slot + 1) * ENTRY_BYTES)));
    this.#entries = new Int32Array(this.buffer, 0, this.buffer.byteLength / 4);
  }

  /** Wraps after 2^31 uses of one slot; a token that old would be taken for a live one. */
  #advance(slot: number): number {
    const generation = (this.#get(slot, GENERATION) + 1) | 0;
    this.#set(slot, GENERATION, generation);
    return generation;
  }

  #get(slot: number, field: number): number {
    return this.#entries[(slot << FIELDS_LOG2) + field] as number;
  }

  #set(slot: number, field: number, value: number): void {
    this.#entries[(slot << FIELDS_LOG2) + field] = value;
  }
}
