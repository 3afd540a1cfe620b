import { attempt } from '../attempt.js';
import type { Clock } from '../clock.js';
import { callTimeout, invalidResource } from '../errors.js';
import type { ResolvedOptions } from '../options.js';
import type { Circuit } from './circuit.js';

/** What a creator tells its pool. */
export interface CreatorEvents<R> {
  /**
   * May throw, which makes it a failed create.
   * @param outdated it began before {@link Creator.outdate}
   */
  created(resource: R, durationMs: number, outdated: boolean): void;
  failed(error: unknown): void;
  /** Given after the time-out or after close, and nobody's. */
  late(resource: R): void;
  /** What close aborted has settled. */
  settled(): void;
}

type CreatorOptions<R> = Pick<ResolvedOptions<R>, 'name' | 'create' | 'maxCreating' | 'createTimeoutMs' | 'clock'>;

interface Call {
  readonly controller: AbortController;
  giveUp: () => void;
  outdated: boolean;
}

/**
 * Calls `create`: so many at a time, with a time-out, and after a failure one at a time, as the circuit has it. A backend
 * that is down sees a probe now and then, not a storm.
 */
export class Creator<R> {
  readonly #options: CreatorOptions<R>;
  readonly #clock: Clock;
  readonly #circuit: Circuit;
  readonly #events: CreatorEvents<R>;
  readonly #underWay = new Set<Call>();
  #closed = false;
  errors = 0;

  constructor(options: CreatorOptions<R>, circuit: Circuit, events: CreatorEvents<R>) {
    this.#options = options;
    this.#clock = options.clock;
    this.#circuit = circuit;
    this.#events = events;
  }

  get underWay(): number {
    return this.#underWay.size;
  }

  get mayStart(): boolean {
    return !this.#closed && !this.#circuit.isPaused && this.#underWay.size < (this.#circuit.failures > 0 ? 1 : this.#options.maxCreating);
  }

  start(): void {
    const { create, createTimeoutMs, name } = this.#options;
    const call: Call = { controller: new AbortController(), giveUp: () => {}, outdated: false };
    const failuresBefore = this.#circuit.failures;
    const startMs = this.#clock.now();
    this.#underWay.add(call);
    const fail = (error: unknown): void => {
      this.#underWay.delete(call);
      this.#fail(error, failuresBefore);
    };
    const give = (resource: R): void => {
      if (resource === undefined || resource === null) {
        fail(invalidResource(name, resource));
        return;
      }
      this.#underWay.delete(call);
      if (this.#closed) {
        this.#events.late(resource);
        this.#events.settled();
        return;
      }
      try {
        this.#events.created(resource, this.#clock.now() - startMs, call.outdated);
      } catch (error) {
        this.#fail(error, this.#circuit.failures);
      }
    };
    call.giveUp = attempt(this.#clock, createTimeoutMs, () => create({ signal: call.controller.signal }), {
      given: give,
      failed: fail,
      timedOut: () => {
        const error = callTimeout(name, 'create', createTimeoutMs);
        call.controller.abort(error);
        fail(error);
      },
      late: (resource) => {
        if (resource !== undefined && resource !== null) this.#events.late(resource);
      },
    });
  }

  /** What is under way belongs to yesterday. */
  outdate(): void {
    for (const call of this.#underWay) call.outdated = true;
  }

  /** Starts nothing more and aborts what is under way, which still counts until it settles. */
  close(reason: unknown): void {
    this.#closed = true;
    for (const { controller } of this.#underWay) controller.abort(reason);
  }

  /** Does not wait for what is under way any longer. */
  abandon(): void {
    for (const call of this.#underWay) call.giveUp();
    this.#underWay.clear();
  }

  #fail(error: unknown, failuresBefore: number): void {
    if (!this.#closed) this.errors += 1;
    this.#circuit.failed(error, failuresBefore);
    this.#events.failed(error);
  }
}
