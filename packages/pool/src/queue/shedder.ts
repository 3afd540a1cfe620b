import type { Clock, Timer } from '../clock.js';
import type { ResolvedOptions } from '../options.js';
import { Overload } from './overload.js';
import type { WaitQueue } from './wait-queue.js';

type ShedderOptions = Pick<ResolvedOptions<unknown>, 'clock' | 'overloadTargetMs' | 'overloadIntervalMs'>;

/** Looks at a queue while somebody waits, ten times an interval, and acts when there is overload. */
export class Shedder<R> {
  readonly #clock: Clock;
  readonly #overload: Overload;
  readonly #queue: WaitQueue<R>;
  readonly #everyMs: number;
  readonly #isSuspended: () => boolean;
  readonly #error: (waitedMs: number) => unknown;
  readonly #onShed: (number: number) => void;
  #timer: Timer | undefined = undefined;

  constructor({ clock, overloadTargetMs, overloadIntervalMs }: ShedderOptions, queue: WaitQueue<R>, isSuspended: () => boolean, error: (waitedMs: number) => unknown, onShed: (number: number) => void) {
    this.#clock = clock;
    this.#overload = new Overload(overloadTargetMs, overloadIntervalMs);
    this.#queue = queue;
    this.#everyMs = Math.max(1, Math.min(overloadTargetMs, overloadIntervalMs / 10));
    this.#isSuspended = isSuspended;
    this.#error = error;
    this.#onShed = onShed;
  }

  get isOverloaded(): boolean {
    return this.#overload.isOverloaded;
  }

  /** Somebody waits. */
  watch(): void {
    if (this.#timer !== undefined) return;
    this.#timer = this.#clock.setTimeout(() => this.#look(), this.#everyMs);
    this.#timer.unref();
  }

  close(): void {
    this.#timer?.close();
  }

  #look(): void {
    this.#timer = undefined;
    // Who waits for `resume()` tells nothing of load.
    this.#overload.look(this.#isSuspended() ? 0 : this.#queue.longestWaitMs(), this.#clock.now());
    this.#queue.newestFirst = this.#overload.isOverloaded;
    const shed = this.#queue.rejectOlder(this.#overload.limitMs, this.#error);
    if (this.#queue.size > 0) this.watch();
    if (shed > 0) this.#onShed(shed);
  }
}
