import { type Clock, systemClock } from './clock.js';
import type { DestroyReason } from './entry.js';
import { invalidOption, unknownOption } from './errors.js';

/** Beyond it Node's timers fire after 1 ms. */
export const MAX_DELAY_MS: number = 2 ** 31 - 1;

/**
 * What a pool is made of. Every duration is in ms, above 0 and at most 2,147,483,647, or `Infinity` for none; what
 * cannot be honoured is refused, nothing is clamped.
 */
export interface PoolOptions<R> extends PoolTuning {
  /**
   * Makes a resource. It may throw, now or later: the error reaches who waits for the resource, unwrapped. What it
   * gives after `createTimeoutMs`, or once the pool has closed, is destroyed; `signal` aborts then.
   */
  readonly create: (context: { readonly signal: AbortSignal }) => R | PromiseLike<R>;
  /** Ends a resource. While it runs, the resource counts towards `max`. */
  readonly destroy?: (resource: R, reason: DestroyReason) => unknown;
  /**
   * Whether a resource idle for `validateAfterIdleMs` still works; asked before it is lent. `false`, an error or no
   * answer in `validateTimeoutMs` has it destroyed, and the borrower gets another.
   */
  readonly validate?: (resource: R) => boolean | PromiseLike<boolean>;
  /**
   * Puts a resource that comes back in order. One that returns nothing, or a value that is no promise, takes no extra
   * turn. An error or no answer in `resetTimeoutMs` has the resource destroyed.
   */
  readonly reset?: (resource: R) => unknown;
  /**
   * Called with each new resource; `lost` is to be called when the resource breaks by itself. Idle, it is then
   * destroyed at once; leased, when it comes back.
   */
  readonly watch?: (resource: R, lost: (cause?: unknown) => void) => void;
  /** Most resources alive at once; those being created or destroyed count. An integer ≥ 1. */
  readonly max: number;
}

/** The options that do not depend on what is pooled; the ready-made pools take them too. */
export interface PoolTuning {
  /** Names the pool in errors and events. @default 'pool' */
  readonly name?: string;
  /** Most resources alive at once; those being created or destroyed count. An integer ≥ 1. */
  readonly max?: number;
  /** Resources kept alive even if nobody needs them; created at the start. An integer from 0 to `max`. @default 0 */
  readonly min?: number;
  /** Which idle resource is lent first: the last used, so that the rest may age and go, or each in turn. @default 'lifo' */
  readonly order?: 'lifo' | 'fifo';
  /** Most `create` calls under way at once, so that a burst does not storm the backend. An integer ≥ 1. @default 4 */
  readonly maxCreating?: number;
  /**
   * Most callers waiting for a lease to end; the next is refused. Those for whom there is room to create a resource don't
   * count. An integer ≥ 0, or `Infinity`. @default Infinity
   */
  readonly maxWaiting?: number;
  /** Longest wait of one `acquire` or `use`. @default 5_000 */
  readonly acquireTimeoutMs?: number;
  /** Longest `create`. @default 30_000 */
  readonly createTimeoutMs?: number;
  /** Pause after a failed `create`, doubled by each further failure in a row, half of it random. @default 100 */
  readonly createRetryMinMs?: number;
  /** The longest such pause, at least `createRetryMinMs`. @default 5_000 */
  readonly createRetryMaxMs?: number;
  /**
   * Whether an error of `create` rejects who waits for a resource. If not, they wait on while the pool tries again, and find the
   * error as the `cause` of their time-out. @default true
   */
  readonly failFast?: boolean;
  /** A resource used within this time is lent without asking `validate`. 0 asks always. @default 500 */
  readonly validateAfterIdleMs?: number;
  /** Longest `validate`. @default 1_000 */
  readonly validateTimeoutMs?: number;
  /** Longest `reset`. @default 5_000 */
  readonly resetTimeoutMs?: number;
  /** Longest `destroy` that is waited for; after it the resource counts as gone. @default 5_000 */
  readonly destroyTimeoutMs?: number;
  /** Resources beyond `min` are destroyed when idle this long. @default 60_000 */
  readonly idleTimeoutMs?: number;
  /** Resources older than this are replaced; a leased one when it comes back. @default Infinity */
  readonly maxLifetimeMs?: number;
  /** Resources lent this often are replaced. An integer ≥ 1, or `Infinity`. @default Infinity */
  readonly maxUses?: number;
  /**
   * By how much of it, at most, `maxLifetimeMs` and `maxUses` are shortened for a resource; rolled once when it is
   * created, so that resources of one age do not all go at once. From 0 to below 1. @default 0.025
   */
  readonly jitterRatio?: number;
  /** Rolls the jitter and the pauses: uniform in [0, 1). @default Math.random */
  readonly random?: () => number;
  readonly clock?: Clock;
}

type Callback = 'create' | 'destroy' | 'validate' | 'reset' | 'watch';
/** Options complete with their defaults. */
export type ResolvedOptions<R> = Required<Omit<PoolOptions<R>, Exclude<Callback, 'create'>>> & {
  readonly [Name in Exclude<Callback, 'create'>]: PoolOptions<R>[Name] | undefined;
};

const TUNING_NAMES = {
  name: true, max: true, min: true, order: true, maxCreating: true, maxWaiting: true, acquireTimeoutMs: true, createTimeoutMs: true, createRetryMinMs: true,
  createRetryMaxMs: true, failFast: true, validateAfterIdleMs: true, validateTimeoutMs: true, resetTimeoutMs: true, destroyTimeoutMs: true, idleTimeoutMs: true,
  maxLifetimeMs: true, maxUses: true, jitterRatio: true, random: true, clock: true,
} satisfies Record<keyof PoolTuning, true>;
const CALLBACK_NAMES = { create: true, destroy: true, validate: true, reset: true, watch: true } satisfies Record<Callback, true>;

/** The names of {@link PoolTuning}. */
export const TUNING: readonly string[] = Object.keys(TUNING_NAMES);
const ALL: readonly string[] = [...Object.keys(CALLBACK_NAMES), ...TUNING];

export function resolveOptions<R>(options: PoolOptions<R>): ResolvedOptions<R> {
  requireKnown(options, ALL);
  // Destructured, not spread: `{ min: undefined }` must get the default too.
  const {
    create,
    destroy,
    validate,
    reset,
    watch,
    name = 'pool',
    max,
    min = 0,
    order = 'lifo',
    maxCreating = 4,
    maxWaiting = Infinity,
    acquireTimeoutMs = 5_000,
    createTimeoutMs = 30_000,
    createRetryMinMs = 100,
    createRetryMaxMs = Math.max(5_000, createRetryMinMs),
    failFast = true,
    validateAfterIdleMs = 500,
    validateTimeoutMs = 1_000,
    resetTimeoutMs = 5_000,
    destroyTimeoutMs = 5_000,
    idleTimeoutMs = 60_000,
    maxLifetimeMs = Infinity,
    maxUses = Infinity,
    jitterRatio = 0.025,
    random = Math.random,
    clock = systemClock,
  } = options;

  requireFunction('create', create);
  for (const [callback, value] of Object.entries({ destroy, validate, reset, watch })) if (value !== undefined) requireFunction(callback, value);
  requireFunction('random', random);
  if (typeof name !== 'string' || name === '') throw invalidOption('name', name, 'a string that is not empty');
  if (!isInteger(max, 1)) throw invalidOption('max', max, 'an integer ≥ 1');
  if (!isInteger(min, 0) || min > max) throw invalidOption('min', min, `an integer from 0 to max, which is ${max}`);
  if (typeof failFast !== 'boolean') throw invalidOption('failFast', failFast, 'a boolean');
  if (order !== 'lifo' && order !== 'fifo') throw invalidOption('order', order, "'lifo' or 'fifo'");
  if (!isInteger(maxCreating, 1)) throw invalidOption('maxCreating', maxCreating, 'an integer ≥ 1');
  if (maxWaiting !== Infinity && !isInteger(maxWaiting, 0)) throw invalidOption('maxWaiting', maxWaiting, 'an integer ≥ 0 or Infinity');
  if (maxUses !== Infinity && !isInteger(maxUses, 1)) throw invalidOption('maxUses', maxUses, 'an integer ≥ 1 or Infinity');
  for (const [duration, value] of Object.entries({
    acquireTimeoutMs, createTimeoutMs, validateTimeoutMs, resetTimeoutMs, destroyTimeoutMs, idleTimeoutMs, maxLifetimeMs, createRetryMinMs, createRetryMaxMs,
  })) requireDuration(duration, value);
  if (validateAfterIdleMs !== 0) requireDuration('validateAfterIdleMs', validateAfterIdleMs);
  for (const [pause, value] of Object.entries({ createRetryMinMs, createRetryMaxMs }))
    if (value === Infinity) throw invalidOption(pause, value, 'finite, or a failed create would never be tried again');
  if (createRetryMaxMs < createRetryMinMs) throw invalidOption('createRetryMaxMs', createRetryMaxMs, `at least createRetryMinMs, which is ${createRetryMinMs}`);
  if (!(typeof jitterRatio === 'number' && jitterRatio >= 0 && jitterRatio < 1)) throw invalidOption('jitterRatio', jitterRatio, 'from 0 to below 1');
  if (typeof clock?.now !== 'function' || typeof clock.setTimeout !== 'function') throw invalidOption('clock', clock, 'a Clock');
  return {
    create, destroy, validate, reset, watch, name, max, min, order, maxCreating, maxWaiting, acquireTimeoutMs, createTimeoutMs, createRetryMinMs,
    createRetryMaxMs, failFast, validateAfterIdleMs, validateTimeoutMs, resetTimeoutMs, destroyTimeoutMs, idleTimeoutMs, maxLifetimeMs, maxUses, jitterRatio, random, clock,
  };
}

/** A misspelt option must not be silent. Copies nothing, as it runs with every wait that has options. */
export function requireKnown(options: object, known: readonly string[]): void {
  if (typeof options !== 'object' || options === null) throw invalidOption('options', options, 'an object');
  for (const name in options) if (!known.includes(name)) throw unknownOption(name, known);
}

export function requireDuration(name: string, value: unknown): void {
  if (!isDuration(value)) throw invalidOption(name, value, `above 0 and at most ${MAX_DELAY_MS}, or Infinity`);
}

export function isDuration(value: unknown): value is number {
  return typeof value === 'number' && value > 0 && (value <= MAX_DELAY_MS || value === Infinity);
}

function requireFunction(name: string, value: unknown): void {
  if (typeof value !== 'function') throw invalidOption(name, value, 'a function');
}

const isInteger = (value: unknown, least: number): value is number => Number.isSafeInteger(value) && (value as number) >= least;
