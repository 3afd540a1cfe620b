import { setTimeout as pause } from 'node:timers/promises';
import type { Profiler } from '@fog/profiler';
import type { FastifyInstance } from 'fastify';
import { invalidParameter, profileRunning } from './errors.js';

/** `GET /v1/profile?seconds=3`: records the gateway's CPU for so long and answers with the report. */
export function addProfileRoute(server: FastifyInstance, profiler: Profiler): void {
  let recording = false;
  server.get<{ Querystring: { seconds?: string } }>('/v1/profile', async ({ query }, reply) => {
    const seconds = Number(query.seconds ?? 3);
    if (!(seconds > 0 && seconds <= 60)) throw invalidParameter('seconds', query.seconds, 'a number above 0, at most 60');
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
