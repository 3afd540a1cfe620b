import type { Client } from 'pg';
import pg from 'pg';
import type { Clock, Timer } from '../clock.js';
import { serverSilent } from '../errors.js';

/** How much longer than its limit a statement may take: the server, which ends it, has as long to say so. */
const GRACE_MS = 2_000;
const INTERVAL_MS = 500;

interface Watched {
  limitMs: number;
  query: unknown;
  /** Looks in a row that have seen this `query` under way. */
  looks: number;
}

/**
 * Ends the connection of a statement whose server did not keep its time limit, as it is frozen or out of reach: `statement_timeout`
 * is kept by the server alone. One timer looks at all connections, so that no query pays for it. Looks are counted rather than time
 * measured: an answer that waits while this process is busy is read before the next look.
 */
export class StatementWatch {
  readonly #watched = new Map<Client, Watched>();
  readonly #limitMs: number;
  readonly #pool: string;
  readonly #clock: Clock;
  #timer: Timer | undefined;

  /**
   * @param limitMs `Infinity` for none
   * @param pool in errors
   */
  constructor(limitMs: number, pool: string, clock: Clock) {
    this.#limitMs = limitMs;
    this.#pool = pool;
    this.#clock = clock;
  }

  /** From now on, or with another limit. */
  watch(client: Client, limitMs: number = this.#limitMs): void {
    if (limitMs === Infinity) return this.forget(client);
    this.#watched.set(client, { limitMs, query: undefined, looks: 0 });
    if (this.#timer !== undefined) return;
    this.#timer = this.#clock.setInterval(() => this.#look(), INTERVAL_MS);
    this.#timer.unref();
  }

  forget(client: Client): void {
    this.#watched.delete(client);
    if (this.#watched.size > 0) return;
    this.#timer?.close();
    this.#timer = undefined;
  }

  #look(): void {
    for (const [client, watched] of this.#watched) {
      const query = underWay(client);
      if (query === undefined || query !== watched.query) watched.looks = 0;
      watched.query = query;
      if (query === undefined) continue;
      watched.looks += 1;
      const { limitMs, looks } = watched;
      // The first look may come as soon as the query has begun.
      if ((looks - 1) * INTERVAL_MS >= limitMs + GRACE_MS) client.connection.stream.destroy(serverSilent(this.#pool, limitMs));
    }
  }
}

/** Not a cursor or a stream: these are under way also while their reader takes its time. */
function underWay(client: Client): object | undefined {
  // Older versions of node-postgres have it without the underscore, which newer ones warn of.
  const { _activeQuery: query } = '_activeQuery' in client ? (client as { readonly _activeQuery?: unknown }) : { _activeQuery: (client as { readonly activeQuery?: unknown }).activeQuery };
  return query instanceof pg.Query ? query : undefined;
}
