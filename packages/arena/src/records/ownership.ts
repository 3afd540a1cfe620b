import * as at from './layout.js';
import { liveState, type Records } from './records.js';

/** Notes that others may know of a live block, so that it stays when its thread ends. */
export function markEscaped({ words }: Records, slot: number): void {
  const index = (slot << at.RECORD_LOG2) + at.OWNER;
  const owner = words[index] as number;
  // Another thread may free the block just now: what it writes there must stay.
  if ((owner & at.OWNER_MASK) >= at.FIRST_ROW) Atomics.compareExchange(words, index, owner, owner | at.ESCAPED);
}

/** As {@link markEscaped}, of a block that this thread has just allocated, which nobody else can know of yet. */
export function markEscapedOwn({ words }: Records, slot: number): void {
  const index = (slot << at.RECORD_LOG2) + at.OWNER;
  words[index] = (words[index] as number) | at.ESCAPED;
}

/** Undoes {@link markEscapedOwn} of a block that no other thread was told of. */
export function unmarkEscaped({ words }: Records, slot: number): void {
  const index = (slot << at.RECORD_LOG2) + at.OWNER;
  words[index] = (words[index] as number) & ~at.ESCAPED;
}

/** Gives a live block away: nobody can use it until it is received. @returns whether it was live */
export function send(records: Records, slot: number, generation: number): boolean {
  if (!changeState(records, slot, liveState(generation), inTransitState(generation))) return false;
  // As `markEscaped`, and plainly: a block on its way, whose token nobody else has, is changed by nobody else.
  const { words } = records;
  const index = (slot << at.RECORD_LOG2) + at.OWNER;
  const owner = words[index] as number;
  if ((owner & at.ESCAPED) === 0) words[index] = owner | at.ESCAPED;
  return true;
}

/** Undoes {@link send} of a block that nobody was told of. */
export function takeBackSent(records: Records, slot: number, generation: number): void {
  changeState(records, slot, inTransitState(generation), liveState(generation));
}

/** Makes a block on its way one of the thread of `row`, under its next generation. @returns whether it was on its way */
export function receive(records: Records, row: number, slot: number, generation: number): boolean {
  if (!changeState(records, slot, inTransitState(generation), liveState((generation + 1) & at.GENERATION_MASK))) return false;
  const { words } = records;
  const index = (slot << at.RECORD_LOG2) + at.OWNER;
  words[index] = ((words[index] as number) & (at.CLASS_MASK << at.CLASS_SHIFT)) | row;
  return true;
}

export const isInTransit = (records: Records, slot: number, generation: number): boolean => records.has(slot) && records.stateOf(slot) === inTransitState(generation);

/** Of several threads that try one alone succeeds. @returns whether STATE was `from` */
export const changeState = ({ words }: Records, slot: number, from: number, to: number): boolean => Atomics.compareExchange(words, (slot << at.RECORD_LOG2) + at.STATE, from, to) === from;

const inTransitState = (generation: number): number => (generation << 2) | at.IN_TRANSIT;
