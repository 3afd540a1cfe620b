import type { Client } from 'pg';
import pg from 'pg';
import type { Clock } from '../clock.js';
import { isBusy } from './connection.js';

/** How long the server has to end a query that it was told to; then its connection goes. */
const GRACE_MS = 2_000;
/** The first pause before it is told again. */
const RETRY_MS = 2;

/** Has the server end what `client` runs, or else ends its connection. Settles when it runs nothing. */
export async function stopQuery(client: Client, clock: Clock): Promise<void> {
  const giveUp = new AbortController();
  const timer = clock.setTimeout(() => {
    giveUp.abort();
    client.connection.stream.destroy();
  }, GRACE_MS);
  // Told by another connection, the server may hear of it before it hears of the query, and do nothing.
  for (let pauseMs = RETRY_MS; isBusy(client) && !giveUp.signal.aborted; pauseMs *= 2) {
    await cancel(client, giveUp.signal);
    if (isBusy(client)) await new Promise<void>((resolve) => clock.setTimeout(resolve, pauseMs));
  }
  timer.close();
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
function cancel(client: Client, signal: AbortSignal): Promise<void> {
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
