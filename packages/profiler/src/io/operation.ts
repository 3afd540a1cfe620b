import type { Frame } from '../samples.js';

export type IoKind = 'disk' | 'network';

/** An operation of the file system or of a socket, when it is over. */
export interface Operation {
  readonly kind: IoKind;
  /** What it was done to: a file's path, a host with its port. */
  readonly target: string;
  readonly readBytes: number;
  readonly writtenBytes: number;
  readonly beganMs: number;
  /** From asking to having; `undefined` where nobody waits for an answer, as who writes to a client. */
  readonly latencyMs: number | undefined;
  /** The thread could do nothing else meanwhile. */
  readonly sync: boolean;
  /** Who asked for it, where that was sampled. */
  readonly site: Site | undefined;
}

/** Where an operation was asked for, and how many such operations it stands for. */
export interface Site {
  /** Outermost first. */
  readonly stack: readonly Frame[];
  readonly weight: number;
}

/** A function of the API that is watched, whose callers are sites. */
export type Api = (...args: never) => unknown;

/** Gets every operation while it observes. */
export interface IoObserver {
  /** Called as an operation begins: who calls `api`, if this operation is chosen. `bytes` as far as they are known by then. */
  site(bytes: number, api: Api): Site | undefined;
  done(operation: Operation): void;
  /** Bytes that came or went with no operation of this program's: what a socket was sent. */
  moved(kind: IoKind, target: string, readBytes: number, writtenBytes: number): void;
}
