import type { Clock } from '../clock.js';
import { systemClock } from '../clock.js';
import { invalidOption } from '../errors.js';
import { MAX_DELAY_MS } from '../options.js';

/** The options of generic-pool 3.9, by its names and with its defaults. Unknown ones are ignored, as there. */
export interface Options {
  /** Most resources alive at once; a number below 1 counts as 1. @default 1 */
  readonly max?: number | string | undefined;
  /** Kept alive; more than `max` counts as `max`. @default 0 */
  readonly min?: number | string | undefined;
  /** Most callers waiting for a resource to come back; the next is rejected. @default no limit */
  readonly maxWaitingClients?: number | string | undefined;
  /** Whether each resource is validated before it is lent again. Needs `factory.validate`. @default false */
  readonly testOnBorrow?: boolean | undefined;
  /** Whether each resource is validated when it comes back. Needs `factory.validate`. @default false */
  readonly testOnReturn?: boolean | undefined;
  /** Longest wait of one `acquire`, in ms. @default no limit */
  readonly acquireTimeoutMillis?: number | string | undefined;
  /** Longest `factory.destroy`, in ms; beyond it there is a `factoryDestroyError`. @default no limit */
  readonly destroyTimeoutMillis?: number | string | undefined;
  /** Whether the resource that has been idle longest is lent first, or else the one that came back last. @default true */
  readonly fifo?: boolean | undefined;
  /** How many priorities there are: 0, the most urgent, to `priorityRange - 1`. @default 1 */
  readonly priorityRange?: number | undefined;
  /** Whether the pool starts by itself, or else with `start()` or the first `acquire`. @default true */
  readonly autostart?: boolean | undefined;
  /** How often idle resources are looked at, in ms; 0 or less is never. @default 0 */
  readonly evictionRunIntervalMillis?: number | undefined;
  /** How many are looked at each time. @default 3 */
  readonly numTestsPerEvictionRun?: number | undefined;
  /** Idle longer than this, in ms, a resource is evicted if more than `min` are idle; -1 is never. @default -1 */
  readonly softIdleTimeoutMillis?: number | undefined;
  /** Idle longer than this, in ms, a resource is evicted, and replaced where `min` says so. @default 30_000 */
  readonly idleTimeoutMillis?: number | undefined;
  /** What the pool's promises are made by. @default Promise */
  readonly Promise?: PromiseConstructorLike | undefined;
  /** Not in generic-pool: for tests. */
  readonly clock?: Clock | undefined;
}

export interface Settings {
  readonly max: number;
  readonly min: number;
  readonly maxWaiting: number;
  readonly testOnBorrow: boolean;
  readonly testOnReturn: boolean;
  readonly acquireTimeoutMs: number;
  /** `Infinity` for none. */
  readonly destroyTimeoutMs: number;
  readonly fifo: boolean;
  readonly priorityRange: number;
  readonly autostart: boolean;
  readonly evictionRunIntervalMs: number;
  readonly testsPerEvictionRun: number;
  readonly softIdleTimeoutMs: number;
  readonly idleTimeoutMs: number;
  readonly Promise: PromiseConstructorLike;
  readonly clock: Clock;
}

/**
 * Reads options as leniently as generic-pool does, numbers in strings included; but what would throw there in each `acquire`, or
 * never end, is refused here.
 * @throws {PoolError} `ERR_POOL_INVALID_OPTION`
 */
export function readOptions(options: Options | null | undefined, validates: boolean): Settings {
  const given = options ?? {};
  const max = Math.max(integer(given.max) ?? 1, 1);
  const testOnBorrow = given.testOnBorrow === true;
  const testOnReturn = given.testOnReturn === true;
  if (!validates && testOnBorrow) throw invalidOption('testOnBorrow', true, 'false, as there is no factory.validate');
  if (!validates && testOnReturn) throw invalidOption('testOnReturn', true, 'false, as there is no factory.validate');
  return {
    max,
    min: Math.max(Math.min(integer(given.min) ?? 0, max), 0),
    maxWaiting: Math.max(integer(given.maxWaitingClients) ?? Infinity, 0),
    testOnBorrow,
    testOnReturn,
    acquireTimeoutMs: timeout('acquireTimeoutMillis', given.acquireTimeoutMillis),
    destroyTimeoutMs: timeout('destroyTimeoutMillis', given.destroyTimeoutMillis),
    fifo: given.fifo !== false,
    priorityRange: Math.max(Math.trunc(Number(given.priorityRange)) || 1, 1),
    autostart: given.autostart !== false,
    evictionRunIntervalMs: Number(given.evictionRunIntervalMillis) < 0 ? Infinity : timeout('evictionRunIntervalMillis', given.evictionRunIntervalMillis),
    testsPerEvictionRun: given.numTestsPerEvictionRun || 3,
    softIdleTimeoutMs: given.softIdleTimeoutMillis || -1,
    idleTimeoutMs: given.idleTimeoutMillis || 30_000,
    Promise: given.Promise ?? Promise,
    clock: given.clock ?? systemClock,
  };
}

function integer(value: number | string | undefined): number | undefined {
  const number = Number.parseInt(String(value), 10);
  return Number.isNaN(number) ? undefined : number;
}

/** `Infinity` for none, as what is longer than a timer can wait. */
function timeout(name: string, value: number | string | undefined): number {
  if (!value || value === Infinity) return Infinity;
  const delayMs = integer(value);
  if (delayMs === undefined || delayMs <= 0) throw invalidOption(name, value, 'a positive number of ms');
  return delayMs > MAX_DELAY_MS ? Infinity : delayMs;
}
