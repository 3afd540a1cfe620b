import { readFileSync, readlinkSync } from 'node:fs';
import * as at from './layout.js';
import { raise, type Records } from './records.js';

/** A thread as the system knows it: its number, and when it started, as numbers are used again. */
interface Thread {
  readonly number: number;
  readonly started: number;
}

const UNKNOWN: Thread = { number: 0, started: 0 };

/** This module is loaded once a thread, so what it found out of the thread holds for as long as it is there. */
let thisThread: Thread | undefined;

/**
 * The thread this runs on. A terminated worker cannot say goodbye, so others must be able to find out that it is gone;
 * Linux tells, in /proc. Elsewhere all threads are taken to be alive, and what they leave behind waits for `reset`.
 */
function findThisThread(): Thread {
  if (process.platform !== 'linux') return UNKNOWN;
  try {
    const number = Number(readlinkSync('/proc/thread-self').split('/').pop());
    return { number, started: startOf(number) };
  } catch {
    return UNKNOWN; // No /proc in this sandbox.
  }
}

/** In clock ticks since the system started; the low 31 bits. */
function startOf(number: number): number {
  const stat = readFileSync(`/proc/self/task/${number}/stat`, 'latin1');
  // The second field, the name in parentheses, may hold anything; the start is the 22nd.
  return Number(stat.slice(stat.lastIndexOf(')') + 2).split(' ')[19]) % 2 ** 31;
}

/** Of a thread that takes back the rows of others before it enters. */
const LAST_ROW = at.MOST_ROWS - 2;

/** Enters this thread into the records. @returns its row, or 0 if all are taken */
export function enter(records: Records): number {
  for (let row = at.FIRST_ROW; row < LAST_ROW; row += 1) if (enterRow(records, row)) return row;
  return 0;
}

/** As {@link enter}, into the row that is kept for those who find no other. */
export const enterLast = (records: Records): number => (enterRow(records, LAST_ROW) ? LAST_ROW : 0);

function enterRow({ words }: Records, row: number): boolean {
  const { number, started } = (thisThread ??= findThisThread());
  const base = rowBase(row);
  if (Atomics.compareExchange(words, base + at.ROW_IN_USE, 0, at.ROW_ENTERING) !== 0) return false;
  words[base + at.ROW_THREAD] = number;
  words[base + at.ROW_STARTED] = started;
  words[base + at.ROW_MOVING] = words[base + at.ROW_WAITING] = 0;
  raise(words, at.ROWS, row + 1);
  Atomics.store(words, base + at.ROW_IN_USE, 1);
  return true;
}

/** Whether the thread of a row is there still, as far as can be known. */
export function isAlive({ words }: Records, row: number): boolean {
  const base = rowBase(row);
  const number = words[base + at.ROW_THREAD] as number;
  if (number === 0) return true;
  try {
    return startOf(number) === words[base + at.ROW_STARTED];
  } catch {
    return false;
  }
}

/** Rows that are in use. */
export function* rowsInUse({ words }: Records): Generator<number> {
  const rows = words[at.ROWS] as number;
  for (let row = at.FIRST_ROW; row < rows; row += 1) if (words[rowBase(row) + at.ROW_IN_USE] === 1) yield row;
}

export const rowBase = (row: number): number => at.ROWS_AT + (row << at.ROW_LOG2);
