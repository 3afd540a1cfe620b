import type { Client, ClientConfig } from 'pg';
import pg from 'pg';
import type { Clock } from '../clock.js';
import { invalidOption } from '../errors.js';

/** Of clients that do not remember it themselves, as in older versions of node-postgres. */
const transactionStatus = new WeakMap<Client, string>();

/** What the server last said: 'I' idle, 'T' in a transaction, 'E' in a failed one. */
function statusOf(client: Client): string | null | undefined {
  return remembersStatus(client) ? client.getTransactionStatus() : transactionStatus.get(client);
}

/** One that is not made of JavaScript, and has no such connection, asks a library that may not know. */
function remembersStatus({ connection, getTransactionStatus }: Partial<Client>): boolean {
  return connection !== undefined && typeof getTransactionStatus === 'function';
}

/** Follows what the server says of transactions; to be called before it connects. */
export function observe(client: Client): void {
  if (remembersStatus(client)) return;
  // Clients of others, and those that are not made of JavaScript, may have no such connection.
  const connection: Partial<Client['connection']> | undefined = client.connection;
  connection?.on?.('readyForQuery', ({ status }: { readonly status: string }) => transactionStatus.set(client, status));
}

export async function connect(config: ClientConfig, signal: AbortSignal): Promise<Client> {
  const client = new pg.Client(config);
  // An 'error' without a listener would end the process, now as well as when the server goes while the connection is idle.
  client.on('error', () => {});
  observe(client);
  const abort = (): void => {
    client.connection.stream.destroy();
  };
  signal.addEventListener('abort', abort, { once: true });
  try {
    await client.connect();
  } catch (error) {
    // It may have failed with the socket open, as after a wrong password.
    abort();
    throw error;
  } finally {
    signal.removeEventListener('abort', abort);
  }
  return client;
}

/** Whether the server said that it waits for the next query, outside of any transaction. */
export function isClean(client: Client): boolean {
  return statusOf(client) === 'I' && !isBusy(client);
}

/** In a transaction that a borrower left open. */
export function isInTransaction(client: Client): boolean {
  const status = statusOf(client);
  return status === 'T' || status === 'E';
}

/**
 * Refuses cursors, streams and their like, which keep a connection for as long as they are read, and a query that tells its own
 * callback: nobody else would ever hear that it is over; and a name that is none.
 * @throws {PoolError} `ERR_POOL_INVALID_OPTION`
 */
export function requireAnswer(query: unknown): void {
  const { name } = (query ?? {}) as { readonly name?: unknown };
  // Node-postgres would have a part of it sent before it finds out.
  if (typeof query === 'object' && name !== undefined && name !== null && typeof name !== 'string') throw invalidOption('query.name', name, 'a string');
  if (typeof query !== 'object' || query === null || !('submit' in query)) return;
  if ('callback' in query && query.callback === undefined) return;
  throw invalidOption('query', query, 'one that tells its result; a cursor or a stream takes a client of pool.connect()');
}

/** Not in the public types of a client, and not in each. */
interface Condition {
  readonly _queryable?: boolean;
  readonly _ending?: boolean;
  readonly connection?: { readonly stream?: { readonly writable?: boolean } };
}

/** Broken, or ended by its borrower or under the pool, which hears of the latter a little later. */
export function isUnusable(client: object): boolean {
  const { _queryable: queryable, _ending: ending, connection } = client as Condition;
  return queryable === false || ending === true || connection?.stream?.writable === false;
}

/** A query of the borrower's is still under way. */
export function isBusy(client: Client): boolean {
  return (client as { readonly readyForQuery?: boolean }).readyForQuery === false;
}

/** Waits for what is under way, too, as the server answers in order. */
export async function rollBack(client: Client): Promise<void> {
  await client.query('ROLLBACK');
  if (!isClean(client)) throw new Error('the connection is still in a transaction after ROLLBACK');
}

/** Runs a statement such as `DISCARD ALL`, after which the server has forgotten what was prepared: and so must the client. */
export async function discard(client: Client, statement: string): Promise<void> {
  await client.query(statement);
  (client.connection as { parsedStatements?: object }).parsedStatements = {};
}

/** For the server's goodbye. */
export const END_GRACE_MS = 1_000;

export async function end(client: Client, clock: Clock): Promise<void> {
  const timer = clock.setTimeout(() => client.connection.stream.destroy(), END_GRACE_MS);
  try {
    await client.end();
  } finally {
    timer.close();
  }
}
