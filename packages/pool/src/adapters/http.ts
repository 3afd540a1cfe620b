import type { IncomingHttpHeaders, IncomingMessage, OutgoingHttpHeaders } from 'node:http';
import { buffer, json, text } from 'node:stream/consumers';
import type { Readable } from 'node:stream';
import type { ConnectionOptions } from 'node:tls';
import { invalidOption } from '../errors.js';
import { connect, type HttpConnection, type HttpRequest } from '../http/connection.js';
import type { Lease } from '../lease.js';
import { type PoolTuning, requireKnown, TUNING } from '../options.js';
import type { Pool } from '../pool.js';
import type { PoolStats } from '../stats.js';
import { type AcquireOptions, type CloseOptions, checkAcquireOptions, type WaitOptions } from '../wait-options.js';
import { createHoldingPool } from './holding-pool.js';

export interface HttpPoolOptions extends PoolTuning {
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
  /** Ends the wait for a connection, or the request; the body ends with an error if it has begun. */
  readonly signal?: AbortSignal | undefined;
  /** Longest wait for a connection, in ms; it says nothing of the answer, for which there is `signal`. @default the pool's `acquireTimeoutMs` */
  readonly timeoutMs?: number | undefined;
  /** @default 'GET' */
  readonly method?: string | undefined;
  readonly headers?: OutgoingHttpHeaders | undefined;
  readonly body?: string | Uint8Array | Readable | undefined;
}

export interface HttpResponse {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  /** The connection is free again when this has been read to its end; `destroy()` it, or `discard()`, if it is not wanted. */
  readonly body: Readable;
  text(): Promise<string>;
  json(): Promise<unknown>;
  bytes(): Promise<Buffer>;
  /** Reads and forgets the body, so that the connection can be used again. */
  discard(): void;
}

/**
 * Connections to one HTTP/1.1 origin, kept open between requests, each with one request at a time. A request that a server meets
 * with the end of a kept connection, as it may at any time, is sent once more where its method allows that (GET, HEAD, OPTIONS,
 * PUT, DELETE) and its body is no stream.
 */
export interface HttpPool extends AsyncDisposable {
  readonly name: string;
  /**
   * @param path begins with `/`
   * @throws what Node says of the connection; or as `Pool.acquire`. No status is an error.
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

const OPTIONS: readonly string[] = ['origin', 'tls', 'headers', ...TUNING];
/** Sent twice, they do what they do once: RFC 9110, section 9.2.2. */
const IDEMPOTENT: readonly string[] = ['GET', 'HEAD', 'OPTIONS', 'PUT', 'DELETE'];

/** @throws {PoolError} `ERR_POOL_INVALID_OPTION` */
export function createHttpPool(options: HttpPoolOptions): HttpPool {
  requireKnown(options, OPTIONS);
  const { origin: given, tls = {}, headers = {}, max = 10, name = 'http', ...tuning } = options;
  const origin = URL.canParse(String(given)) ? new URL(String(given)) : undefined;
  if (origin === undefined || !['http:', 'https:'].includes(origin.protocol) || `${origin.origin}/` !== origin.href) throw invalidOption('origin', given, 'a URL of http: or https:, without path, query or credentials');
  const pool = createHoldingPool<HttpConnection>(
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
    const { method = 'GET', headers, body, ...wait } = options;
    checkAcquireOptions(wait);
    if (typeof path !== 'string' || !path.startsWith('/')) throw invalidOption('path', path, "a string that begins with '/'");
    const request: HttpRequest = { method, path, headers: { ...this.#headers, ...headers }, body };
    const repeatable = IDEMPOTENT.includes(method) && (body === undefined || typeof body === 'string' || body instanceof Uint8Array);
    for (;;) {
      const lease = await this.#pool.acquire(wait);
      const wasKept = lease.resource.requests > 0;
      try {
        return respond(lease, await lease.resource.send(request, wait.signal));
      } catch (error) {
        lease.destroy(error);
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

function respond(lease: Lease<HttpConnection>, message: IncomingMessage): HttpResponse {
  const keeps = message.headers.connection?.toLowerCase() !== 'close' && (message.httpVersion !== '1.0' || message.headers.connection !== undefined);
  // Closed is also what was read to its end, once the next request may follow.
  message.once('close', () => {
    if (message.complete && keeps && lease.resource.usable) lease.release();
    else lease.destroy();
  });
  return {
    status: message.statusCode ?? 0,
    headers: message.headers,
    body: message,
    text: () => text(message),
    json: () => json(message),
    bytes: () => buffer(message),
    discard: () => {
      message.resume();
    },
  };
}
