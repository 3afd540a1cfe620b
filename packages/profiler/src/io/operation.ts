import type { Frame } from '../samples.js';

export type IoKind = 'disk' | 'network';

/** Where an operation was asked for, and how many such operations it stands for. */
export interface Site {
  /** Outermost first. */
  readonly stack: readonly Frame[];
  readonly weight: number;
}

/** A function of the API that is watched, whose callers are sites. */
export type Api = (...args: never) => unknown;

/**
 * What operations are done to: a file, a host. Called for every operation, so that what it is told comes in arguments and
 * not in objects: `pnpm bench profiler/io-sites`.
 */
export interface WatchedTarget {
  /** Somebody has waited for it, from `beganMs` until `endedMs`; `sync` if the thread could do nothing else meanwhile. */
  answered(readBytes: number, writtenBytes: number, beganMs: number, endedMs: number, sync: boolean, site: Site | undefined): void;
  /** It was handed over, and nobody waits for an answer: as who writes to a client. */
  sent(writtenBytes: number, atMs: number, site: Site | undefined): void;
  /** Bytes that came with no operation of this program's: what a socket was sent. */
  received(readBytes: number, atMs: number): void;
  /** Bytes of an operation that is under way. */
  written(bytes: number, atMs: number): void;
}

/** Gets every operation while it observes. */
export interface IoObserver {
  /** Called as an operation begins: who calls `api`, if this operation is chosen. `bytes` as far as they are known by then. */
  site(bytes: number, api: Api): Site | undefined;
  target(kind: IoKind, name: string): WatchedTarget;
}
