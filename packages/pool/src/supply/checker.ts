import { attempt, isThenable } from '../attempt.js';
import { callTimeout } from '../errors.js';
import type { ResolvedOptions } from '../options.js';
import { type Entry, IN_HAND, RESETTING, VALIDATING } from './entry.js';

/** What is asked of a resource: before it is lent, while it is idle, after a use. */
export type Check = 'validate' | 'keepalive' | 'reset';

/** How a check ended; not called for one that was abandoned. */
export interface CheckerEvents<R> {
  passed(entry: Entry<R>, check: Check): void;
  failed(entry: Entry<R>, check: Check, cause: unknown): void;
}

type CheckerOptions<R> = Pick<ResolvedOptions<R>, 'name' | 'clock' | 'validate' | 'keepalive' | 'reset' | 'validateTimeoutMs' | 'resetTimeoutMs'>;

/** Calls the user's checks, each with its time-out: one that hangs must not keep its place in the pool. */
export class Checker<R> {
  readonly #options: CheckerOptions<R>;
  readonly #events: CheckerEvents<R>;
  /** How to give up on each. */
  readonly #underWay = new Map<Entry<R>, () => void>();
  #validating = 0;
  validateErrors = 0;
  resetErrors = 0;

  constructor(options: CheckerOptions<R>, events: CheckerEvents<R>) {
    this.#options = options;
    this.#events = events;
  }

  /** Validated or kept alive: those that are about to be idle. */
  get validating(): number {
    return this.#validating;
  }

  get underWay(): number {
    return this.#underWay.size;
  }

  start(entry: Entry<R>, check: Check): void {
    if (check === 'reset') this.#reset(entry);
    else this.#wait(entry, check, () => this.#call(entry.resource, check));
  }

  /** It comes with each loan, and most are done at once: those cost no more than their call. */
  #reset(entry: Entry<R>): void {
    entry.state = RESETTING;
    let answer: unknown;
    try {
      answer = this.#options.reset?.(entry.resource);
      if (isThenable(answer)) {
        this.#wait(entry, 'reset', () => answer);
        return;
      }
    } catch (error) {
      this.resetErrors += 1;
      this.#events.failed(entry, 'reset', error);
      return;
    }
    // Unless it has closed the pool by force.
    if (entry.state !== RESETTING) return;
    entry.state = IN_HAND;
    this.#events.passed(entry, 'reset');
  }

  #wait(entry: Entry<R>, check: Check, call: () => unknown): void {
    const { name, clock, resetTimeoutMs, validateTimeoutMs } = this.#options;
    const resets = check === 'reset';
    const timeoutMs = resets ? resetTimeoutMs : validateTimeoutMs;
    const failed = (cause: unknown): void => {
      if (resets) this.resetErrors += 1;
      else this.validateErrors += 1;
      this.#events.failed(entry, check, cause);
    };
    entry.state = resets ? RESETTING : VALIDATING;
    if (!resets) this.#validating += 1;
    this.#underWay.set(entry, () => {});
    const giveUp = attempt<unknown>(clock, timeoutMs, call, {
      given: (answer) => {
        // `validate` must say yes; the others only must not say no.
        if (check === 'validate' ? answer : resets || answer !== false) this.#pass(entry, check);
        else failed(undefined);
      },
      failed,
      timedOut: () => failed(callTimeout(name, check, timeoutMs)),
    });
    if (this.#underWay.has(entry)) this.#underWay.set(entry, giveUp);
  }

  /** Gives up on a check of `entry`, if there is one. */
  abandon(entry: Entry<R>): void {
    const giveUp = this.#underWay.get(entry);
    if (giveUp === undefined) return;
    this.#underWay.delete(entry);
    if (entry.state === VALIDATING) this.#validating -= 1;
    entry.state = IN_HAND;
    giveUp();
  }

  #pass(entry: Entry<R>, check: Check): void {
    this.abandon(entry);
    this.#events.passed(entry, check);
  }

  #call(resource: R, check: Check): unknown {
    const { validate, keepalive = validate } = this.#options;
    return check === 'keepalive' ? keepalive?.(resource) : validate?.(resource);
  }
}
