/* oxlint-disable typescript/no-this-alias -- a function that replaces a method has the `this` of its caller */
import diagnostics from 'node:diagnostics_channel';
import net from 'node:net';
import type { Askers } from './http-clients.js';
import type { IoObserver, Site, WatchedTarget } from './operation.js';
import { type Method, type Patch, replaceMethod } from './patch.js';

/** What is known of a socket while it is open. */
class SocketState {
  readonly target: WatchedTarget;
  /** Who connects asks and waits for answers; who is connected to answers. */
  readonly asks: boolean;
  /** Bytes read that were counted already: an HTTP server's parser takes them from below JavaScript. */
  readBytes: number;
  /** When it was asked what is not answered yet, or -1. */
  askedMs = -1;
  askedBytes = 0;
  askedSite: Site | undefined;

  constructor(target: WatchedTarget, asks: boolean, readBytes: number) {
    this.target = target;
    this.asks = asks;
    this.readBytes = readBytes;
  }

  wrote(bytes: number, nowMs: number, site: Site | undefined): void {
    if (!this.asks || this.askedMs >= 0) {
      this.target.sent(bytes, nowMs, site);
      return;
    }
    this.askedMs = nowMs;
    this.askedBytes = bytes;
    this.askedSite = site;
  }

  read(bytes: number, nowMs: number): void {
    this.readBytes += bytes;
    if (this.askedMs < 0) this.target.received(bytes, nowMs);
    else this.target.answered(bytes, this.askedBytes, this.askedMs, nowMs, false, this.askedSite);
    this.askedMs = -1;
    this.askedSite = undefined;
  }

  /** Counts what went past: bytes that a parser below JavaScript took, a question that nobody answered. */
  settle(socket: net.Socket): void {
    const missed = 'encrypted' in socket ? 0 : socket.bytesRead - this.readBytes;
    if (missed > 0) this.target.received(missed, performance.now());
    if (this.askedMs >= 0) this.target.sent(this.askedBytes, performance.now(), this.askedSite);
    this.askedMs = -1;
    this.readBytes = socket.bytesRead;
  }
}

/**
 * Watches TCP and Unix sockets, those under TLS and HTTP included. Of a socket that connects, an operation is a turn: from
 * a write until the first bytes of the answer. UDP is not watched.
 */
export function watchSockets(observer: IoObserver, askers: Askers): Patch[] {
  const watch = new SocketWatch(observer, askers);
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
  readonly #askers: Askers;
  readonly #open = new Map<net.Socket, SocketState>();

  constructor(observer: IoObserver, askers: Askers) {
    this.#observer = observer;
    this.#askers = askers;
  }

  serverSocket(socket: net.Socket): void {
    this.#open.set(socket, new SocketState(this.#observer.target('network', `clients of :${socket.localPort ?? 'pipe'}`), false, 0));
  }

  connect(original: Method): Method {
    const watch = this;
    return function watched(this: net.Socket, ...args) {
      watch.#open.set(this, new SocketState(watch.#observer.target('network', hostOf(args)), true, 0));
      return original.apply(this, args);
    } as Method;
  }

  write(original: Method): Method {
    const watch = this;
    return function watched(this: net.Socket, chunk: unknown, encoding: unknown, callback: unknown) {
      const bytes = sizeOf(chunk, encoding);
      if (bytes > 0) {
        const asker = watch.#askers.of(this);
        const site = asker === undefined ? watch.#observer.site(bytes, watched) : asker.site;
        watch.#stateOf(this).wrote(bytes, performance.now(), site);
      }
      return original.call(this, chunk, encoding, callback);
    } as Method;
  }

  push(original: Method): Method {
    const watch = this;
    return function watched(this: net.Socket, chunk: unknown, encoding: unknown) {
      if (ArrayBuffer.isView(chunk) && chunk.byteLength > 0) watch.#stateOf(this).read(chunk.byteLength, performance.now());
      return original.call(this, chunk, encoding);
    } as Method;
  }

  destroy(original: Method): Method {
    const watch = this;
    return function watched(this: net.Socket, ...args) {
      watch.#open.get(this)?.settle(this);
      watch.#open.delete(this);
      return original.apply(this, args);
    } as Method;
  }

  settleAll(): void {
    for (const [socket, state] of this.#open) state.settle(socket);
    this.#open.clear();
  }

  #stateOf(socket: net.Socket): SocketState {
    return this.#open.get(socket) ?? this.#openBefore(socket);
  }

  #openBefore(socket: net.Socket): SocketState {
    const { remoteAddress, remotePort, localPort, bytesRead } = socket;
    const isServers = (socket as { readonly server?: unknown }).server instanceof net.Server;
    const name = isServers ? `clients of :${localPort}` : remoteAddress === undefined ? '(pipe)' : `${remoteAddress}:${remotePort}`;
    const state = new SocketState(this.#observer.target('network', name), !isServers, bytesRead);
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
