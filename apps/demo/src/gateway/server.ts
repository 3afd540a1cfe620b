import { Buffer } from 'node:buffer';
import { STATUS_CODES, type IncomingMessage } from 'node:http';
import type { Socket } from 'node:net';
import Fastify, { type FastifyInstance, type FastifyReply, type FastifyRequest } from 'fastify';
import type { Arena, Block } from '@fog/arena';
import { encodingUnsupported, formatUnsupported, invalidPath, requestUnreadable, toHttpError, unknownRoute, type HttpError } from './errors.js';
import { receiveBody } from './receive.js';

/** Content types of a batch and the reader each has. */
export const FORMATS = { 'application/x-ndjson': 'ndjson', 'text/csv': 'csv' } as const;

/** A name of the longest, each character of it encoded. */
const MOST_PARAMETER_CHARACTERS = 128 * 12;

/** An HTTP server that reads batches into `arena` and answers every error as `{ error: { code, message, … } }`. */
export function createServer(arena: Arena, maxBodyBytes: number, stopping: () => boolean): FastifyInstance {
  const server = Fastify({
    logger: { level: 'warn' },
    connectionTimeout: 60_000,
    requestTimeout: 60_000,
    forceCloseConnections: 'idle',
    return503OnClosing: false, // We say so ourselves.
    routerOptions: { maxParamLength: MOST_PARAMETER_CHARACTERS },
    clientErrorHandler: (error, socket) => answerUnread(error as NodeJS.ErrnoException, socket),
    frameworkErrors: (error, request, reply) => void answer(error, request, reply),
  });

  server.removeAllContentTypeParsers();
  server.addContentTypeParser('*', async ({ headers, is404 }: FastifyRequest): Promise<void> => {
    // Where there is nothing, no format is the right one.
    if (!is404) throw formatUnsupported(headers['content-type']);
  });
  server.addContentTypeParser(Object.keys(FORMATS), async (request: FastifyRequest, body: IncomingMessage): Promise<Block | undefined> => {
    if (request.is404) return undefined; // Nobody would free it.
    const { 'content-length': length, 'content-encoding': encoding = 'identity' } = request.headers;
    if (encoding !== 'identity') throw encodingUnsupported(encoding);
    return receiveBody(body, length === undefined ? undefined : Number(length), arena, maxBodyBytes);
  });

  // Closing ends idle connections; one that is still being answered would be kept open after it.
  // As would one that Fastify closes on a client that is still sending: it would never see the answer. What it sends is dropped.
  server.addHook('onSend', async ({ raw }, reply) => {
    if (stopping()) reply.header('connection', 'close');
    else if (!raw.complete) reply.removeHeader('connection');
    if (!raw.complete) raw.resume();
  });

  server.setErrorHandler(answer);
  server.setNotFoundHandler(({ method, url }) => {
    throw unknownRoute(method, url.split('?')[0] ?? url);
  });
  return server;
}

function answer(error: unknown, request: FastifyRequest, reply: FastifyReply): FastifyReply {
  const { statusCode, code, message, details } = inOurTerms(error, request);
  if (statusCode >= 500) request.log.error(error);
  const { retryAfterS } = details;
  if (typeof retryAfterS === 'number') void reply.header('retry-after', retryAfterS);
  return reply.code(statusCode).send({ error: { code, message, ...details } });
}

/** What Node could not read as a request, and so nobody else answers. */
function answerUnread({ code }: NodeJS.ErrnoException, socket: Socket): void {
  if (code === 'ECONNRESET' || !socket.writable) {
    socket.destroy();
    return;
  }
  const { statusCode, code: ours, message } = requestUnreadable(code);
  const body = JSON.stringify({ error: { code: ours, message } });
  const head = [`HTTP/1.1 ${statusCode} ${STATUS_CODES[statusCode]}`, 'content-type: application/json; charset=utf-8', `content-length: ${Buffer.byteLength(body)}`, 'connection: close'];
  socket.end(`${head.join('\r\n')}\r\n\r\n${body}`);
}

function inOurTerms(error: unknown, { headers, url }: FastifyRequest): HttpError {
  const { code } = error as { readonly code?: string };
  if (code === 'FST_ERR_CTP_INVALID_MEDIA_TYPE') return formatUnsupported(headers['content-type']);
  if (code === 'FST_ERR_BAD_URL') return invalidPath(url);
  return toHttpError(error);
}
