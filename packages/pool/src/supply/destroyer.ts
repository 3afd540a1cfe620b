import { attempt } from '../attempt.js';
import type { DestroyReason } from '../destroy-reason.js';
import { callTimeout } from '../errors.js';
import { type ResourceDestroyed, resourceDestroyed } from '../events.js';
import type { ResolvedOptions } from '../options.js';

/** A resource whose time has come, and what there is to tell of it. */
export interface Ending<R> {
  readonly resource: R;
  readonly reason: DestroyReason;
  readonly cause: unknown;
  readonly ageMs: number;
  readonly leasedMs: number;
  readonly uses: number;
}

type DestroyerOptions<R> = Pick<ResolvedOptions<R>, 'name' | 'clock' | 'destroy' | 'destroyTimeoutMs'>;

/** Calls the user's `destroy`, with a time-out; nothing that it does can fail whoever had the resource. */
export class Destroyer<R> {
  readonly #options: DestroyerOptions<R>;
  readonly #onGone: () => void;
  #underWay = 0;
  destroyed = 0;
  destroyErrors = 0;

  constructor(options: DestroyerOptions<R>, onGone: () => void) {
    this.#options = options;
    this.#onGone = onGone;
  }

  get underWay(): number {
    return this.#underWay;
  }

  destroy(ending: Ending<R>): void {
    this.#underWay += 1;
    this.#end(ending, () => {
      this.#underWay -= 1;
      this.destroyed += 1;
      this.#onGone();
    });
  }

  /** For what was never the pool's, and is not counted. */
  destroyLate(resource: R): void {
    this.#end({ resource, reason: 'late', cause: undefined, ageMs: 0, leasedMs: 0, uses: 0 }, () => {});
  }

  #end(ending: Ending<R>, gone: () => void): void {
    const { name, clock, destroy, destroyTimeoutMs } = this.#options;
    const done = (error: unknown): void => {
      resourceDestroyed({ pool: name, ...ending, error } satisfies ResourceDestroyed);
      gone();
    };
    const failed = (error: unknown): void => {
      this.destroyErrors += 1;
      done(error);
    };
    if (destroy === undefined) done(undefined);
    else
      attempt(clock, destroyTimeoutMs, () => destroy(ending.resource, ending.reason), {
        given: () => done(undefined),
        failed,
        timedOut: () => failed(callTimeout(name, 'destroy', destroyTimeoutMs)),
      });
  }
}
