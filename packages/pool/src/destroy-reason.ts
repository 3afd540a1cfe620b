/** Why a resource was destroyed. */
export type DestroyReason =
  /** It was idle for `idleTimeoutMs`. */
  | 'idle'
  /** Its lifetime was over. */
  | 'expired'
  /** It was lent `maxUses` times. */
  | 'used-up'
  /** `validate` or `keepalive` refused it, failed or took too long. */
  | 'invalid'
  /** `reset` failed or took too long. */
  | 'reset-failed'
  /** The resource itself said so, through `watch`. */
  | 'lost'
  /** Its borrower called `lease.destroy()`, or `use` was told to destroy on errors. */
  | 'discarded'
  /** `evictAll()` was called. */
  | 'evicted'
  /** The pool became smaller, by `resize()` or as it adapts. */
  | 'surplus'
  /** Its borrower had it for `leakAfterMs`, and `leakReclaim` is on. */
  | 'leaked'
  /** The pool was closed. */
  | 'closed'
  /** `create` gave it after `createTimeoutMs` or after the pool had closed. */
  | 'late';
