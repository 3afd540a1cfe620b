import { invalidOption } from './errors.js';

/** What both servers take; all but `signal` and `env` is about a private one. */
export interface ServiceOptions {
  /** Ends the start, together with whatever was started; without effect once the service is there. */
  readonly signal?: AbortSignal;
  /** Where `DATABASE_URL` or `REDIS_URL` and `PATH` are read. @default process.env */
  readonly env?: Environment;
  /** Starts a private server even if a URL is given: for tests that pause, kill or restart it. @default false */
  readonly alwaysPrivate?: boolean;
  /**
   * Keeps what was acknowledged through a crash of the machine (Redis: all but the last second), at the price of slower
   * writes. A data directory is there to keep data, so it cannot be had with `false`. @default true with `dataDirectory`, else false
   */
  readonly durable?: boolean;
  /**
   * Where the data stays when the server ends; made if missing. Several services may share one, each has its own folder
   * in it. One that suits on every machine: `dataDirectory(name)`. @default a temporary one, removed at the end
   */
  readonly dataDirectory?: string;
}

export type Environment = Readonly<Record<string, string | undefined>>;

export interface PostgresOptions extends ServiceOptions {
  /**
   * The only programs to try for a private server, which it implies: those of the npm package, or those of the system (on
   * `PATH` or in `/usr/lib/postgresql`).
   * @default the package's, else the system's
   */
  readonly from?: 'package' | 'system';
}

export interface RedisOptions extends ServiceOptions {
  /**
   * The only program to try for a private server, which it implies: the one on `PATH`, or one that `apt-get` downloads
   * into the cache (Debian and Ubuntu; no root needed).
   * @default the one on `PATH`, else the downloaded one
   */
  readonly from?: 'apt' | 'system';
}

/** Options with their defaults; what has none stays `undefined`. */
export interface ResolvedOptions<From extends string> {
  readonly signal: AbortSignal | undefined;
  readonly env: Environment;
  readonly alwaysPrivate: boolean;
  readonly durable: boolean;
  readonly dataDirectory: string | undefined;
  readonly from: From | undefined;
}

export function resolveOptions<From extends string>(
  options: ServiceOptions & { readonly from?: From },
  froms: readonly From[],
): ResolvedOptions<From> {
  const { signal, env = process.env, alwaysPrivate = false, dataDirectory, durable = dataDirectory !== undefined, from, ...unknown } = options;
  refuseUnknown(unknown, ['signal', 'env', 'alwaysPrivate', 'durable', 'dataDirectory', 'from']);
  if (typeof alwaysPrivate !== 'boolean') throw invalidOption('alwaysPrivate', alwaysPrivate, 'a boolean');
  if (typeof durable !== 'boolean') throw invalidOption('durable', durable, 'a boolean');
  if (dataDirectory !== undefined && (typeof dataDirectory !== 'string' || dataDirectory === ''))
    throw invalidOption('dataDirectory', dataDirectory, 'a path');
  if (dataDirectory !== undefined && !durable) throw invalidOption('durable', durable, 'true with a dataDirectory');
  checkFrom(from, froms);
  return { signal, env, alwaysPrivate, durable, dataDirectory, from };
}

/** A misspelt option would otherwise silently do nothing. */
export function refuseUnknown(unknown: object, known: readonly string[]): void {
  const [name] = Object.keys(unknown);
  if (name !== undefined) throw invalidOption('an option', name, `one of ${known.join(', ')}`);
}

export function checkFrom<From extends string>(from: From | undefined, froms: readonly From[]): void {
  if (from !== undefined && !froms.includes(from)) throw invalidOption('from', from, froms.map((name) => `'${name}'`).join(' or '));
}
