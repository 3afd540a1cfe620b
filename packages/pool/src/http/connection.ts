import { Agent as HttpAgent, type IncomingMessage, type OutgoingHttpHeaders, request as httpRequest } from 'node:http';
import { Agent as HttpsAgent, request as httpsRequest } from 'node:https';
import { connect as connectTcp, isIP, type Socket } from 'node:net';
import { pipeline, type Readable } from 'node:stream';
import { connect as connectTls, type ConnectionOptions } from 'node:tls';

export interface HttpRequest {
  readonly method: string;
  readonly path: string;
  readonly headers: OutgoingHttpHeaders;
  readonly body: string | Uint8Array | Readable | undefined;
}

export interface HttpAnswer {
  readonly message: IncomingMessage;
  /** Whether all of the request has been sent: a server may answer before. */
  readonly isSent: () => boolean;
}

/** One connection to one origin, with one request at a time. */
export class HttpConnection {
  readonly #origin: URL;
  readonly #socket: Socket;
  readonly #agent: HttpAgent;
  requests = 0;

  constructor(origin: URL, socket: Socket) {
    this.#origin = origin;
    this.#socket = socket;
    this.#agent = agentOf(origin, socket);
    socket.setNoDelay(true);
  }

  /** `lost` is called when it is closed, by whichever side. */
  watch(lost: (cause?: unknown) => void): void {
    this.#socket.on('error', lost).on('close', () => lost());
  }

  hold(held: boolean): void {
    if (held) this.#socket.ref();
    else this.#socket.unref();
  }

  get usable(): boolean {
    return !this.#socket.destroyed && this.#socket.writable && !this.#socket.readableEnded;
  }

  /**
   * Gives the response once its head is there. An aborted `signal` destroys the connection.
   * @throws synchronously what Node does of a request that cannot be sent, before any of it is
   */
  send({ method, path, headers, body }: HttpRequest, signal: AbortSignal | undefined): Promise<HttpAnswer> {
    this.requests += 1;
    const { hostname, port, protocol } = this.#origin;
    const make = protocol === 'https:' ? httpsRequest : httpRequest;
    const request = make({ host: hostname, port, method, path, headers, agent: this.#agent, ...(signal && { signal }) });
    return new Promise((resolve, reject) => {
      request.once('response', (message) => resolve({ message, isSent: () => request.writableFinished })).on('error', reject);
      // As if the server switches to another protocol, which nobody has asked for.
      request.once('close', () => reject(Object.assign(new Error('the connection was closed instead of a response'), { code: 'ECONNRESET' })));
      if (body === undefined || typeof body === 'string' || body instanceof Uint8Array) request.end(body);
      // A body that breaks or ends too soon ends the request.
      else pipeline(body, request, (error) => error && reject(error));
    });
  }

  close(): void {
    this.#agent.destroy();
    this.#socket.destroy();
  }
}

/** Keeps `socket` between requests, and makes no other connection. */
function agentOf(origin: URL, socket: Socket): HttpAgent {
  const options = { keepAlive: true, maxSockets: 1 };
  const agent = origin.protocol === 'https:' ? new HttpsAgent(options) : new HttpAgent(options);
  return Object.assign(agent, { createConnection: () => socket });
}

/** Connects, with TLS where the origin wants it. */
export function connect(origin: URL, tls: ConnectionOptions, signal: AbortSignal): Promise<HttpConnection> {
  const secure = origin.protocol === 'https:';
  const port = Number(origin.port) || (secure ? 443 : 80);
  const host = origin.hostname.replace(/^\[|\]$/g, '');
  return new Promise((resolve, reject) => {
    // A server name is a name; an address is none.
    const socket = secure ? connectTls({ ...(isIP(host) === 0 && { servername: host }), ...tls, host, port }) : connectTcp({ host, port });
    const abort = (): void => {
      socket.destroy();
      reject(signal.reason);
    };
    const settle = (): void => {
      signal.removeEventListener('abort', abort);
      socket.off('error', failed);
    };
    const failed = (error: Error): void => {
      settle();
      socket.destroy();
      reject(error);
    };
    signal.addEventListener('abort', abort, { once: true });
    socket.once('error', failed).once(secure ? 'secureConnect' : 'connect', () => {
      settle();
      resolve(new HttpConnection(origin, socket));
    });
  });
}
