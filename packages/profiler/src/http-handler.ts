import { createHash, timingSafeEqual } from 'node:crypto';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { setTimeout as pause } from 'node:timers/promises';
import { ProfilerError, type ProfilerErrorCode, invalidOption } from './errors.js';
import { type ProfilingMode, SOURCES } from './mode.js';
import { asObject, refuseUnknown } from './refusal.js';
import type { Profile } from './profile.js';
import type { Profiler } from './profiler.js';

export interface HandlerOptions {
  /** What `Authorization: Bearer …` has to hold. At least 16 letters. */
  readonly token: string;
  /** Longest recording that may be asked for, in seconds. Above 0, at most 3_600. @default 60 */
  readonly maxSeconds?: number;
}

const FORMATS: ReadonlyMap<string, readonly [type: string, write: (profile: Profile) => string | Uint8Array]> = new Map([
  ['html', ['text/html; charset=utf-8', (profile) => profile.toHtml()]],
  ['cpuprofile', ['application/json', (profile) => profile.toCpuProfile()]],
  ['pprof', ['application/octet-stream', (profile) => profile.toPprof()]],
  ['heapprofile', ['application/json', (profile) => profile.toHeapProfile()]],
  ['otlp', ['application/x-protobuf', (profile) => profile.toOtlp()]],
  ['folded', ['text/plain; charset=utf-8', (profile) => profile.toFolded()]],
  ['fogprofile', ['application/gzip', (profile) => profile.toFogProfile()]],
]);

/**
 * Answers HTTP requests with profiles: `?seconds=5` records for so long, `?recent=60` gives what continuous sampling has kept
 * of the last minute, `&mode=ALL` and `&format=html|cpuprofile|heapprofile|pprof|otlp|folded|fogprofile` say of what and as what. For
 * `node:http` and what is built on it; only who knows the token gets an answer, and of the token not even its length can be
 * told from how long that takes. A recording ends with the request that asked for it; the promise never rejects.
 * @throws {ProfilerError} `ERR_PROFILER_INVALID_OPTION`
 */
export function profileHandler(profiler: Profiler, options: HandlerOptions): (request: IncomingMessage, response: ServerResponse) => Promise<void> {
  const { token, maxSeconds = 60, ...unknown } = asObject('options', options);
  refuseUnknown('', unknown);
  if (typeof token !== 'string' || token.length < 16) throw invalidOption('token', typeof token === 'string' ? `a string of ${token.length}` : token, 'a string of at least 16 letters');
  if (!(maxSeconds > 0 && maxSeconds <= 3_600)) throw invalidOption('maxSeconds', maxSeconds, 'above 0 and at most 3600');
  const wanted = digest(`Bearer ${token}`);
  return async (request, response) => {
    const answer = (status: number, text: string): void => void response.writeHead(status, { 'content-type': 'text/plain; charset=utf-8', 'cache-control': 'no-store' }).end(`${text}\n`);
    if (!timingSafeEqual(digest(request.headers.authorization ?? ''), wanted)) return answer(401, 'unauthorized');
    if (request.method !== 'GET') return answer(405, 'GET only');
    const query = new URLSearchParams(/\?(.*)/.exec(request.url ?? '')?.[1]);
    const [type, write] = FORMATS.get(query.get('format') ?? 'html') ?? [];
    const recent = query.get('recent');
    const seconds = Number(recent ?? query.get('seconds') ?? 5);
    const mode = (query.get('mode') ?? 'CPU').toUpperCase();
    if (write === undefined) return answer(400, `format: one of ${[...FORMATS.keys()].join(', ')}`);
    if (!(seconds > 0 && (recent !== null || seconds <= maxSeconds))) return answer(400, `seconds: above 0 and at most ${maxSeconds}`);
    if (!Object.hasOwn(SOURCES, mode)) return answer(400, `mode: one of ${Object.keys(SOURCES).join(', ')}`);
    const gone = new AbortController();
    response.once('close', () => gone.abort());
    try {
      const profile = recent === null ? await record(profiler, mode as ProfilingMode, seconds, gone.signal) : await profiler.recent({ fromMs: Date.now() - seconds * 1e3 });
      const body = write(profile); // It may be refused, which the status has to tell.
      response.writeHead(200, { 'content-type': type, 'cache-control': 'no-store' }).end(body);
    } catch (error) {
      if (gone.signal.aborted) return; // Nobody waits for an answer.
      if (error instanceof ProfilerError) answer(STATUSES.get(error.code) ?? 503, error.message);
      else answer(500, 'failed'); // What went wrong in the program is not for whoever asks.
    }
  };
}

const STATUSES: ReadonlyMap<ProfilerErrorCode, number> = new Map([
  ['ERR_PROFILER_ALREADY_RECORDING', 409],
  ['ERR_PROFILER_NOT_CONTINUOUS', 400],
  ['ERR_PROFILER_NOT_RECORDED', 400],
]);

const record = async (profiler: Profiler, mode: ProfilingMode, seconds: number, signal: AbortSignal): Promise<Profile> =>
  (await profiler.profile(() => pause(seconds * 1e3, undefined, { signal }), { mode })).profile;

/** Of one length, whatever was sent. */
const digest = (text: string): Buffer => createHash('sha256').update(text).digest();
