import * as at from './layout.js';

const FIRST_CAPACITY = at.FIRST_SLOT + 1_024;
const RECORD_BYTES = 4 << at.RECORD_LOG2;

/** The shared records as this thread sees them. */
export class Records {
  buffer: SharedArrayBuffer;
  /** Of fixed length, made anew when the records grow: views that track a growing length are 15 times slower. */
  words: Int32Array<SharedArrayBuffer>;
  doubles: Float64Array<SharedArrayBuffer>;

  private constructor(buffer: SharedArrayBuffer) {
    this.buffer = buffer;
    this.words = new Int32Array(buffer, 0, buffer.byteLength / 4);
    this.doubles = new Float64Array(buffer, 0, at.FIRST_SLOT << (at.RECORD_LOG2 - 1));
  }

  /** Records for up to `mostBlocks` blocks. */
  static create(mostBlocks: number): Records {
    const most = Math.min(at.MOST_RECORDS, FIRST_CAPACITY + 2 * mostBlocks);
    const records = new Records(new SharedArrayBuffer(FIRST_CAPACITY * RECORD_BYTES, { maxByteLength: most * RECORD_BYTES }));
    const { words } = records;
    words[at.RECORD_COUNT] = at.FIRST_SLOT;
    words[at.RECORD_CAPACITY] = FIRST_CAPACITY;
    words[at.OWNER] = at.OWNER_MASK; // END is never free.
    Atomics.store(words, at.LAYOUT, at.LAYOUT_VERSION);
    return records;
  }

  /** Records that another thread created; `undefined` if they are none. */
  static attach(buffer: SharedArrayBuffer): Records | undefined {
    if (buffer.byteLength < FIRST_CAPACITY * RECORD_BYTES) return undefined;
    const records = new Records(buffer);
    return Atomics.load(records.words, at.LAYOUT) === at.LAYOUT_VERSION ? records : undefined;
  }

  get closed(): boolean {
    return this.words[at.CLOSED] === 1;
  }

  /** Makes sure that `count` more records can be taken, if the system lets it. @returns whether there are */
  reserve(count: number): boolean {
    const needed = (this.words[at.RECORD_COUNT] as number) + count;
    if (needed <= (this.words[at.RECORD_CAPACITY] as number)) return true;
    const bytes = Math.min(this.buffer.maxByteLength, Math.max(2 * this.buffer.byteLength, needed * RECORD_BYTES));
    try {
      this.buffer.grow(bytes);
    } catch {
      // Another thread was quicker and grew it more, or there is no memory: the length tells.
    }
    const capacity = this.buffer.byteLength / RECORD_BYTES;
    raise(this.words, at.RECORD_CAPACITY, capacity);
    this.refresh();
    return needed <= capacity;
  }

  /** Whether a block and what is cut off around it would find records. */
  get hasSpare(): boolean {
    return (this.words[at.RECORD_COUNT] as number) + 2 <= Atomics.load(this.words, at.RECORD_CAPACITY);
  }

  /** Sees records that other threads added. */
  refresh(): void {
    if (this.words.length * 4 < this.buffer.byteLength) this.words = new Int32Array(this.buffer, 0, this.buffer.byteLength / 4);
  }

  /** Lets go of the records: from here on they are those of a closed arena that has no blocks. */
  letGo(): void {
    this.buffer = new SharedArrayBuffer(64);
    this.words = new Int32Array(this.buffer);
    this.doubles = new Float64Array(this.buffer);
    this.words[at.CLOSED] = 1;
    this.words[at.EPOCH] = -1;
  }

  /** Whether `slot` is a record's number, of which this thread sees the words. */
  has(slot: number): boolean {
    return (slot >= at.FIRST_SLOT && slot < this.words.length >>> at.RECORD_LOG2) || this.#hasGrownTo(slot);
  }

  #hasGrownTo(slot: number): boolean {
    this.refresh();
    return slot >= at.FIRST_SLOT && slot < this.words.length >>> at.RECORD_LOG2;
  }

  get(slot: number, field: number): number {
    return this.words[(slot << at.RECORD_LOG2) + field] as number;
  }

  /** Bytes that `slot`'s block begins at. */
  offsetBytesOf(slot: number): number {
    return this.get(slot, at.OFFSET) * 16;
  }

  byteLengthOf(slot: number): number {
    return (this.get(slot, at.LENGTH) >>> 0) + 1;
  }

  grantedBytesOf(slot: number): number {
    return this.get(slot, at.SIZE) * 16;
  }

  stateOf(slot: number): number {
    return this.get(slot, at.STATE);
  }

  /** Slots of all records in turn. */
  get slotsEnd(): number {
    return this.words[at.RECORD_COUNT] as number;
  }
}

/** What STATE says of a live block of this generation. */
export const liveState = (generation: number): number => (generation << 2) | at.LIVE;
export const generationOf = (state: number): number => (state >>> 2) & at.GENERATION_MASK;
/** What STATE says once a block of this generation has ended. */
export const endedState = (generation: number): number => ((generation + 1) & at.GENERATION_MASK) << 2;

/** Makes a word at least `value`, whoever else does so too. */
export function raise(words: Int32Array, index: number, value: number): void {
  let known = Atomics.load(words, index);
  while (known < value) {
    const seen = Atomics.compareExchange(words, index, known, value);
    if (seen === known) return;
    known = seen;
  }
}
