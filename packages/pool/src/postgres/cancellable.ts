import type { Client } from 'pg';
import type { Clock, Timer } from '../clock.js';
import type { Lease } from '../lending/lease.js';
import { stopQuery } from './stop-query.js';

export interface Limits {
  readonly signal: AbortSignal | undefined;
  /** Longest run, in ms. */
  readonly timeoutMs: number;
  /** What the caller gets to see when it is over. */
  readonly timedOut: () => Error;
  readonly clock: Clock;
}

/**
 * Gives what a query of `lease` gives. An abort or the time-out frees the caller at once; the connection when the server has
 * ended the query, of which it is told, or else by its own end.
 */
export function cancellable<T>(lease: Lease<Client>, answer: Promise<T>, { signal, timeoutMs, timedOut, clock }: Limits): Promise<T> {
  const client = lease.resource;
  return new Promise((resolve, reject) => {
    let timer: Timer | undefined;
    let stopped: Promise<void> | undefined;
    const stopListening = (): void => {
      signal?.removeEventListener('abort', abort);
      timer?.close();
    };
    const stop = (reason: unknown): void => {
      stopListening();
      reject(reason);
      stopped = stopQuery(client, clock);
    };
    const abort = (): void => stop(signal?.reason);
    signal?.addEventListener('abort', abort, { once: true });
    if (timeoutMs !== Infinity) timer = clock.setTimeout(() => stop(timedOut()), timeoutMs);

    const giveBack = (): void => {
      stopListening();
      lease[Symbol.dispose]();
    };
    const settle = (): void => {
      if (stopped === undefined) giveBack();
      else void stopped.then(giveBack);
    };
    answer.finally(settle).then(resolve, reject);
  });
}
