import * as at from '../records/layout.js';
import type { Records } from '../records/records.js';
import { isAlive } from '../records/threads.js';

/** Looks at the lock so often before the thread sleeps. */
const SPINS = 200;
const SLEEP_MS = 1;

/**
 * The lock of the records: taken by compare-and-exchange, held for microseconds. Its word names the holder, since a worker
 * may be terminated while it holds it: whoever finds that out takes the lock over and makes the records sound.
 */
export class Lock {
  readonly #records: Records;
  readonly #row: number;
  readonly #mend: () => void;

  /** @param mend makes the records sound after a thread died while it changed them */
  constructor(records: Records, row: number, mend: () => void) {
    this.#records = records;
    this.#row = row;
    this.#mend = mend;
  }

  acquire(): void {
    const { words } = this.#records;
    for (let spin = 0; spin < SPINS; spin += 1) if (Atomics.compareExchange(words, at.LOCK, 0, this.#row) === 0) return;
    for (;;) {
      const holder = Atomics.compareExchange(words, at.LOCK, 0, this.#row);
      if (holder === 0) return;
      if (!isAlive(this.#records, holder) && Atomics.compareExchange(words, at.LOCK, holder, this.#row) === holder) {
        this.#records.refresh();
        this.#mend();
        return;
      }
      Atomics.wait(words, at.LOCK, holder, SLEEP_MS);
    }
  }

  release(): void {
    Atomics.store(this.#records.words, at.LOCK, 0);
  }
}
