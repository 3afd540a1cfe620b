import { setTimeout as pause } from 'node:timers/promises';
import type { Profiler } from '@fog/profiler';
import type { FastifyInstance } from 'fastify';
import { invalidParameter, profileRunning } from './errors.js';

/** The server cuts a connection on which nothing happens for a minute. */
const MOST_SECONDS = 30;

/** `GET /v1/profile?seconds=3`: records the gateway's CPU for so long and answers with the report. */
export function addProfileRoute(server: FastifyInstance, profiler: Profiler): void {
  let recording = false;
  server.get<{ Querystring: { seconds?: string } }>('/v1/profile', async ({ query }, reply) => {
    const seconds = Number(query.seconds ?? 3);
    if (!(seconds > 0 && seconds <= MOST_SECONDS)) throw invalidParameter('seconds', query.seconds, `a number above 0, at most ${MOST_SECONDS}`);
    if (recording) throw profileRunning();
    recording = true;
    try {
      const { profile } = await profiler.profile(() => pause(seconds * 1_000), { cpu: true });
      return await reply.type('text/html; charset=utf-8').send(profile.toHtml());
    } finally {
      recording = false;
    }
  });
}
