import type { IncomingHttpHeaders, OutgoingHttpHeaders } from 'node:http';
import { buffer, json, text } from 'node:stream/consumers';
import { Readable } from 'node:stream';
import type { ConnectionOptions } from 'node:tls';
import { bodyUsed, invalidOption, type PoolError } from '../errors.js';
import { connect, type HttpAnswer, type HttpConnection, type HttpRequest } from '../http/connection.js';
import type { Lease } from '../lending/lease.js';
import { type PoolTuning, requireKnown, requireObject, TUNING } from '../options.js';
import type { Pool } from '../pool.js';
import type { PoolStats } from '../stats.js';
import { type AcquireOptions, type CloseOptions, checkAcquireOptions, type WaitOptions } from '../wait-options.js';
import { HoldingPool } from './holding-pool.js';

export interface HttpPoolOptions extends Omit<PoolTuning, 'concurrency'> {
  /** As in `https://api.example.com`: protocol, host and port, and no more. */
  readonly origin: string | URL;
  /** Whatever `tls.connect` takes, for an origin of `https:`. */
  readonly tls?: ConnectionOptions | undefined;
  /** Sent with each request; what a request has itself comes first. */
  readonly headers?: OutgoingHttpHeaders | undefined;
  /** Most connections. @default 10 */
  readonly max?: number;
}

export interface HttpRequestOptions extends AcquireOptions {
  /** Ends the wait for a connection, or the request; `text()` and the like reject with its reason, and `body` ends with an error. */
  readonly signal?: AbortSignal | undefined;
  /** Longest wait for a connection, in ms; it says nothing of the answer, for which there is `signal`. @default the pool's `acquireTimeoutMs` */
  readonly timeoutMs?: number | undefined;
  /** Any but CONNECT. @default 'GET' */
  readonly method?: string | undefined;
  readonly headers?: OutgoingHttpHeaders | undefined;
  readonly body?: string | Uint8Array | Readable | undefined;
}

export interface HttpResponse {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  /** The connection is free again when this has been read to its end; `destroy()` it, or `discard()`, if it is not wanted. */
  readonly body: Readable;
  /** As the two below. @throws {PoolError} `ERR_POOL_BODY_USED` where any of it was read, or it was discarded, before; or what the connection failed of, and the signal's reason */
  text(): Promise<string>;
  json(): Promise<unknown>;
  bytes(): Promise<Buffer>;
  /** Reads and forgets the body, so that the connection can be used again. */
  discard(): void;
}

/**
 * Connections to one HTTP/1.1 origin, kept open between requests, each with one request at a time. A request that a server meets
 * with the end of a kept connection, as it may at any time, is sent again, on a new one at last, where its method allows that (GET,
 * HEAD, OPTIONS, PUT, DELETE) and its body is no stream.
 */
export interface HttpPool extends AsyncDisposable {
  readonly name: string;
  /**
   * @param path begins with `/`
   * @throws {PoolError} `ERR_POOL_INVALID_OPTION`; what Node says of the request or the connection; or as `Pool.acquire`. No status is an error.
   */
  request(path: string, options?: HttpRequestOptions): Promise<HttpResponse>;
  /** As `Pool.ready`. */
  ready(options?: WaitOptions): Promise<void>;
  /** As `Pool.drain`. */
  drain(options?: WaitOptions): Promise<void>;
  /** As `Pool.close`. */
  close(options?: CloseOptions): Promise<void>;
  stats(): PoolStats;
}

/** As RFC 9110 has it, section 5.6.2. CONNECT asks for a connection, and none of these is to be given away. */
const METHOD = /^(?!CONNECT$)[!#$%&'*+.^_`|~\w-]+$/i;
const OPTIONS: readonly string[] = ['origin', 'tls', 'headers', ...TUNING.filter((name) => name !== 'concurrency')];
/** Sent twice, they do what they do once: RFC 9110, section 9.2.2. */
const IDEMPOTENT: readonly string[] = ['GET', 'HEAD', 'OPTIONS', 'PUT', 'DELETE'];

/** @throws {PoolError} `ERR_POOL_INVALID_OPTION` */
export function createHttpPool(options: HttpPoolOptions): HttpPool {
  requireKnown(options, OPTIONS);
  const { origin: given, tls = {}, headers = {}, max = 10, name = 'http', ...tuning } = options;
  const origin = URL.canParse(String(given)) ? new URL(String(given)) : undefined;
  if (origin === undefined || !['http:', 'https:'].includes(origin.protocol) || `${origin.origin}/` !== origin.href) throw invalidOption('origin', given, 'a URL of http: or https:, without path, query or credentials');
  requireObject('tls', tls);
  requireHeaders(headers);
  const pool = new HoldingPool<HttpConnection>(
    {
      ...tuning,
      max,
      name,
      create: ({ signal }) => connect(origin, tls, signal),
      watch: (connection, lost) => connection.watch(lost),
      destroy: (connection) => connection.close(),
    },
    (connection, held) => connection.hold(held),
  );
  return new OriginPool(pool, headers);
}

class OriginPool implements HttpPool {
  readonly name: string;
  readonly #pool: Pool<HttpConnection>;
  readonly #headers: OutgoingHttpHeaders;

  constructor(pool: Pool<HttpConnection>, headers: OutgoingHttpHeaders) {
    this.name = pool.name;
    this.#pool = pool;
    this.#headers = headers;
  }

  async request(path: string, options: HttpRequestOptions = {}): Promise<HttpResponse> {
    requireObject('options', options);
    const { method = 'GET', headers = {}, body, ...wait } = options;
    checkAcquireOptions(wait);
    if (typeof path !== 'string' || !path.startsWith('/')) throw invalidOption('path', path, "a string that begins with '/'");
    if (typeof method !== 'string' || !METHOD.test(method)) throw invalidOption('method', method, 'a method other than CONNECT');
    requireHeaders(headers);
    if (!isAtHand(body) && !(body instanceof Readable)) throw invalidOption('body', body, 'a string, a Uint8Array or a Readable');
    const request: HttpRequest = { method: method.toUpperCase(), path, headers: framed({ ...this.#headers, ...headers }, body), body };
    const repeatable = IDEMPOTENT.includes(request.method) && isAtHand(body);
    for (;;) {
      const lease = await this.#pool.acquire(wait);
      const wasKept = lease.resource.requests > 0;
      let answer: Promise<HttpAnswer>;
      try {
        answer = lease.resource.send(request, wait.signal);
      } catch (error) {
        lease.release();
        throw error;
      }
      try {
        return respond(this.name, lease, await answer, wait.signal);
      } catch (error) {
        discard(lease, error);
        // The server may have closed it just as the request was under way to it.
        if (!(wasKept && repeatable && isHangUp(error))) throw wait.signal?.aborted === true ? wait.signal.reason : error;
      }
    }
  }

  ready(options?: WaitOptions): Promise<void> {
    return this.#pool.ready(options);
  }

  drain(options?: WaitOptions): Promise<void> {
    return this.#pool.drain(options);
  }

  close(options?: CloseOptions): Promise<void> {
    return this.#pool.close(options);
  }

  stats(): PoolStats {
    return this.#pool.stats();
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.#pool.close();
  }
}

const isHangUp = (error: unknown): boolean => ['ECONNRESET', 'EPIPE'].includes(String((error as NodeJS.ErrnoException).code));

/** Not a stream, which can be sent but once. */
const isAtHand = (body: unknown): boolean => body === undefined || typeof body === 'string' || body instanceof Uint8Array;

/** Those of `fetch` and Maps are iterated, and would be taken for none. */
function requireHeaders(headers: OutgoingHttpHeaders): void {
  requireObject('headers', headers);
  if (Symbol.iterator in headers) throw invalidOption('headers', headers, 'an object of values by name');
}

/** With what tells the length of the body: Node leaves it out for methods that seldom have one, and the server would take it for another request. */
function framed(headers: OutgoingHttpHeaders, body: HttpRequestOptions['body']): OutgoingHttpHeaders {
  if (body === undefined) return headers;
  const has = new Map(Object.entries(headers).map(([name, value]) => [name.toLowerCase(), value]));
  if (body instanceof Readable) return has.has('content-length') || has.has('transfer-encoding') ? headers : { ...headers, 'transfer-encoding': 'chunked' };
  const bytes = Buffer.byteLength(body);
  const given = has.get('content-length');
  if (given !== undefined && Number(given) !== bytes) throw invalidOption('headers.content-length', given, `left out, or the body's ${bytes}`);
  return given !== undefined || has.has('transfer-encoding') ? headers : { ...headers, 'content-length': bytes };
}

/** It may have been taken back, as leaked. */
function discard(lease: Lease<HttpConnection>, cause?: unknown): void {
  try {
    lease.destroy(cause);
  } catch (error) {
    if ((error as Partial<PoolError>).code !== 'ERR_POOL_LEASE_ENDED') throw error;
  }
}

function respond(pool: string, lease: Lease<HttpConnection>, { message, isSent }: HttpAnswer, signal: AbortSignal | undefined): HttpResponse {
  const connection = lease.resource;
  const keeps = message.headers.connection?.toLowerCase() !== 'close' && (message.httpVersion !== '1.0' || message.headers.connection !== undefined);
  // Closed is also what was read to its end, once the next request may follow.
  message.once('close', () => {
    if (message.complete && isSent() && keeps && connection.usable) lease[Symbol.dispose]();
    else discard(lease);
  });
  let isTaken = false;
  const read = async <T>(consume: (body: Readable) => Promise<T>): Promise<T> => {
    if (isTaken || message.readableDidRead) throw bodyUsed(pool);
    isTaken = true;
    try {
      return await consume(message);
    } catch (error) {
      throw signal?.aborted === true ? signal.reason : error;
    }
  };
  return {
    status: message.statusCode ?? 0,
    headers: message.headers,
    body: message,
    text: () => read(text),
    json: () => read(json),
    bytes: () => read(buffer),
    discard: () => {
      isTaken = true;
      message.resume();
    },
  };
}
