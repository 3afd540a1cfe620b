import { attempt } from './attempt.js';
import { type DestroyReason, type Entry, IN_HAND, RESETTING, VALIDATING } from './entry.js';
import { callTimeout } from './errors.js';
import type { ResolvedOptions } from './options.js';

/** How a check ended; not called for one that was abandoned. */
export interface CheckerEvents<R> {
  passed(entry: Entry<R>): void;
  failed(entry: Entry<R>, reason: DestroyReason, cause: unknown): void;
}

type CheckerOptions<R> = Pick<ResolvedOptions<R>, 'name' | 'clock' | 'validateTimeoutMs' | 'resetTimeoutMs'>;

/** Asks the user's `validate` and `reset`, each with its time-out: one that hangs must not keep its place in the pool. */
export class Checker<R> {
  readonly #options: CheckerOptions<R>;
  readonly #events: CheckerEvents<R>;
  #validating = 0;
  #resetting = 0;
  validateErrors = 0;
  resetErrors = 0;

  constructor(options: CheckerOptions<R>, events: CheckerEvents<R>) {
    this.#options = options;
    this.#events = events;
  }

  get validating(): number {
    return this.#validating;
  }

  get underWay(): number {
    return this.#validating + this.#resetting;
  }

  validate(entry: Entry<R>, validate: (resource: R) => boolean | PromiseLike<boolean>): void {
    const { name, clock, validateTimeoutMs } = this.#options;
    const refused = (cause: unknown): void => {
      this.validateErrors += 1;
      this.#events.failed(entry, entry.lost ? 'lost' : 'invalid', cause);
    };
    entry.state = VALIDATING;
    this.#validating += 1;
    const giveUp = attempt(clock, validateTimeoutMs, () => validate(entry.resource), {
      given: (valid) => {
        if (valid) this.#pass(entry);
        else refused(undefined);
      },
      failed: refused,
      timedOut: () => refused(callTimeout(name, 'validate', validateTimeoutMs)),
    });
    if (entry.state === VALIDATING) entry.endCheck = giveUp;
  }

  reset(entry: Entry<R>, reset: (resource: R) => unknown): void {
    const { name, clock, resetTimeoutMs } = this.#options;
    const failed = (error: unknown): void => {
      this.resetErrors += 1;
      this.#events.failed(entry, entry.lost ? 'lost' : 'reset-failed', error);
    };
    entry.state = RESETTING;
    this.#resetting += 1;
    const giveUp = attempt(clock, resetTimeoutMs, () => reset(entry.resource), {
      given: () => this.#pass(entry),
      failed,
      timedOut: () => failed(callTimeout(name, 'reset', resetTimeoutMs)),
    });
    if (entry.state === RESETTING) entry.endCheck = giveUp;
  }

  /** Gives up on a check of `entry`, if there is one. */
  abandon(entry: Entry<R>): void {
    if (entry.state === VALIDATING) this.#validating -= 1;
    else if (entry.state === RESETTING) this.#resetting -= 1;
    else return;
    entry.state = IN_HAND;
    entry.endCheck?.();
    entry.endCheck = undefined;
  }

  #pass(entry: Entry<R>): void {
    this.abandon(entry);
    this.#events.passed(entry);
  }
}
