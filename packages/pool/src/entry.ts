import type { Linked } from './linked-list.js';

/** Where an entry is in its life: created idle, then idle ⇄ leased, with checks between, until it is destroyed. */
export const IDLE = 0;
export const LEASED = 1;
/** Being validated or reset: nobody's, and not to be had. */
export const CHECKING = 2;
export const DESTROYED = 3;
export type EntryState = typeof IDLE | typeof LEASED | typeof CHECKING | typeof DESTROYED;

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
  state: EntryState = IDLE;
  previous: Entry<R> | undefined = undefined;
  next: Entry<R> | undefined = undefined;
  uses = 0;
  /** The use after which it is destroyed; -1 for none. */
  readonly lastUse: number;
  readonly createdMs: number;
  /** -1 for never. */
  readonly expiresMs: number;
  idleSinceMs: number;
  /** The resource is broken; it ends as soon as nobody works with it. */
  lost = false;
  lostCause: unknown = undefined;

  constructor(resource: R, createdMs: number, expiresMs: number, lastUse: number) {
    this.resource = resource;
    this.createdMs = createdMs;
    this.expiresMs = expiresMs;
    this.lastUse = lastUse;
    this.idleSinceMs = createdMs;
  }
}
