import type { Clock, Timer } from '../clock.js';
import { circuitClosed, circuitOpened, createFailed } from '../events.js';
import type { ResolvedOptions } from '../options.js';
import { backoffMs } from './backoff.js';

type CircuitOptions = Pick<ResolvedOptions<unknown>, 'name' | 'clock' | 'random' | 'createRetryMinMs' | 'createRetryMaxMs' | 'breakAfterFailures'>;

/**
 * What failures of `create` mean for the next one: longer and longer pauses between, and from `breakAfterFailures` in a
 * row an open circuit, until a resource has proved good. (The circuit breaker of Michael Nygard, Release It!, 2007; half
 * open is what it is when a pause is over and one `create` probes.)
 */
export class Circuit {
  readonly #options: CircuitOptions;
  readonly #clock: Clock;
  readonly #onResume: () => void;
  #failures = 0;
  #lastError: unknown = undefined;
  #pause: Timer | undefined = undefined;
  #pausedUntilMs = 0;
  #closed = false;

  constructor(options: CircuitOptions, onResume: () => void) {
    this.#options = options;
    this.#clock = options.clock;
    this.#onResume = onResume;
  }

  /** Failures in a row, those of creates that began together counted as one. */
  get failures(): number {
    return this.#failures;
  }

  /** Of the last `create`; `undefined` once one has proved good. */
  get lastError(): unknown {
    return this.#lastError;
  }

  get isPaused(): boolean {
    return this.#pause !== undefined;
  }

  get isOpen(): boolean {
    return this.#failures >= this.#options.breakAfterFailures;
  }

  /** Until there may be another `create`; 0 for now. */
  get pauseLeftMs(): number {
    return this.#pause === undefined ? 0 : Math.max(0, this.#pausedUntilMs - this.#clock.now());
  }

  /** @param failuresBefore those when the `create` began: of several that began together, one counts. */
  failed(error: unknown, failuresBefore: number): void {
    this.#lastError = error;
    if (this.#closed) return;
    const { name, random, createRetryMinMs, createRetryMaxMs, breakAfterFailures } = this.#options;
    const opens = failuresBefore === this.#failures && this.#failures + 1 === breakAfterFailures;
    if (failuresBefore === this.#failures) this.#failures += 1;
    const pauseMs = backoffMs(this.#failures, createRetryMinMs, createRetryMaxMs, random);
    this.#pause?.close();
    this.#pausedUntilMs = this.#clock.now() + pauseMs;
    this.#pause = this.#clock.setTimeout(() => {
      this.#pause = undefined;
      this.#onResume();
    }, pauseMs);
    this.#pause.unref();
    createFailed(name, error, this.#failures, pauseMs);
    if (opens) circuitOpened(name, error, this.#failures);
  }

  /** A resource has been lent for the first time. Until then, one that could be created is no proof of a backend that is up. */
  proved(): void {
    const wasOpen = this.isOpen;
    this.#failures = 0;
    this.#lastError = undefined;
    if (wasOpen) circuitClosed(this.#options.name);
  }

  /** A resource broke before it was ever lent: its backend takes connections and drops them. */
  brokeUnused(cause: unknown): void {
    // A pause under way was for its likes: a server that restarts ends all that are idle at once.
    if (this.#pause === undefined) this.failed(cause, this.#failures);
  }

  /** Whether a pause holds the process: it should while somebody waits, whose own deadline may be never. */
  holdProcess(hold: boolean): void {
    if (hold) this.#pause?.ref();
    else this.#pause?.unref();
  }

  close(): void {
    this.#closed = true;
    this.#pause?.close();
    this.#pause = undefined;
  }
}
