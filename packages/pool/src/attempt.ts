import type { Clock, Timer } from './clock.js';

/** How a call of the user's code ended: exactly one of the first three is called, once. */
export interface AttemptEnd<T> {
  given(value: T): void;
  failed(error: unknown): void;
  timedOut(): void;
  /** What it gave after all, after the time-out or after it was given up. */
  late?(value: T): void;
}

/**
 * Calls what a user passed in, which may answer, throw or do nothing, now, later or never. What answers now ends now,
 * without a turn of the event loop. The function returned gives up on the call: nothing but `late` is called then.
 */
export function attempt<T>(clock: Clock, timeoutMs: number, call: () => T | PromiseLike<T>, end: AttemptEnd<T>): () => void {
  let answer: T | PromiseLike<T>;
  let pending: PromiseLike<T> | undefined;
  try {
    answer = call();
    pending = isThenable(answer) ? answer : undefined;
  } catch (error) {
    end.failed(error);
    return settled;
  }
  if (pending === undefined) {
    end.given(answer as T);
    return settled;
  }

  let over = false;
  let timer: Timer | undefined;
  /** Whether it was not over yet. */
  const finish = (): boolean => {
    if (over) return false;
    over = true;
    timer?.close();
    return true;
  };
  if (timeoutMs !== Infinity)
    timer = clock.setTimeout(() => {
      if (finish()) end.timedOut();
    }, timeoutMs);
  Promise.resolve(pending).then(
    (value) => (finish() ? end.given(value) : end.late?.(value)),
    (error: unknown) => {
      // A failure after the time-out tells nothing new.
      if (finish()) end.failed(error);
    },
  );
  return finish;
}

const settled = (): void => {};

export function isThenable<T>(value: T | PromiseLike<T>): value is PromiseLike<T> {
  return typeof value === 'object' && value !== null && typeof (value as { then?: unknown }).then === 'function';
}
