import { magazineCounts } from './cache/magazines.js';
import type { Central, Reclaimed } from './central/central.js';
import { Counters, FREED_BYTES, forgetHeld } from './records/counters.js';
import * as at from './records/layout.js';
import type { Records } from './records/records.js';
import { enter, enterLast, isAlive, rowBase, rowsInUse } from './records/threads.js';

const NOTHING: Reclaimed = { liveBlocks: 0, liveBytes: 0 };

/** Frees what threads that ended had cached, and what they had live and told nobody of; `row` is the thread that does so. @param onEnding is told of their rows before */
export function reclaimEnded(records: Records, central: Central, row: number, onEnding: (rows: readonly number[]) => void): Reclaimed {
  const { words } = records;
  const rowsEnded = (): number[] => [...rowsInUse(records)].filter((other) => other !== row && !isAlive(records, other));
  if (rowsEnded().length === 0 || !begin(records, row)) return NOTHING;
  // Another look: until now others could take blocks of rows back, and new threads the rows.
  const ended = rowsEnded();
  // Batches on their way arrive within microseconds; what is left of the depot's then was lost on the way.
  for (const other of rowsInUse(records)) {
    const moving = rowBase(other) + at.ROW_MOVING;
    while (!ended.includes(other) && Atomics.load(words, moving) === 1 && isAlive(records, other)) Atomics.wait(words, moving, 1, 1);
  }
  words.fill(0, at.DEPOT_CELLS, at.ROWS_AT);
  onEnding(ended);
  const reclaimed = central.reclaim(lost(at.DEPOT, ...ended));
  for (const other of ended) {
    Atomics.sub(words, at.WAITING, Atomics.exchange(words, rowBase(other) + at.ROW_WAITING, 0));
    magazineCounts(records, other).fill(0);
    forgetHeld(records, other);
    Atomics.store(words, rowBase(other) + at.ROW_IN_USE, 0);
  }
  Atomics.store(words, at.RECLAIMING, 0);
  return reclaimed;
}

/**
 * A row for a thread that found all of them taken, once those of threads that ended are taken back; meanwhile it has the last,
 * which is kept for that.
 * @returns 0 if the others are there still
 */
export function enterForEnded(records: Records, openFor: (row: number) => Central, canaryBytes: number, onEnding: (rows: readonly number[]) => void): number {
  const guest = enterLast(records);
  if (guest === 0) return 0;
  const { liveBlocks, liveBytes } = reclaimEnded(records, openFor(guest), guest, onEnding);
  new Counters(records, guest).add(FREED_BYTES, liveBytes - liveBlocks * canaryBytes);
  Atomics.store(records.words, rowBase(guest) + at.ROW_IN_USE, 0);
  return enter(records);
}

/** Gives up the row of a thread that leaves, whose caches are empty: as {@link reclaimEnded}. */
export function leave(records: Records, central: Central, row: number): Reclaimed {
  const reclaimed = central.reclaim(lost(row));
  Atomics.store(records.words, rowBase(row) + at.ROW_IN_USE, 0);
  return reclaimed;
}

/** @returns whether no other thread is at it, one that ended apart */
function begin(records: Records, row: number): boolean {
  const { words } = records;
  const other = Atomics.compareExchange(words, at.RECLAIMING, 0, row);
  return other === 0 || (!isAlive(records, other) && Atomics.compareExchange(words, at.RECLAIMING, other, row) === other);
}

function lost(...rows: readonly number[]): { readonly owners: Uint8Array } {
  const owners = new Uint8Array(at.OWNER_MASK + 1);
  for (const row of rows) owners[row] = 1;
  return { owners };
}
