/* oxlint-disable typescript/no-this-alias -- a function that replaces a method has the `this` of its caller */
import diagnostics from 'node:diagnostics_channel';
import net from 'node:net';
import type { IoObserver, Site } from './operation.js';
import { type Method, type Patch, replaceMethod } from './patch.js';

/** What is known of a socket while it is open. */
interface SocketState {
  target: string;
  /** Who connects asks and waits for answers; who is connected to answers. */
  readonly asks: boolean;
  /** Bytes read that were counted already: an HTTP server's parser takes them from below JavaScript. */
  readBytes: number;
  asked: { readonly beganMs: number; readonly bytes: number; readonly site: Site | undefined } | undefined;
}

/**
 * Watches TCP and Unix sockets, those under TLS and HTTP included. Of a socket that connects, an operation is a turn: from
 * a write until the first bytes of the answer. UDP is not watched.
 */
export function watchSockets(observer: IoObserver): Patch[] {
  const watch = new SocketWatch(observer);
  const prototype = net.Socket.prototype;
  const serverSocket = (message: unknown): void => watch.serverSocket((message as { readonly socket: net.Socket }).socket);
  diagnostics.subscribe('net.server.socket', serverSocket);
  return [
    replaceMethod(prototype, 'connect', (original) => watch.connect(original)),
    replaceMethod(prototype, 'write', (original) => watch.write(original)),
    replaceMethod(prototype, 'push', (original) => watch.push(original)),
    replaceMethod(prototype, '_destroy', (original) => watch.destroy(original)),
    { undo: () => void diagnostics.unsubscribe('net.server.socket', serverSocket) },
    { undo: () => watch.settleAll() },
  ];
}

class SocketWatch {
  readonly #observer: IoObserver;
  readonly #open = new Map<net.Socket, SocketState>();

  constructor(observer: IoObserver) {
    this.#observer = observer;
  }

  serverSocket(socket: net.Socket): void {
    this.#open.set(socket, { target: `clients of :${socket.localPort ?? 'pipe'}`, asks: false, readBytes: 0, asked: undefined });
  }

  connect(original: Method): Method {
    const watch = this;
    return function watched(this: net.Socket, ...args) {
      watch.#open.set(this, { target: hostOf(args), asks: true, readBytes: 0, asked: undefined });
      return original.apply(this, args);
    } as Method;
  }

  write(original: Method): Method {
    const watch = this;
    return function watched(this: net.Socket, ...args) {
      const state = watch.#stateOf(this);
      const [chunk, encoding] = args;
      const bytes = sizeOf(chunk, encoding);
      const site = bytes === 0 ? undefined : watch.#observer.site(bytes, watched);
      if (bytes > 0 && state.asks && state.asked === undefined) state.asked = { beganMs: performance.now(), bytes, site };
      else if (bytes > 0) watch.#done(state, { beganMs: performance.now(), bytes, site }, 0, undefined);
      return original.apply(this, args);
    } as Method;
  }

  push(original: Method): Method {
    const watch = this;
    return function watched(this: net.Socket, ...args) {
      const [chunk] = args;
      const bytes = ArrayBuffer.isView(chunk) ? chunk.byteLength : 0;
      if (bytes > 0) {
        const state = watch.#stateOf(this);
        const { asked } = state;
        state.readBytes += bytes;
        state.asked = undefined;
        if (asked === undefined) watch.#observer.moved('network', state.target, bytes, 0);
        else watch.#done(state, asked, bytes, performance.now() - asked.beganMs);
      }
      return original.apply(this, args);
    } as Method;
  }

  destroy(original: Method): Method {
    const watch = this;
    return function watched(this: net.Socket, ...args) {
      const state = watch.#open.get(this);
      if (state !== undefined) watch.#settle(this, state);
      watch.#open.delete(this);
      return original.apply(this, args);
    } as Method;
  }

  settleAll(): void {
    for (const [socket, state] of this.#open) this.#settle(socket, state);
    this.#open.clear();
  }

  /** Counts what went past: bytes that a parser below JavaScript took, a question that nobody answered. */
  #settle(socket: net.Socket, state: SocketState): void {
    const missed = 'encrypted' in socket ? 0 : socket.bytesRead - state.readBytes;
    if (missed > 0) this.#observer.moved('network', state.target, missed, 0);
    if (state.asked !== undefined) this.#done(state, state.asked, 0, undefined);
    state.asked = undefined;
    state.readBytes = socket.bytesRead;
  }

  #done(state: SocketState, { beganMs, bytes, site }: NonNullable<SocketState['asked']>, readBytes: number, latencyMs: number | undefined): void {
    this.#observer.done({ kind: 'network', target: state.target, readBytes, writtenBytes: bytes, beganMs, latencyMs, sync: false, site });
  }

  /** A socket that was open before. */
  #stateOf(socket: net.Socket): SocketState {
    const known = this.#open.get(socket);
    if (known !== undefined) return known;
    const { remoteAddress, remotePort, localPort, bytesRead } = socket;
    const isServers = (socket as { readonly server?: unknown }).server instanceof net.Server;
    const target = isServers ? `clients of :${localPort}` : remoteAddress === undefined ? '(pipe)' : `${remoteAddress}:${remotePort}`;
    const state = { target, asks: !isServers && remoteAddress !== undefined, readBytes: bytesRead, asked: undefined };
    this.#open.set(socket, state);
    return state;
  }
}

/** `connect` takes a port and a host, a path, or options; Node's own callers hand over these as a list. */
function hostOf(args: readonly unknown[]): string {
  const [given, host] = (Array.isArray(args[0]) ? args[0] : args) as readonly unknown[];
  const { port, host: named, path } = (typeof given === 'object' && given !== null ? given : isPort(given) ? { port: given, host } : { path: given }) as Readonly<Record<string, unknown>>;
  if (port === undefined) return typeof path === 'string' ? path : '(pipe)';
  return `${typeof named === 'string' ? named : 'localhost'}:${Number(port)}`;
}

const isPort = (value: unknown): boolean => typeof value === 'number' || (typeof value === 'string' && /^\d+$/.test(value));

function sizeOf(chunk: unknown, encoding: unknown): number {
  if (typeof chunk === 'string') return Buffer.byteLength(chunk, typeof encoding === 'string' ? (encoding as BufferEncoding) : 'utf8');
  return ArrayBuffer.isView(chunk) ? chunk.byteLength : 0;
}
