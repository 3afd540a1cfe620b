import { EXCHANGE_SLOTS, type Central, type Lost, type Reclaimed, type Survey } from './central.js';
import type { FreeLists } from './free-lists.js';
import * as at from '../records/layout.js';
import type { Lock } from './lock.js';
import { endedState, generationOf, type Records } from '../records/records.js';

/** Each call may need two records more than blocks: what is cut off before and behind. */
const SPARE_RECORDS = 2;

/** The central allocator in JavaScript. What it was doing when its thread was terminated, the next to lock mends. */
export class JavaScriptCentral implements Central {
  readonly backend = 'javascript';
  readonly exchange: Int32Array = new Int32Array(EXCHANGE_SLOTS);
  readonly #records: Records;
  readonly #lists: FreeLists;
  readonly #lock: Lock;

  constructor(records: Records, lists: FreeLists, lock: Lock) {
    this.#records = records;
    this.#lists = lists;
    this.#lock = lock;
  }

  allocate(size: number, align: number, count: number, owner: number): number {
    return this.#locked(() => {
      const { words } = this.#records;
      for (let done = 0; done < count; done += 1) {
        if ((words[at.RECORD_COUNT] as number) + SPARE_RECORDS > words.length >> at.RECORD_LOG2) return done;
        const slot = this.#lists.take(size, align);
        if (slot === at.END) return done;
        // Last, so that a record with an owner is one with a place: `FreeLists.rebuild` relies on it.
        words[(slot << at.RECORD_LOG2) + at.OWNER] = owner;
        this.#countUsed(1);
        this.exchange[done] = slot;
      }
      return count;
    });
  }

  free(count: number): void {
    this.#locked(() => {
      for (let index = 0; index < count; index += 1) this.#give(this.exchange[index] as number);
    });
  }

  grow(capacity: number): void {
    this.#locked(() => this.#lists.grow(capacity));
  }

  reset(): void {
    this.#locked(() => {
      const { words } = this.#records;
      for (let slot = at.FIRST_SLOT; slot < this.#records.slotsEnd; slot += 1) this.#end(slot);
      words.fill(0, at.DEPOT_CELLS, at.ROWS_AT);
      words[at.RECORD_COUNT] = at.FIRST_SLOT;
      this.#lists.rebuild();
      Atomics.add(words, at.EPOCH, 1);
      Atomics.add(words, at.NOTICES, 1);
    });
  }

  survey(): Survey {
    return this.#locked(() => {
      const { words } = this.#records;
      return { freeSize: words[at.FREE_SIZE] as number, freeBlocks: words[at.FREE_BLOCKS] as number, largestSize: this.#lists.largestSize() };
    });
  }

  reclaim({ owners }: Lost): Reclaimed {
    return this.#locked(() => {
      const reclaimed = { liveBlocks: 0, liveBytes: 0 };
      for (let slot = at.FIRST_SLOT; slot < this.#records.slotsEnd; slot += 1) {
        const owner = this.#records.get(slot, at.OWNER);
        if (owners[owner & at.OWNER_MASK] !== 1) continue;
        if (this.#isLive(slot)) {
          if ((owner & at.ESCAPED) !== 0) continue;
          reclaimed.liveBlocks += 1;
          reclaimed.liveBytes += this.#records.byteLengthOf(slot);
          this.#end(slot);
        }
        this.#lists.give(slot);
        this.#countUsed(-1);
      }
      return reclaimed;
    });
  }

  /** JavaScript has no way to give pages back. */
  purge(): number {
    return 0;
  }

  /** They are the heap's. */
  letGo(): void {}

  #give(slot: number): void {
    const owner = this.#records.has(slot) ? this.#records.get(slot, at.OWNER) & at.OWNER_MASK : at.VACANT;
    if (owner <= at.FREE) throw new Error(`slot ${slot} is not in use`);
    this.#lists.give(slot);
    this.#countUsed(-1);
  }

  #countUsed(by: number): void {
    const { words } = this.#records;
    words[at.USED_BLOCKS] = (words[at.USED_BLOCKS] as number) + by;
  }

  #isLive(slot: number): boolean {
    return (this.#records.stateOf(slot) & at.KIND_MASK) !== at.DEAD;
  }

  #end(slot: number): void {
    const { words } = this.#records;
    const state = this.#records.stateOf(slot);
    if ((state & at.KIND_MASK) !== at.DEAD) words[(slot << at.RECORD_LOG2) + at.STATE] = endedState(generationOf(state));
  }

  #locked<T>(work: () => T): T {
    this.#lock.acquire();
    try {
      this.#records.refresh();
      return work();
    } finally {
      this.#lock.release();
    }
  }
}
