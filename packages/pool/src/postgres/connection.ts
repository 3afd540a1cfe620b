import type { Client, ClientConfig } from 'pg';
import pg from 'pg';
import type { Clock } from '../clock.js';

/** What the server last said: 'I' idle, 'T' in a transaction, 'E' in a failed one. */
const transactionStatus = new WeakMap<Client, string>();

/** Follows what the server says of transactions; to be called before it connects. */
export function observe(client: Client): void {
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
  return transactionStatus.get(client) === 'I' && !isBusy(client);
}

/** In a transaction that a borrower left open. */
export function isInTransaction(client: Client): boolean {
  const status = transactionStatus.get(client);
  return status === 'T' || status === 'E';
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

/** Where a client has connected to; not in its public types. */
interface Address {
  readonly host: string;
  readonly port: number;
  readonly ssl: boolean;
  readonly processID: number;
  readonly secretKey: number;
}

interface CancelConnection {
  readonly stream: { destroy(): void };
  on(event: 'connect' | 'sslconnect' | 'error' | 'end', listener: () => void): this;
  connect(portOrPath: number | string, host?: string): void;
  requestSsl(): void;
  cancel(processId: number, secretKey: number): void;
}

/**
 * Asks the server, by a connection made for it as the protocol wants, to end the query that `client` runs. Settles once the server
 * has hung up, and with that has sent its signal: what the client runs later is safe. An aborted `signal` gives up.
 */
export function cancel(client: Client, signal: AbortSignal): Promise<void> {
  const { host, port, ssl, processID, secretKey } = client as unknown as Address;
  const connection = new pg.Connection({ ssl }) as unknown as CancelConnection;
  return new Promise((resolve) => {
    const abort = (): void => connection.stream.destroy();
    signal.addEventListener('abort', abort, { once: true });
    const tell = (): void => connection.cancel(processID, secretKey);
    connection.on('connect', () => (ssl ? connection.requestSsl() : tell())).on('sslconnect', tell);
    // What cannot be cancelled ends with its connection; there is nobody to tell why.
    connection.on('error', () => {});
    connection.on('end', () => {
      signal.removeEventListener('abort', abort);
      resolve();
    });
    if (host.startsWith('/')) connection.connect(`${host}/.s.PGSQL.${port}`);
    else connection.connect(port, host);
  });
}

/** For the server's goodbye. */
const END_GRACE_MS = 1_000;

export async function end(client: Client, clock: Clock): Promise<void> {
  const timer = clock.setTimeout(() => client.connection.stream.destroy(), END_GRACE_MS);
  try {
    await client.end();
  } finally {
    timer.close();
  }
}
