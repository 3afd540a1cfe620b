import { attempt } from './attempt.js';
import { backoffMs } from './backoff.js';
import type { Clock, Timer } from './clock.js';
import { callTimeout, invalidResource } from './errors.js';
import { createFailed } from './events.js';
import type { ResolvedOptions } from './options.js';

/** What a creator tells its pool. */
export interface CreatorEvents<R> {
  /** May throw, which makes it a failed create. */
  created(resource: R, durationMs: number): void;
  failed(error: unknown): void;
  /** Given after the time-out or after close, and nobody's. */
  late(resource: R): void;
  /** There may be room for another: a pause is over, or what close aborted has settled. */
  changed(): void;
}

type CreatorOptions<R> = Pick<ResolvedOptions<R>, 'name' | 'create' | 'maxCreating' | 'createTimeoutMs' | 'createRetryMinMs' | 'createRetryMaxMs' | 'random' | 'clock'>;

/**
 * Calls `create`: so many at a time, with a time-out, and after a failure one at a time with longer and longer pauses
 * between. A backend that is down sees a probe now and then, not a storm.
 */
export class Creator<R> {
  readonly #options: CreatorOptions<R>;
  readonly #clock: Clock;
  readonly #events: CreatorEvents<R>;
  readonly #underWay = new Set<{ readonly controller: AbortController; giveUp: () => void }>();
  #closed = false;
  #failures = 0;
  #lastError: unknown = undefined;
  #pause: Timer | undefined = undefined;

  constructor(options: CreatorOptions<R>, events: CreatorEvents<R>) {
    this.#options = options;
    this.#clock = options.clock;
    this.#events = events;
  }

  get underWay(): number {
    return this.#underWay.size;
  }

  /** Failures in a row, those of creates that began together counted as one. */
  get failures(): number {
    return this.#failures;
  }

  /** Of the last `create`; `undefined` once one has proved good. */
  get lastError(): unknown {
    return this.#lastError;
  }

  get mayStart(): boolean {
    return !this.#closed && this.#pause === undefined && this.#underWay.size < (this.#failures > 0 ? 1 : this.#options.maxCreating);
  }

  start(): void {
    const { create, createTimeoutMs, name } = this.#options;
    const controller = new AbortController();
    const failuresBefore = this.#failures;
    const startMs = this.#clock.now();
    const call = { controller, giveUp: () => {} };
    this.#underWay.add(call);
    const give = (resource: R): void => {
      this.#underWay.delete(call);
      if (this.#closed) {
        this.#late(resource);
        this.#events.changed();
        return;
      }
      if (resource === undefined || resource === null) {
        this.#fail(invalidResource(name, resource), failuresBefore);
        return;
      }
      try {
        this.#events.created(resource, this.#clock.now() - startMs);
      } catch (error) {
        this.#fail(error, this.#failures);
      }
    };
    const fail = (error: unknown): void => {
      this.#underWay.delete(call);
      this.#fail(error, failuresBefore);
    };
    call.giveUp = attempt(this.#clock, createTimeoutMs, () => create({ signal: controller.signal }), {
      given: give,
      failed: fail,
      timedOut: () => {
        const error = callTimeout(name, 'create', createTimeoutMs);
        controller.abort(error);
        fail(error);
      },
      late: (resource) => this.#late(resource),
    });
  }

  /** A resource has been lent for the first time. Until then, one that could be created is no proof of a backend that is up. */
  proved(): void {
    this.#failures = 0;
    this.#lastError = undefined;
  }

  /** A resource broke before it was ever lent: its backend takes connections and drops them. */
  brokeUnused(cause: unknown): void {
    // A pause under way was for its likes: a server that restarts ends all that are idle at once.
    if (this.#pause === undefined) this.#pauseAfter(cause, this.#failures);
  }

  /** Whether a pause holds the process: it should while somebody waits, whose own deadline may be never. */
  holdProcess(hold: boolean): void {
    if (hold) this.#pause?.ref();
    else this.#pause?.unref();
  }

  /** Starts nothing more and aborts what is under way, which still counts until it settles. */
  close(reason: unknown): void {
    this.#closed = true;
    this.#pause?.close();
    this.#pause = undefined;
    for (const { controller } of this.#underWay) controller.abort(reason);
  }

  /** Does not wait for what is under way any longer. */
  abandon(): void {
    for (const call of this.#underWay) call.giveUp();
    this.#underWay.clear();
  }

  #late(resource: R): void {
    if (resource !== undefined && resource !== null) this.#events.late(resource);
  }

  #fail(error: unknown, failuresBefore: number): void {
    this.#pauseAfter(error, failuresBefore);
    this.#events.failed(error);
  }

  #pauseAfter(error: unknown, failuresBefore: number): void {
    this.#lastError = error;
    if (this.#closed) return;
    // Several that began together fail together: one failure, one pause.
    if (failuresBefore === this.#failures) this.#failures += 1;
    const { createRetryMinMs, createRetryMaxMs, random, name } = this.#options;
    const pauseMs = backoffMs(this.#failures, createRetryMinMs, createRetryMaxMs, random);
    this.#pause?.close();
    this.#pause = this.#clock.setTimeout(() => {
      this.#pause = undefined;
      this.#events.changed();
    }, pauseMs);
    this.#pause.unref();
    createFailed(name, error, this.#failures, pauseMs);
  }
}
