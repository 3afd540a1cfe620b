/* oxlint-disable typescript/no-this-alias -- a function that replaces a method has the `this` of its caller */
import diagnostics from 'node:diagnostics_channel';
import net from 'node:net';
import type { Askers } from './http-clients.js';
import type { IoObserver, Site, WatchedTarget } from './operation.js';
import { type Method, type Patch, replaceMethod } from './patch.js';

interface Moved {
  readonly readBytes: number;
  readonly writtenBytes: number;
}

const NOTHING: Moved = { readBytes: 0, writtenBytes: 0 };

/** What is known of a socket while it is open. */
class SocketState {
  readonly target: WatchedTarget;
  /** Who connects asks and waits for answers; who is connected to answers. */
  readonly asks: boolean;
  /** Bytes that were counted already: an HTTP server's parser takes them from below JavaScript, where HTTP/2 writes them, too. */
  readBytes: number;
  writtenBytes: number;
  /** When it was asked what is not answered yet, or -1. */
  askedMs = -1;
  askedBytes = 0;
  askedSite: Site | undefined;

  constructor(target: WatchedTarget, asks: boolean, { readBytes, writtenBytes }: Moved) {
    this.target = target;
    this.asks = asks;
    this.readBytes = readBytes;
    this.writtenBytes = writtenBytes;
  }

  wrote(bytes: number, nowMs: number, site: Site | undefined): void {
    this.writtenBytes += bytes;
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
    const isEncrypted = 'encrypted' in socket;
    const [missedRead, missedWritten] = isEncrypted ? [0, 0] : [socket.bytesRead - this.readBytes, socket.bytesWritten - this.writtenBytes];
    if (missedRead > 0) this.target.received(missedRead, performance.now());
    if (missedWritten > 0) this.target.sent(missedWritten, performance.now(), undefined);
    if (this.askedMs >= 0) this.target.sent(this.askedBytes, performance.now(), this.askedSite);
    this.askedMs = -1;
    this.readBytes = socket.bytesRead;
    this.writtenBytes = socket.bytesWritten;
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
    replaceMethod(prototype, 'end', (original) => watch.write(original)),
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
  /** What sockets had moved that were open before, some of which nobody may touch from JavaScript. */
  readonly #before = new Map<net.Socket, Moved>();

  constructor(observer: IoObserver, askers: Askers) {
    this.#observer = observer;
    this.#askers = askers;
    for (const socket of openSockets()) this.#before.set(socket, { readBytes: socket.bytesRead, writtenBytes: socket.bytesWritten });
  }

  serverSocket(socket: net.Socket): void {
    if (this.#open.has(socket)) return; // Node tells of it after the server's listeners have had it.
    this.#open.set(socket, new SocketState(this.#observer.target('network', `clients of :${socket.localPort ?? 'pipe'}`), false, NOTHING));
  }

  connect(original: Method): Method {
    const watch = this;
    return function watched(this: net.Socket, ...args) {
      watch.#open.set(this, new SocketState(watch.#observer.target('network', hostOf(args)), true, NOTHING));
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
        const below = watch.#below(this);
        if (below !== undefined) below.writtenBytes += bytes;
      }
      return original.call(this, chunk, encoding, callback);
    } as Method;
  }

  push(original: Method): Method {
    const watch = this;
    return function watched(this: net.Socket, chunk: unknown, encoding: unknown) {
      if (ArrayBuffer.isView(chunk) && chunk.byteLength > 0) {
        watch.#stateOf(this).read(chunk.byteLength, performance.now());
        const below = watch.#below(this);
        if (below !== undefined) below.readBytes += chunk.byteLength;
      }
      return original.call(this, chunk, encoding);
    } as Method;
  }

  destroy(original: Method): Method {
    const watch = this;
    return function watched(this: net.Socket, ...args) {
      watch.#open.get(this)?.settle(this);
      watch.#open.delete(this);
      watch.#before.delete(this);
      return original.apply(this, args);
    } as Method;
  }

  settleAll(): void {
    for (const [socket, { readBytes, writtenBytes }] of this.#before) if (socket.bytesRead > readBytes || socket.bytesWritten > writtenBytes) this.#stateOf(socket);
    for (const [socket, state] of this.#open) state.settle(socket);
    this.#open.clear();
  }

  #stateOf(socket: net.Socket): SocketState {
    return this.#open.get(socket) ?? this.#openBefore(socket);
  }

  /** Of the socket that carries what another encrypts: its bytes are the same, counted already, and a few more. */
  #below(socket: net.Socket): SocketState | undefined {
    const { _parent: parent } = socket as { readonly _parent?: net.Socket };
    return parent === undefined ? undefined : this.#open.get(parent);
  }

  #openBefore(socket: net.Socket): SocketState {
    const { remoteAddress, remotePort, localPort, bytesRead, bytesWritten } = socket;
    const isServers = (socket as { readonly server?: unknown }).server instanceof net.Server;
    const name = isServers ? `clients of :${localPort}` : remoteAddress === undefined ? '(pipe)' : `${remoteAddress}:${remotePort}`;
    const state = new SocketState(this.#observer.target('network', name), !isServers, this.#before.get(socket) ?? { readBytes: bytesRead, writtenBytes: bytesWritten });
    this.#open.set(socket, state);
    return state;
  }
}

/** Node tells of them for debugging alone. */
function openSockets(): net.Socket[] {
  const { _getActiveHandles: activeHandles } = process as { readonly _getActiveHandles?: () => unknown[] };
  return (activeHandles?.call(process) ?? []).filter((handle) => handle instanceof net.Socket);
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
