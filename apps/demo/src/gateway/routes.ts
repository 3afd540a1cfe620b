import { once } from 'node:events';
import type { Block } from '@fog/arena';
import type { FastifyInstance, FastifyReply } from 'fastify';
import { isName, toInstant } from '../readings/reading.js';
import type { LatestStore } from '../stores/latest-store.js';
import type { ReadingsStore } from '../stores/readings-store.js';
import { refusal, type Load } from './admission.js';
import { clientGone, formatUnsupported, invalidParameter, unknownDevice, unknownMetric } from './errors.js';
import type { Ingest } from './ingest.js';
import { FORMATS } from './server.js';

/** Longest that `/readyz` waits for a service. */
const CHECK_TIMEOUT_MS = 2_000;

export interface RouteParts {
  readonly ingest: Ingest;
  readonly readings: ReadingsStore;
  readonly latest: LatestStore;
  /** Read before each batch's body. */
  readonly load: () => Load;
  /** By the name in `/v1/<name>/stats`. */
  readonly components: Readonly<Record<string, () => object>>;
  /** What `/readyz` asks, by name: each rejects where the service does not answer. */
  readonly checks: Readonly<Record<string, () => Promise<unknown>>>;
  readonly metrics: () => Promise<{ readonly type: string; readonly text: string }>;
}

/** The gateway's answers to services and programs; the dashboard has its own. */
export function addRoutes(server: FastifyInstance, { ingest, readings, latest, load, components, checks, metrics }: RouteParts): void {
  server.post<{ Body: Block | undefined }>(
    '/v1/readings',
    {
      onRequest: async () => {
        const refused = refusal(load());
        if (refused !== undefined) throw refused;
      },
    },
    async ({ body, headers }, reply) => {
      const format = formatOf(headers['content-type']);
      if (body === undefined || format === undefined) throw formatUnsupported(headers['content-type']);
      return ingest(body, { format, idempotencyKey: idempotencyKey(headers['idempotency-key'], body), signal: abandonment(reply) });
    },
  );

  server.get<{ Querystring: Query }>('/v1/devices', async ({ query }) => ({ devices: await readings.devices(integer(query, 'limit', 100, 1, 10_000)) }));

  server.get<{ Params: { id: string } }>('/v1/devices/:id/latest', async ({ params }) => {
    const device = name('device', params.id);
    const values = await latest.read(device);
    if (values.length === 0) throw unknownDevice(device);
    return { device, metrics: Object.fromEntries(values.map(({ metric, value, atMs }) => [metric, { value, at: new Date(atMs).toISOString() }])) };
  });

  server.get<{ Params: { id: string }; Querystring: Query }>('/v1/devices/:id/series', async ({ params, query }) => {
    const device = name('device', params.id);
    const metric = name('metric', query['metric']);
    const [fromMs, toMs] = [instant(query, 'from', 0), instant(query, 'to', Date.now() + 86_400_000)];
    if (fromMs > toMs) throw invalidParameter('from', query['from'], 'an instant not after to');
    const points = await readings.series(device, metric, { fromMs, toMs, limit: integer(query, 'limit', 1_440, 1, 10_000) });
    if (points.length === 0) await explainNothing(readings, device, metric);
    return { device, metric, points };
  });

  for (const [component, stats] of Object.entries(components)) server.get(`/v1/${component}/stats`, async () => stats());

  server.get('/healthz', async () => ({ status: 'ok' }));
  server.get('/readyz', async (_request, reply) => {
    if (load().stopping) return reply.code(503).send({ status: 'stopping' });
    const results = await Promise.all(Object.entries(checks).map(async ([service, check]) => [service, await inTime(check()).then(() => 'ok', reason)] as const));
    const ready = results.every(([, result]) => result === 'ok');
    return reply.code(ready ? 200 : 503).send({ status: ready ? 'ready' : 'not ready', ...Object.fromEntries(results) });
  });
  server.get('/metrics', async (_request, reply) => {
    const { type, text } = await metrics();
    return reply.header('content-type', type).send(text);
  });
}

type Query = Readonly<Record<string, string | undefined>>;

/** Aborts when the client goes away before it was answered. */
function abandonment(reply: FastifyReply): AbortSignal {
  const controller = new AbortController();
  reply.raw.once('close', () => {
    if (!reply.raw.writableFinished) controller.abort(clientGone());
  });
  return controller.signal;
}

const formatOf = (type: string | undefined): (typeof FORMATS)[keyof typeof FORMATS] | undefined =>
  FORMATS[(type?.split(';')[0]?.trim().toLowerCase() ?? '') as keyof typeof FORMATS];

function idempotencyKey(key: string | string[] | undefined, body: Block): string | undefined {
  if (key === undefined || (typeof key === 'string' && /^[\x21-\x7e]{1,128}$/.test(key))) return key;
  body.free();
  throw invalidParameter('the header Idempotency-Key', key, '1 to 128 printable characters without spaces');
}

/** A range without points is an answer; a device or metric that does not exist is a mistake. */
async function explainNothing(readings: ReadingsStore, device: string, metric: string): Promise<void> {
  const known = await readings.metrics(device);
  if (known.length === 0) throw unknownDevice(device);
  if (!known.includes(metric)) throw unknownMetric(device, metric, known);
}

function name(parameter: string, value: string | undefined): string {
  if (!isName(value)) throw invalidParameter(parameter, value ?? null, 'a name of 1 to 128 letters, digits and _ . : / -');
  return value;
}

function integer(query: Query, parameter: string, byDefault: number, min: number, max: number): number {
  const text = query[parameter];
  if (text === undefined) return byDefault;
  const value = Number(text);
  if (text === '' || !Number.isInteger(value) || value < min || value > max) throw invalidParameter(parameter, text, `an integer from ${min} to ${max}`);
  return value;
}

function instant(query: Query, parameter: string, byDefault: number): number {
  const text = query[parameter];
  if (text === undefined) return byDefault;
  const atMs = toInstant(/^\d+$/.test(text) ? Number(text) : text);
  if (atMs === undefined) throw invalidParameter(parameter, text, 'an instant as 2026-01-31T12:00:00Z, or ms since 1970');
  return atMs;
}

/** A server that is frozen neither answers nor fails. */
async function inTime(check: Promise<unknown>): Promise<unknown> {
  const tooLate = once(AbortSignal.timeout(CHECK_TIMEOUT_MS), 'abort').then(() => {
    throw new Error(`no answer in ${CHECK_TIMEOUT_MS} ms`);
  });
  return Promise.race([check, tooLate]);
}

const reason = (error: unknown): string => (error instanceof Error ? error.message : String(error));
