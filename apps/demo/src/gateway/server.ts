import type { IncomingMessage } from 'node:http';
import Fastify, { type FastifyInstance, type FastifyReply, type FastifyRequest } from 'fastify';
import type { Arena, Block } from '@fog/arena';
import { encodingUnsupported, formatUnsupported, invalidPath, toHttpError, unknownRoute, type HttpError } from './errors.js';
import { receiveBody } from './receive.js';

/** Content types of a batch and the reader each has. */
export const FORMATS = { 'application/x-ndjson': 'ndjson', 'text/csv': 'csv' } as const;

/** A name of the longest, each character of it encoded. */
const MOST_PARAMETER_CHARACTERS = 128 * 12;

/** An HTTP server that reads batches into `arena` and answers every error as `{ error: { code, message, … } }`. */
export function createServer(arena: Arena, maxBodyBytes: number, stopping: () => boolean): FastifyInstance {
  const server = Fastify({
    logger: { level: 'warn' },
    bodyLimit: 64 * 1024, // Of JSON; batches have their own.
    connectionTimeout: 60_000,
    requestTimeout: 60_000,
    forceCloseConnections: 'idle',
    return503OnClosing: false, // We say so ourselves.
    routerOptions: { maxParamLength: MOST_PARAMETER_CHARACTERS },
    frameworkErrors: (error, request, reply) => void answer(error, request, reply),
  });

  server.addContentTypeParser(Object.keys(FORMATS), async (request: FastifyRequest, body: IncomingMessage): Promise<Block> => {
    const { 'content-length': length, 'content-encoding': encoding = 'identity' } = request.headers;
    if (encoding !== 'identity') throw encodingUnsupported(encoding);
    return receiveBody(body, length === undefined ? undefined : Number(length), arena, maxBodyBytes);
  });

  // Closing ends idle connections; one that is still being answered would be kept open after it.
  server.addHook('onSend', async (_request, reply) => {
    if (stopping()) reply.header('connection', 'close');
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

function inOurTerms(error: unknown, { headers, url }: FastifyRequest): HttpError {
  const { code } = error as { readonly code?: string };
  if (code === 'FST_ERR_CTP_INVALID_MEDIA_TYPE') return formatUnsupported(headers['content-type']);
  if (code === 'FST_ERR_BAD_URL') return invalidPath(url);
  return toHttpError(error);
}
