import type { Alert, AlertListener } from './rules/alert.js';

/**
 * Hands alerts to listeners, each on its own: one that throws, rejects or never settles costs the others nothing.
 * One that blocks the thread cannot be helped; the event loop's delay will show it.
 */
export class Listeners {
  readonly #listeners = new Set<{ readonly call: AlertListener }>();
  readonly #failed: (error: unknown) => void;
  #notifications = 0;
  #failures = 0;
  #pending = 0;

  constructor(failed: (error: unknown) => void) {
    this.#failed = failed;
  }

  get notificationsTotal(): number {
    return this.#notifications;
  }

  get failuresTotal(): number {
    return this.#failures;
  }

  get pending(): number {
    return this.#pending;
  }

  /** Adds a listener, as often as it is given; what is returned removes it once. */
  add(call: AlertListener): () => void {
    const entry = { call };
    this.#listeners.add(entry);
    return () => void this.#listeners.delete(entry);
  }

  notify(alert: Alert): void {
    this.#notifications += 1;
    for (const { call } of this.#listeners) this.#call(call, alert);
  }

  #call(listener: AlertListener, alert: Alert): void {
    try {
      const outcome = listener(alert);
      if (isThenable(outcome)) this.#settle(outcome);
    } catch (error) {
      this.#fail(error);
    }
  }

  #settle(outcome: PromiseLike<unknown>): void {
    this.#pending += 1;
    // A promise of our own: what is merely like one may throw when asked for `then`, or settle twice.
    Promise.resolve(outcome).then(
      () => void (this.#pending -= 1),
      (error: unknown) => {
        this.#pending -= 1;
        this.#fail(error);
      },
    );
  }

  #fail(error: unknown): void {
    this.#failures += 1;
    this.#failed(error);
  }
}

const isThenable = (value: unknown): value is PromiseLike<unknown> =>
  typeof value === 'object' && value !== null && 'then' in value && typeof value.then === 'function';
