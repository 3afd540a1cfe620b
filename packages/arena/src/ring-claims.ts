import type { Clock } from './clock.js';
import { MOST_ROWS, ROW_STARTED, ROW_THREAD } from './records/layout.js';
import type { Records } from './records/records.js';
import { isAlive, rowBase } from './records/threads.js';

/** Words of a thread's claims, which it writes with each message; two cache lines, as processors fetch them in pairs: with one, a message cost a tenth more. */
export const CLAIM_LOG2 = 5;
export const CLAIMS_WORDS: number = MOST_ROWS << CLAIM_LOG2;
const THREAD = 0;
const STARTED = 1;
/** What {@link claimOf} says of the place that the thread is about to fill, or is filling; 0 if there is none. */
export const SENDING = 2;
/** What goes there. */
export const SLOT = 3;
export const GENERATION = 4;
/** As SENDING, of the place that it is emptying. */
export const RECEIVING = 5;

/** How a claim names a place, which has 30 bits. */
export const claimOf = (place: number): number => (place << 2) | 1;

/** The claim of nobody: what was in it is lost. */
const NOBODY = 0;

interface Suspect {
  claimed: number;
  sinceMs: number;
}

/**
 * What threads write down before they take a place of a ring, as one may be terminated before it has filled or emptied it: then
 * whoever comes next does so in its stead, and the ring goes on. Rows are those of the arena's records.
 */
export class RingClaims {
  /** Where this thread's are. */
  readonly own: number;
  readonly #words: Int32Array;
  readonly #at: number;
  readonly #records: Records;
  readonly #clock: Clock;
  readonly #afterMs: number;
  readonly #suspects = { [SENDING]: { claimed: 0, sinceMs: 0 }, [RECEIVING]: { claimed: 0, sinceMs: 0 } } satisfies Record<number, Suspect>;

  /**
   * @param at where the claims of all threads begin
   * @param afterMs how long a thread may take: what it wrote last may be seen before what it wrote just before
   */
  constructor(words: Int32Array, at: number, records: Records, row: number, clock: Clock, afterMs: number) {
    this.own = at + (row << CLAIM_LOG2);
    this.#words = words;
    this.#at = at;
    this.#records = records;
    this.#clock = clock;
    this.#afterMs = afterMs;
    words.fill(0, this.own, this.own + (1 << CLAIM_LOG2));
    words[this.own + THREAD] = records.words[rowBase(row) + ROW_THREAD] as number;
    words[this.own + STARTED] = records.words[rowBase(row) + ROW_STARTED] as number;
  }

  /** Whether a place is claimed by nobody that is there still, for some time now. @returns what was to go there; `undefined` if it may be filled or emptied yet */
  lostBlockOf(kind: typeof SENDING | typeof RECEIVING, place: number): { readonly slot: number; readonly generation: number } | undefined {
    const claimed = claimOf(place);
    const suspect: Suspect = this.#suspects[kind];
    const now = this.#clock.now();
    if (suspect.claimed !== claimed) {
      suspect.claimed = claimed;
      suspect.sinceMs = now;
      return undefined;
    }
    if (now - suspect.sinceMs < this.#afterMs) return undefined;
    let found = NOBODY;
    for (let row = 0; row < MOST_ROWS; row += 1) {
      const base = this.#at + (row << CLAIM_LOG2);
      if (Atomics.load(this.#words, base + kind) !== claimed) continue;
      if (this.#isThere(row, base)) return undefined;
      found = base;
    }
    if (found === NOBODY) return { slot: 0, generation: 0 };
    return { slot: this.#words[found + SLOT] as number, generation: this.#words[found + GENERATION] as number };
  }

  /** Another thread may have the row by now. */
  #isThere(row: number, base: number): boolean {
    const { words } = this.#records;
    return words[rowBase(row) + ROW_THREAD] === this.#words[base + THREAD] && words[rowBase(row) + ROW_STARTED] === this.#words[base + STARTED] && isAlive(this.#records, row);
  }
}
