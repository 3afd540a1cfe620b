import type { ClientConfig, PoolClient } from 'pg';
import type pg from 'pg';
import type { Clock } from '../clock.js';
import { invalidOption } from '../errors.js';
import { MAX_DELAY_MS } from '../options.js';

/** The options of pg-pool 3.14, with its defaults; each is handed on to the clients, too. */
export interface PoolConfig extends ClientConfig {
  /** Most connections. @default 10 */
  readonly max?: number | string | undefined;
  /** An older name of `max`. */
  readonly poolSize?: number | undefined;
  /** Idle connections beyond this many are closed. As in pg-pool, none is made before it is needed. @default 0 */
  readonly min?: number | string | undefined;
  /** How long they may be idle, in ms; 0 or `null` is for ever. @default 10_000 */
  readonly idleTimeoutMillis?: number | null | undefined;
  /** Longest `connect`, be it the wait for a client or for the server, in ms; 0 is no limit. @default 0 */
  readonly connectionTimeoutMillis?: number | undefined;
  /** Connections used this often are closed. @default Infinity */
  readonly maxUses?: number | undefined;
  /** Connections older than this are closed; one in use when it comes back. 0 is no limit. @default 0 */
  readonly maxLifetimeSeconds?: number | undefined;
  /** Whether the process may end while connections are idle. @default false */
  readonly allowExitOnIdle?: boolean | undefined;
  /** Whether a client that comes back in a transaction is closed, or else rolled back. @default false */
  readonly evictOnOpenTransaction?: boolean | undefined;
  readonly Client?: (new (config: never) => unknown) | undefined;
  readonly Promise?: PromiseConstructorLike | undefined;
  readonly log?: ((...messages: unknown[]) => void) | undefined;
  /** Prepares each new client; if it fails, so does the `connect`. */
  readonly onConnect?: ((client: PoolClient) => unknown) | undefined;
  /** As `onConnect`, with a callback. */
  readonly verify?: ((client: PoolClient, done: (error?: Error) => void) => void) | undefined;
  /** Not in pg-pool: for tests. */
  readonly clock?: Clock | undefined;
}

/** With all defaults. */
export type CompleteConfig = pg.PoolOptions & Pick<PoolConfig, 'evictOnOpenTransaction'> & { readonly min: number };

/**
 * pg-pool's defaults, and secrets out of sight of whatever prints the options.
 * @throws {PoolError} `ERR_POOL_INVALID_OPTION`
 */
export function withDefaults(options: PoolConfig): CompleteConfig {
  for (const name of ['idleTimeoutMillis', 'connectionTimeoutMillis', 'maxUses', 'maxLifetimeSeconds'] as const) {
    const limit: unknown = options[name];
    if (limit !== undefined && limit !== null && !(typeof limit === 'number' && limit >= 0)) throw invalidOption(name, limit, 'a number of at least 0');
  }
  for (const name of ['Client', 'Promise', 'log', 'onConnect', 'verify'] as const) {
    const given: unknown = options[name];
    if (given !== undefined && given !== null && typeof given !== 'function') throw invalidOption(name, given, 'a function');
  }
  if (!(Number.isInteger(Number(options.min ?? 0)) && Number(options.min ?? 0) >= 0)) throw invalidOption('min', options.min, 'an integer ≥ 0');
  const complete = {
    ...options,
    max: Number(options.max || options.poolSize || 10),
    min: Number(options.min || 0),
    maxUses: options.maxUses || Infinity,
    allowExitOnIdle: options.allowExitOnIdle || false,
    maxLifetimeSeconds: options.maxLifetimeSeconds || 0,
    idleTimeoutMillis: options.idleTimeoutMillis === undefined ? 10_000 : options.idleTimeoutMillis,
  };
  if ('password' in options) Object.defineProperty(complete, 'password', { enumerable: false });
  if (typeof complete.ssl === 'object' && complete.ssl.key) {
    complete.ssl = { ...complete.ssl };
    Object.defineProperty(complete.ssl, 'key', { enumerable: false });
  }
  return complete as CompleteConfig;
}

/** `Infinity` for none, and for what is longer than a timer can wait. */
export function delayMs(millis: number | null | undefined): number {
  return !millis || millis >= MAX_DELAY_MS ? Infinity : millis;
}
