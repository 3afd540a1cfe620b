import type { DestroyReason } from '../destroy-reason.js';

/**
 * Where an entry is in its life: new, then idle ⇄ leased, with checks between, until it is destroyed. While it is being
 * checked it is nobody's, and not to be had.
 */
/** Between two other states: just created, or just back. */
export const IN_HAND = 0;
/** Lent to nobody, on the shelf. */
export const IDLE = 1;
/** Lent, with room for further borrowers, and on the shelf for them. */
export const SHARED = 2;
/** Lent, and to nobody else. */
export const LEASED = 3;
export const VALIDATING = 4;
export const RESETTING = 5;
export const DESTROYED = 6;
export type EntryState = typeof IN_HAND | typeof IDLE | typeof SHARED | typeof LEASED | typeof VALIDATING | typeof RESETTING | typeof DESTROYED;

/** For `lastUse` and `expiresMs`: a small integer, where `Infinity` would be a heap number in every entry. */
export const NEVER = -1;

/** That an entry is to be destroyed as soon as nobody works with it. */
export interface Sentence {
  readonly reason: DestroyReason;
  readonly cause: unknown;
}

/**
 * One resource and what the pool knows of it. Every field is set here, once, and holds small integers where it holds
 * numbers: one hidden class, and no heap number beside an idle entry. Times are those of a coarse clock.
 */
export class Entry<R> {
  readonly resource: R;
  state: EntryState = IN_HAND;
  /** Its index among all that are alive. */
  place = 0;
  /** Borrowers beside the first, where several share it. */
  sharers = 0;
  uses = 0;
  /** The use after which it is destroyed, or `NEVER`. */
  readonly lastUse: number;
  readonly createdMs: number;
  /** Or `NEVER`. */
  readonly expiresMs: number;
  /** When it was lent, or came back. */
  sinceMs: number;
  /** When it was last known to work. */
  provenMs: number;
  /** How long it has been lent in all, up to `sinceMs`. */
  leasedMs = 0;
  sentence: Sentence | undefined = undefined;

  constructor(resource: R, createdMs: number, expiresMs: number, lastUse: number) {
    this.resource = resource;
    this.createdMs = createdMs;
    this.expiresMs = expiresMs;
    this.lastUse = lastUse;
    this.sinceMs = createdMs;
    this.provenMs = createdMs;
  }
}

export function isLent({ state }: Pick<Entry<unknown>, 'state'>): boolean {
  return state === LEASED || state === SHARED;
}

/** Borrowers it may have at once: while it is lent for the last time, no more than it has. */
export function placesOf(entry: Entry<unknown>, concurrency: number): number {
  const isLeaving = entry.sentence !== undefined || entry.uses === entry.lastUse;
  return isLeaving && isLent(entry) ? entry.sharers + 1 : concurrency;
}

/** How long it has been lent in all. */
export function leasedMsOf(entry: Entry<unknown>, nowMs: number): number {
  return isLent(entry) ? entry.leasedMs + nowMs - entry.sinceMs : entry.leasedMs;
}
