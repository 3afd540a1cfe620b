import type { Batch } from '../readings/batch.js';

/** An answer that is not a success; its `details` go to the client beside `code` and `message`. */
export class HttpError extends Error {
  override readonly name = 'HttpError';
  readonly statusCode: number;
  readonly code: string;
  readonly details: Readonly<Record<string, unknown>>;

  constructor(statusCode: number, code: string, message: string, details: Readonly<Record<string, unknown>> = {}, options?: ErrorOptions) {
    super(message, options);
    this.statusCode = statusCode;
    this.code = code;
    this.details = details;
  }
}

export const invalidReadings = ({ problems, problemsTotal }: Pick<Batch, 'problems' | 'problemsTotal'>): HttpError => {
  const [first] = problems;
  const more = problemsTotal > 1 ? `, and ${problemsTotal - 1} more` : '';
  return new HttpError(400, 'ERR_READINGS_INVALID', `nothing was stored: line ${first?.line}: ${first?.message}${more}`, { problemsTotal, problems });
};
export const invalidParameter = (name: string, value: unknown, expected: string): HttpError =>
  new HttpError(400, 'ERR_PARAMETER_INVALID', `${name} is ${JSON.stringify(value)}: expected ${expected}`);
export const bodyTooLarge = (bytes: number | undefined, maxBytes: number): HttpError =>
  new HttpError(413, 'ERR_BODY_TOO_LARGE', `the body has ${bytes === undefined ? 'more' : `${bytes} bytes, more`} than the ${maxBytes} bytes taken at once; send it in parts`);
export const bodyEmpty = (): HttpError => new HttpError(400, 'ERR_READINGS_INVALID', 'nothing was stored: the body is empty', { problemsTotal: 1, problems: [{ line: 1, message: 'the body is empty' }] });
export const encodingUnsupported = (encoding: string): HttpError => new HttpError(415, 'ERR_ENCODING_UNSUPPORTED', `the body is encoded as ${encoding}; send it as it is`);
export const formatUnsupported = (type: string | undefined): HttpError =>
  new HttpError(415, 'ERR_FORMAT_UNSUPPORTED', `the content type is ${type ?? 'missing'}: expected application/x-ndjson or text/csv`);
export const unknownDevice = (device: string): HttpError => new HttpError(404, 'ERR_DEVICE_UNKNOWN', `no reading of a device '${device}' was ever stored`);
export const unknownMetric = (device: string, metric: string, known: readonly string[]): HttpError =>
  new HttpError(404, 'ERR_METRIC_UNKNOWN', `device '${device}' has no metric '${metric}'; it has ${known.join(', ')}`);
export const invalidPath = (path: string): HttpError => new HttpError(400, 'ERR_PATH_INVALID', `the path ${JSON.stringify(path)} is not encoded as one`);
/** @param code of Node's HTTP server */
export const requestUnreadable = (code: string | undefined): HttpError => {
  if (code === 'HPE_HEADER_OVERFLOW') return new HttpError(431, 'ERR_HEADERS_TOO_LARGE', 'the request line and headers are longer than 16 KiB');
  if (code === 'ERR_HTTP_REQUEST_TIMEOUT') return new HttpError(408, 'ERR_REQUEST_TIMEOUT', 'the request did not arrive in time');
  return new HttpError(400, 'ERR_REQUEST_MALFORMED', 'this is no HTTP request');
};
export const unknownRoute = (method: string, path: string): HttpError => new HttpError(404, 'ERR_ROUTE_UNKNOWN', `there is no ${method} ${path}`);
export const overloaded = (queued: number, maxQueued: number): HttpError =>
  new HttpError(429, 'ERR_OVERLOADED', `${queued} of at most ${maxQueued} batches wait already; try again in a second`, { retryAfterS: 1 });
export const stopping = (): HttpError => new HttpError(503, 'ERR_STOPPING', 'the gateway is stopping', { retryAfterS: 5 });
export const clientGone = (cause?: unknown): HttpError => new HttpError(499, 'ERR_CLIENT_GONE', 'the client went away', {}, { cause });
export const keyReused = (key: string): HttpError =>
  new HttpError(422, 'ERR_IDEMPOTENCY_KEY_REUSED', `nothing was stored: another body was stored with the Idempotency-Key ${key} before`);
export const profileRunning = (): HttpError => new HttpError(409, 'ERR_PROFILE_RUNNING', 'a profile is being recorded; one at a time');

/**
 * Of the system, and PostgreSQL's classes 08 (connection), 28 (may not log in), 40 (rolled back, to be tried again), 53 (resources) and 57
 * (shut down, or a statement ended by its time limit), and 25006: it is read-only, as after a failover.
 */
const CANNOT_SERVE = /^(?:E(?:CONN|HOST|NET|PIPE|TIMEDOUT)|08|25006|28|40|53|57)/;
/** Those that come in the middle of a statement: the server may have carried it out. */
const NO_ANSWER = /^(?:ECONNRESET|EPIPE|ETIMEDOUT|ERR_POOL_STATEMENT_TIMEOUT)$/;

/** What a package or a driver refused, in a client's terms. Whatever is not expected stays 500 and inside. */
export function toHttpError(error: unknown): HttpError {
  if (error instanceof HttpError) return error;
  const { code = '', message = '', statusCode } = error as { readonly code?: string; readonly message?: string; readonly statusCode?: number };
  if (code === 'ERR_SCHEDULER_QUEUE_FULL') return new HttpError(429, 'ERR_OVERLOADED', message, { retryAfterS: 1 });
  if (code === 'ERR_ARENA_EXHAUSTED') return new HttpError(503, 'ERR_MEMORY_EXHAUSTED', message, { retryAfterS: 1 });
  if (/^ERR_(?:POOL|SCHEDULER|ARENA)_CLOSED$/.test(code)) return stopping();
  if (NO_ANSWER.test(code) || (code === '' && /^(?:Connection terminated|terminating connection)/.test(message)))
    return new HttpError(503, 'ERR_STORE_SILENT', 'the database did not answer in the middle of this request, and may have stored it; a batch sent again with its Idempotency-Key is stored once', { retryAfterS: 2 });
  if (code.startsWith('ERR_POOL_WORKER_'))
    return new HttpError(503, 'ERR_WORKER_LOST', 'the thread that read this batch ended before it was done; nothing of it was stored', { retryAfterS: 1 });
  if (code.startsWith('ERR_POOL_') || CANNOT_SERVE.test(code) || message.endsWith('is not queryable'))
    return new HttpError(503, 'ERR_STORE_UNAVAILABLE', 'the database cannot serve this at the moment; nothing of this request was stored', { retryAfterS: 2 });
  if (statusCode !== undefined && statusCode >= 400 && statusCode < 500) return new HttpError(statusCode, code, message);
  return new HttpError(500, 'ERR_INTERNAL', 'an error of the gateway; its log has the details');
}
