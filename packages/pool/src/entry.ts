import type { Linked } from './linked-list.js';

/**
 * Where an entry is in its life: new, then idle ⇄ leased, with checks between, until it is destroyed. While it is being
 * validated or reset it is nobody's, and not to be had.
 */
/** Between two other states: just created, or just back. */
export const IN_HAND = 0;
export const IDLE = 1;
export const LEASED = 2;
export const VALIDATING = 3;
export const RESETTING = 4;
export const DESTROYED = 5;
export type EntryState = typeof IN_HAND | typeof IDLE | typeof LEASED | typeof VALIDATING | typeof RESETTING | typeof DESTROYED;

/** For `lastUse` and `expiresMs`: a small integer, where `Infinity` would be a heap number in every entry. */
export const NEVER = -1;

/** Why a resource was destroyed. */
export type DestroyReason =
  /** It was idle for `idleTimeoutMs`. */
  | 'idle'
  /** Its lifetime was over. */
  | 'expired'
  /** It was lent `maxUses` times. */
  | 'used-up'
  /** `validate` refused it, failed or took too long. */
  | 'invalid'
  /** `reset` failed or took too long. */
  | 'reset-failed'
  /** The resource itself said so, through `watch`. */
  | 'lost'
  /** Its borrower called `lease.destroy()`, or `use` was told to destroy on errors. */
  | 'discarded'
  /** The pool was closed. */
  | 'closed'
  /** `create` gave it after `createTimeoutMs` or after the pool had closed. */
  | 'late';

/**
 * One resource and what the pool knows of it. Every field is set here, once, and holds small integers where it holds
 * numbers: one hidden class, and no heap number beside an idle entry.
 */
export class Entry<R> implements Linked<Entry<R>> {
  readonly resource: R;
  state: EntryState = IN_HAND;
  previous: Entry<R> | undefined = undefined;
  next: Entry<R> | undefined = undefined;
  /** Its index among all that are alive. */
  place = 0;
  uses = 0;
  /** The use after which it is destroyed, or `NEVER`. */
  readonly lastUse: number;
  readonly createdMs: number;
  /** Or `NEVER`. */
  readonly expiresMs: number;
  idleSinceMs: number;
  /** The resource is broken; it ends as soon as nobody works with it. */
  lost = false;
  lostCause: unknown = undefined;
  /** Gives up on `validate` or `reset`. */
  endCheck: (() => void) | undefined = undefined;

  constructor(resource: R, createdMs: number, expiresMs: number, lastUse: number) {
    this.resource = resource;
    this.createdMs = createdMs;
    this.expiresMs = expiresMs;
    this.lastUse = lastUse;
    this.idleSinceMs = createdMs;
  }
}
