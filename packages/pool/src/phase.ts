import type { Clock } from './clock.js';
import { type PoolError, poolClosed } from './errors.js';
import { Milestone } from './milestone.js';

const OPEN = 0;
const DRAINING = 1;
const CLOSED = 2;

/** How far a pool has come, which is told by what it has. */
export interface Progress {
  hasMinimum(): boolean;
  /** Nobody waits, nothing is lent or checked. */
  isStill(): boolean;
  isEmpty(): boolean;
}

/** From open to closed, and never back; and who waits for the next step. */
export class Phase {
  readonly #pool: string;
  readonly #progress: Progress;
  readonly #ready = new Milestone();
  readonly #drained = new Milestone();
  readonly #ended = new Milestone();
  #at: typeof OPEN | typeof DRAINING | typeof CLOSED = OPEN;

  constructor(pool: string, progress: Progress) {
    this.#pool = pool;
    this.#progress = progress;
  }

  get isOpen(): boolean {
    return this.#at === OPEN;
  }

  get isClosed(): boolean {
    return this.#at === CLOSED;
  }

  get isEnded(): boolean {
    return this.#at === CLOSED && this.#progress.isEmpty();
  }

  /** What a caller who comes too late gets. */
  refusal(): PoolError {
    return poolClosed(this.#pool, this.#at === CLOSED ? 'closed' : 'draining');
  }

  async ready(signal: AbortSignal | undefined): Promise<void> {
    if (this.#at !== OPEN) throw this.refusal();
    if (!this.#progress.hasMinimum()) await this.#ready.wait(signal);
  }

  async drained(signal: AbortSignal | undefined): Promise<void> {
    if (!this.#progress.isStill()) await this.#drained.wait(signal);
  }

  ended(signal: AbortSignal | undefined): Promise<void> {
    return this.#ended.wait(signal);
  }

  /** Whether it has ended in time. */
  async endedWithin(timeoutMs: number, clock: Clock, signal: AbortSignal | undefined): Promise<boolean> {
    return this.isEnded || (timeoutMs > 0 && (await this.#ended.waitAtMost(timeoutMs, clock, signal)));
  }

  drain(): void {
    if (this.#at !== OPEN) return;
    this.#at = DRAINING;
    this.#ready.fail(this.refusal());
  }

  close(): void {
    this.#at = CLOSED;
    this.#ready.fail(this.refusal());
  }

  /** The minimum cannot be created, for now. */
  failed(error: unknown): void {
    this.#ready.fail(error);
  }

  /** Something has changed. */
  look(): void {
    if (this.#ready.isAwaited && this.#progress.hasMinimum()) this.#ready.reach();
    if (this.#at === OPEN) return;
    if (this.#progress.isStill()) this.#drained.reach();
    if (this.isEnded) this.#ended.reach();
  }
}
