import { setTimeout as pause } from 'node:timers/promises';
import type { Profiler } from '@fog/profiler';
import type { FastifyInstance } from 'fastify';
import { clientGone, invalidParameter, profileRunning } from './errors.js';

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
    const gone = new AbortController();
    reply.raw.once('close', () => gone.abort());
    try {
      const wait = (): Promise<void> => pause(seconds * 1_000, undefined, { signal: gone.signal }).catch((error: unknown) => Promise.reject(clientGone(error)));
      const { profile } = await profiler.profile(wait, { cpu: true });
      return await reply.type('text/html; charset=utf-8').send(profile.toHtml());
    } finally {
      recording = false;
    }
  });
}
