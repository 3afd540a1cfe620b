import type { NativeBinding } from './binding.js';
import { PAGE_BYTES } from './options.js';
import * as at from './records/layout.js';
import type { Records } from './records/records.js';

/**
 * Files that lie in blocks, page by page. Such a block is marked, so that whoever ends it for a thread that no longer can, as
 * a reset does and `reclaim`, takes the file away before others get its place: a file that got shorter would end them.
 */
export class MappedFiles {
  readonly #records: Records;
  readonly #native: NativeBinding | undefined;

  constructor(records: Records, native: NativeBinding | undefined) {
    this.#records = records;
    this.#native = native;
  }

  /** Whether files can be mapped here at all. */
  get areSupported(): boolean {
    return this.#native !== undefined;
  }

  /** @returns whether the system put the file into the block, all whole pages of it */
  map(memory: SharedArrayBuffer, slot: number, descriptor: number): boolean {
    const { words } = this.#records;
    // Marked before: whoever finds it marked and nothing there gives it fresh pages, which is no harm.
    Atomics.add(words, at.MAPPED_BLOCKS, 1);
    words[ownerOf(slot)] = (words[ownerOf(slot)] as number) | at.MAPPED;
    if (this.#native?.mapFile(wholeOf(memory), this.#records.offsetBytesOf(slot), this.#bytesOf(slot), descriptor) === true) return true;
    this.#unmark(slot);
    return false;
  }

  unmap(memory: SharedArrayBuffer, slot: number): void {
    this.#native?.unmapFile(wholeOf(memory), this.#records.offsetBytesOf(slot), this.#bytesOf(slot));
    this.#unmark(slot);
  }

  /** Takes away the files of blocks of these rows, of all by default. */
  unmapAll(memory: SharedArrayBuffer, rows?: readonly number[]): void {
    if (Atomics.load(this.#records.words, at.MAPPED_BLOCKS) === 0) return;
    this.#records.refresh();
    for (let slot = at.FIRST_SLOT; slot < this.#records.slotsEnd; slot += 1) {
      const owner = this.#records.get(slot, at.OWNER);
      if ((owner & at.MAPPED) !== 0 && (rows === undefined || rows.includes(owner & at.OWNER_MASK))) this.unmap(memory, slot);
    }
  }

  /** Behind the pages there may be a canary. */
  #bytesOf(slot: number): number {
    return Math.floor(this.#records.byteLengthOf(slot) / PAGE_BYTES) * PAGE_BYTES;
  }

  #unmark(slot: number): void {
    const { words } = this.#records;
    words[ownerOf(slot)] = (words[ownerOf(slot)] as number) & ~at.MAPPED;
    Atomics.sub(words, at.MAPPED_BLOCKS, 1);
  }
}

const ownerOf = (slot: number): number => (slot << at.RECORD_LOG2) + at.OWNER;
const wholeOf = (memory: SharedArrayBuffer): Uint8Array => new Uint8Array(memory, 0, memory.byteLength);
