import { randomBytes } from 'node:crypto';
import http from 'node:http';
import type { Duplex } from 'node:stream';
import { inspectorFailed, inspectorUnreachable } from '../errors.js';

/** Longest wait for an answer. */
const ANSWER_MS = 10_000;

export interface InspectorClient extends AsyncDisposable {
  /** @throws {ProfilerError} `ERR_PROFILER_INSPECTOR_FAILED`, `ERR_PROFILER_INSPECTOR_UNREACHABLE` when the process has ended, or has not answered for 10 s. */
  call(method: string, params?: object): Promise<object>;
}

/**
 * Connects to the inspector of another process, over as much of WebSocket as its protocol takes: texts, no extensions.
 * https://www.rfc-editor.org/rfc/rfc6455
 */
export async function connectInspector(address: URL): Promise<InspectorClient> {
  const socket = await upgrade(address.pathname.length > 1 ? address : await firstTarget(address));
  const waiting = new Map<number, { readonly resolve: (result: object) => void; readonly reject: (error: Error) => void }>();
  let calls = 0;
  const lose = (): void => {
    for (const { reject } of waiting.values()) reject(inspectorUnreachable(address.host, 'it has closed the connection'));
  };
  readTexts(socket, (text) => {
    const { id, result, error } = JSON.parse(text) as { readonly id?: number; readonly result?: object; readonly error?: { readonly message: string } };
    const call = id === undefined ? undefined : waiting.get(id);
    if (id === undefined || call === undefined) return;
    if (error) call.reject(inspectorFailed('a call', error.message));
    else call.resolve(result ?? {});
  });
  socket.on('close', lose);
  socket.on('error', lose);
  return {
    call: (method, params) =>
      new Promise((resolve, reject) => {
        if (socket.destroyed) return reject(inspectorUnreachable(address.host, 'it has closed the connection'));
        const id = (calls += 1);
        const timer = setTimeout(() => waiting.get(id)?.reject(inspectorUnreachable(address.host, 'it does not answer')), ANSWER_MS);
        const ended = <Value>(settle: (value: Value) => void) => (value: Value): void => {
          clearTimeout(timer);
          waiting.delete(id);
          settle(value);
        };
        waiting.set(id, { resolve: ended(resolve), reject: ended(reject) });
        socket.write(frameOf(JSON.stringify({ id, method, params })));
      }),
    async [Symbol.asyncDispose]() {
      socket.destroy();
    },
  };
}

async function firstTarget(address: URL): Promise<URL> {
  const listed: unknown = await fetch(new URL('/json/list', address), { signal: AbortSignal.timeout(ANSWER_MS) })
    .then((response) => response.json())
    .catch((cause: unknown) => {
      throw inspectorUnreachable(address.host, cause);
    });
  const [first] = (Array.isArray(listed) ? listed : []) as { readonly webSocketDebuggerUrl?: unknown }[];
  const url = typeof first?.webSocketDebuggerUrl === 'string' ? first.webSocketDebuggerUrl.replace(/^ws:/, 'http:') : '';
  if (!URL.canParse(url)) throw inspectorUnreachable(address.host, 'it names nothing to inspect');
  return new URL(url);
}

function upgrade(url: URL): Promise<Duplex> {
  return new Promise((resolve, reject) => {
    const headers = { connection: 'Upgrade', upgrade: 'websocket', 'sec-websocket-version': '13', 'sec-websocket-key': randomBytes(16).toString('base64') };
    const request = http.get(url, { headers, agent: false, timeout: ANSWER_MS });
    request.once('upgrade', (_, socket) => resolve(socket.setTimeout(0)));
    request.once('timeout', () => request.destroy(new Error('it does not answer')));
    request.once('response', ({ statusCode }) => reject(inspectorUnreachable(url.host, `it answers ${statusCode}`)));
    request.once('error', (cause) => reject(inspectorUnreachable(url.host, cause)));
  });
}

/** A text in one frame, masked as those of clients have to be. */
function frameOf(text: string): Buffer {
  const payload = Buffer.from(text, 'utf8');
  const mask = randomBytes(4);
  const head = payload.length < 126 ? Buffer.from([0x81, 0x80 | payload.length]) : Buffer.from([0x81, 0x80 | 126, payload.length >> 8, payload.length & 0xff]);
  for (const [index, byte] of payload.entries()) payload[index] = byte ^ (mask[index % 4] ?? 0);
  return Buffer.concat([head, mask, payload]);
}

/** Calls are short, answers may come in pieces and be of any length. */
function readTexts(socket: Duplex, onText: (text: string) => void): void {
  let buffer = Buffer.alloc(0);
  let pieces: Buffer[] = [];
  socket.on('data', (chunk: Buffer) => {
    buffer = Buffer.concat([buffer, chunk]);
    for (let frame = readFrame(buffer); frame !== undefined; frame = readFrame(buffer)) {
      buffer = buffer.subarray(frame.length);
      if (frame.isControl) continue;
      pieces.push(frame.payload);
      if (!frame.isLast) continue;
      onText(Buffer.concat(pieces).toString('utf8'));
      pieces = [];
    }
  });
}

function readFrame(buffer: Buffer): { readonly payload: Buffer; readonly length: number; readonly isLast: boolean; readonly isControl: boolean } | undefined {
  if (buffer.length < 2) return undefined;
  const [first = 0, second = 0] = buffer;
  const short = second & 0x7f;
  const head = short === 127 ? 10 : short === 126 ? 4 : 2;
  if (buffer.length < head) return undefined;
  const size = short === 127 ? Number(buffer.readBigUInt64BE(2)) : short === 126 ? buffer.readUInt16BE(2) : short;
  if (buffer.length < head + size) return undefined;
  return { payload: buffer.subarray(head, head + size), length: head + size, isLast: (first & 0x80) !== 0, isControl: (first & 0x08) !== 0 };
}
