/* oxlint-disable typescript/no-this-alias -- a function that replaces a method has the `this` of its caller */
import diagnostics from 'node:diagnostics_channel';
import http from 'node:http';
import type { Socket } from 'node:net';
import type { IoObserver, Site } from './operation.js';
import { type Method, type Patch, replaceMethod } from './patch.js';

/** Who asked for what is written next, if that was sampled. */
export interface Asker {
  readonly site: Site | undefined;
}

/**
 * Who made the request that a socket is about to send: it waits for its socket, and is written when the code that made it is no
 * longer on the stack. Requests of `node:http` and of `fetch` are known.
 */
export class Askers {
  readonly #byRequest = new WeakMap<object, Asker>();
  readonly #bySocket = new WeakMap<Socket, Asker>();

  made(request: object, site: Site | undefined): void {
    this.#byRequest.set(request, { site });
  }

  /** `fetch` hands the request to `socket`. */
  handsOver(request: object, socket: Socket): void {
    const asker = this.#byRequest.get(request);
    if (asker === undefined) return;
    this.#byRequest.delete(request);
    this.#bySocket.set(socket, asker);
  }

  /** Of what the socket writes now; once for each request, whose body is written by whoever writes it. */
  of(socket: Socket): Asker | undefined {
    const request = (socket as { readonly _httpMessage?: object | null })._httpMessage ?? undefined;
    const asker = (request && this.#byRequest.get(request)) ?? this.#bySocket.get(socket);
    if (asker === undefined) return undefined;
    if (request !== undefined) this.#byRequest.delete(request);
    this.#bySocket.delete(socket);
    return asker;
  }
}

interface Undici {
  readonly request: object;
  readonly socket: Socket;
}

/** Tells `askers` who makes requests. What a request counts is told by its socket. */
export function watchHttpClients(observer: IoObserver, askers: Askers): Patch[] {
  const end = (original: Method): Method =>
    function watched(this: object, ...args) {
      askers.made(this, observer.site(0, watched));
      return original.apply(this, args);
    } as Method;
  const created = (message: unknown): void => askers.made((message as Undici).request, observer.site(0, created));
  const sent = (message: unknown): void => {
    const { request, socket } = message as Undici;
    askers.handsOver(request, socket);
  };
  diagnostics.subscribe('undici:request:create', created);
  diagnostics.subscribe('undici:client:sendHeaders', sent);
  return [
    replaceMethod(http.ClientRequest.prototype, 'end', end),
    { undo: () => void diagnostics.unsubscribe('undici:request:create', created) },
    { undo: () => void diagnostics.unsubscribe('undici:client:sendHeaders', sent) },
  ];
}
