import { HELD_BLOCKS, HELD_GRANULES } from '../records/counters.js';
import type { Heap } from '../heap.js';

/** What is written behind each block of a 'paranoid' arena, and looked at when it is freed. */
export const CANARY_BYTES = 16;
const CANARY = 0xc5;
/** What fills new blocks, so that nobody relies on zeros. */
const FRESH = 0xcd;
/** What fills freed blocks as long as they are in quarantine. */
const FREED = 0xdd;
const MOST_BLOCKS = 1_024;
const MOST_BYTES = 2 ** 24;

interface Quarantined {
  readonly slot: number;
  readonly bytes: number;
}

/** Makes writes outside of blocks and after their end show: poison, canaries, and a quarantine before memory is used again. */
export class Poison {
  readonly #heap: Heap;
  readonly #onWritten: (offset: number, byteLength: number) => void;
  readonly #quarantine: Quarantined[] = [];
  #quarantinedBytes = 0;

  /** @param onWritten is told of a freed block that was written to while it was in quarantine */
  constructor(heap: Heap, onWritten: (offset: number, byteLength: number) => void) {
    this.#heap = heap;
    this.#onWritten = onWritten;
  }

  prepare(slot: number): void {
    const bytes = this.#bytesOf(slot);
    bytes.fill(FRESH, 0, -CANARY_BYTES).fill(CANARY, -CANARY_BYTES);
  }

  /** Whether nothing was written behind the block. */
  isIntact(slot: number): boolean {
    return this.#bytesOf(slot).subarray(-CANARY_BYTES).every((byte) => byte === CANARY);
  }

  /** Takes an ended block; lets go of those that have been here longest. */
  admit(slot: number): void {
    const bytes = this.#bytesOf(slot).fill(FREED).length;
    this.#quarantine.push({ slot, bytes });
    this.#count(slot, 1);
    this.#quarantinedBytes += bytes;
    while (this.#quarantine.length > MOST_BLOCKS || this.#quarantinedBytes > MOST_BYTES) this.#release();
  }

  /** @returns whether there was anything in quarantine */
  release(): boolean {
    const any = this.#quarantine.length > 0;
    while (this.#quarantine.length > 0) this.#release();
    return any;
  }

  /** After all blocks ended at once: what is in quarantine is free already. */
  clear(): void {
    this.#quarantine.length = this.#quarantinedBytes = 0;
  }

  #release(): void {
    const oldest = this.#quarantine.shift();
    if (oldest === undefined) return;
    this.#quarantinedBytes -= oldest.bytes;
    if (!this.#bytesOf(oldest.slot).every((byte) => byte === FREED)) this.#onWritten(this.#heap.records.offsetBytesOf(oldest.slot), oldest.bytes - CANARY_BYTES);
    this.#count(oldest.slot, -1);
    this.#heap.takeBack(oldest.slot);
  }

  #count(slot: number, by: number): void {
    this.#heap.count(HELD_BLOCKS, by);
    this.#heap.count(HELD_GRANULES, (by * this.#heap.records.grantedBytesOf(slot)) / 16);
  }

  /** With its canary. */
  #bytesOf(slot: number): Uint8Array {
    const { records, memory } = this.#heap;
    return new Uint8Array(memory, records.offsetBytesOf(slot), records.byteLengthOf(slot));
  }
}
