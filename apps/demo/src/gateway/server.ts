import type { IncomingMessage } from 'node:http';
import Fastify, { type FastifyInstance, type FastifyRequest } from 'fastify';
import type { Arena, Block } from '@fog/arena';
import { encodingUnsupported, formatUnsupported, toHttpError, unknownRoute } from './errors.js';
import { receiveBody } from './receive.js';

/** Content types of a batch and the reader each has. */
export const FORMATS = { 'application/x-ndjson': 'ndjson', 'text/csv': 'csv' } as const;

/** An HTTP server that reads batches into `arena` and answers every error as `{ error: { code, message, … } }`. */
export function createServer(arena: Arena, maxBodyBytes: number, stopping: () => boolean): FastifyInstance {
  const server = Fastify({
    logger: { level: 'warn' },
    bodyLimit: 64 * 1024, // Of JSON; batches have their own.
    connectionTimeout: 60_000,
    requestTimeout: 60_000,
    forceCloseConnections: 'idle',
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

  server.setErrorHandler((error, request, reply) => {
    const { code: fastifyCode } = error as { readonly code?: string };
    const answer = fastifyCode === 'FST_ERR_CTP_INVALID_MEDIA_TYPE' ? formatUnsupported(request.headers['content-type']) : toHttpError(error);
    if (answer.statusCode >= 500) request.log.error(error);
    const { retryAfterS } = answer.details;
    if (typeof retryAfterS === 'number') void reply.header('retry-after', retryAfterS);
    return reply.code(answer.statusCode).send({ error: { code: answer.code, message: answer.message, ...answer.details } });
  });
  server.setNotFoundHandler(({ method, url }) => {
    throw unknownRoute(method, url.split('?')[0] ?? url);
  });
  return server;
}
