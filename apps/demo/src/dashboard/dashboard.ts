import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import fastifyStatic from '@fastify/static';
import type { FastifyInstance, FastifyReply } from 'fastify';
import type { DashboardStream } from './stream.js';

/** Nothing but our own files, no inline script: a device's name can break nothing. uPlot sets styles of its own. */
const POLICY = "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; connect-src 'self'; img-src 'self' data:; frame-ancestors 'none'; base-uri 'none'; form-action 'none'";

/** The page at `/`, its chart library from node_modules, and the stream it reads. */
export async function addDashboard(server: FastifyInstance, stream: DashboardStream): Promise<void> {
  const headers = { 'content-security-policy': POLICY, 'x-content-type-options': 'nosniff', 'referrer-policy': 'no-referrer' };
  const setHeaders = (reply: FastifyReply): unknown => reply.headers(headers);
  const uplot = dirname(createRequire(import.meta.url).resolve('uplot/package.json'));
  await server.register(fastifyStatic, { root: join(import.meta.dirname, 'page'), setHeaders });
  await server.register(fastifyStatic, { root: join(uplot, 'dist'), prefix: '/uplot/', decorateReply: false, setHeaders });
  server.get('/v1/events', { exposeHeadRoute: false }, (_request, reply) => {
    reply.hijack();
    stream.join(reply.raw);
  });
}
