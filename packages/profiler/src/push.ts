import http from 'node:http';
import https from 'node:https';
import { invalidOption, pushFailed } from './errors.js';
import { asObject, refuseUnknown } from './refusal.js';
import type { Profile } from './profile.js';

export interface PushOptions {
  /** Where a window is sent, as `POST`; as a function, it can have the time in it that some receivers ask for. */
  readonly url: string | URL | ((profile: Profile) => string | URL);
  /** @default 'pprof' */
  readonly format?: 'pprof' | 'otlp' | 'fogprofile';
  /** Sent along, as `authorization`. @default {} */
  readonly headers?: Readonly<Record<string, string>>;
  /** Longest wait for an answer, in ms. Above 0, at most 600_000. @default 10_000 */
  readonly timeoutMs?: number;
}

const FORMATS = {
  pprof: { type: 'application/octet-stream', write: (profile: Profile) => profile.toPprof() },
  otlp: { type: 'application/x-protobuf', write: (profile: Profile) => profile.toOtlp() },
  fogprofile: { type: 'application/gzip', write: (profile: Profile) => profile.toFogProfile() },
} as const;

/**
 * Sends windows of continuous sampling to a collector; to be given as `continuous.onWindow`. A window that cannot be sent
 * is lost, and counted in `recordingsFailedTotal`: the program does not wait, and memory does not grow.
 * @throws {ProfilerError} `ERR_PROFILER_INVALID_OPTION`; what is returned rejects with `ERR_PROFILER_PUSH_FAILED`.
 */
export function pushWindows(options: PushOptions): (profile: Profile) => Promise<void> {
  const { url, format = 'pprof', headers = {}, timeoutMs = 10_000, ...unknown } = asObject('options', options);
  refuseUnknown('', unknown);
  if (typeof url !== 'function' && httpUrl(url) === undefined) throw invalidOption('url', url, 'a URL of http or https, or a function that gives one');
  if (typeof format !== 'string' || !Object.hasOwn(FORMATS, format)) throw invalidOption('format', format, Object.keys(FORMATS).join(', '));
  if (!Object.values(asObject('headers', headers)).every((value) => typeof value === 'string')) throw invalidOption('headers', headers, 'strings by name');
  if (!(typeof timeoutMs === 'number' && timeoutMs > 0 && timeoutMs <= 600_000)) throw invalidOption('timeoutMs', timeoutMs, 'above 0 and at most 600000');
  const { type, write } = FORMATS[format];
  return async (profile) => {
    const given = typeof url === 'function' ? url(profile) : url;
    const target = httpUrl(given);
    if (target === undefined) throw pushFailed(String(given), 'that is no URL of http or https');
    let status: number;
    try {
      status = await post(target, { 'content-type': type, ...headers }, write(profile), timeoutMs);
    } catch (cause) {
      throw pushFailed(target.host, cause);
    }
    if (status < 200 || status > 299) throw pushFailed(target.host, `status ${status}`);
  };
}

function httpUrl(url: unknown): URL | undefined {
  const parsed = URL.canParse(String(url)) ? new URL(String(url)) : undefined;
  return parsed?.protocol === 'http:' || parsed?.protocol === 'https:' ? parsed : undefined;
}

/** Not by `fetch`, which keeps the program alive until it is answered, and takes the page that it is sent on to for the answer. @returns the status */
function post(url: URL, headers: Readonly<Record<string, string>>, body: Uint8Array, timeoutMs: number): Promise<number> {
  return new Promise((resolve, reject) => {
    const { request } = url.protocol === 'https:' ? https : http;
    const sending = request(url, { method: 'POST', headers: { ...headers, 'content-length': body.byteLength }, signal: AbortSignal.timeout(timeoutMs) }, (response) => {
      response.resume();
      resolve(response.statusCode ?? 0);
    });
    sending.on('socket', (socket) => socket.unref());
    sending.on('error', reject);
    sending.end(body);
  });
}
