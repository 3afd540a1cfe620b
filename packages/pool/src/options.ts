import { type Clock, systemClock } from './clock.js';
import type { DestroyReason } from './destroy-reason.js';
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
   * Keeps an idle resource alive, every `keepaliveMs`. `false`, an error or no answer in `validateTimeoutMs` has it
   * destroyed. @default `validate`
   */
  readonly keepalive?: (resource: R) => unknown;
  /**
   * Puts a resource that comes back in order; one that is shared, when its last borrower has gone. One that returns
   * nothing, or a value that is no promise, takes no extra turn. An error or no answer in `resetTimeoutMs` has the
   * resource destroyed.
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
  /** Most borrowers of one resource at once, as for HTTP/2 connections. An integer ≥ 1. @default 1 */
  readonly concurrency?: number;
  /**
   * Which resource is lent first: the last used, so that the rest may age and go, or each in turn. With `concurrency`,
   * the first fills one before the next, the second spreads. @default 'lifo'
   */
  readonly order?: 'lifo' | 'fifo';
  /** Most `create` calls under way at once, so that a burst does not storm the backend. An integer ≥ 1. @default 4 */
  readonly maxCreating?: number;
  /**
   * Most callers waiting for a lease to end; the next is refused. Those for whom there is room to create a resource don't
   * count. An integer ≥ 0, or `Infinity`. @default Infinity
   */
  readonly maxWaiting?: number;
  /**
   * Most leases of one `key` at once; callers of a key that has as many wait, and do not hold up those of others. An
   * integer ≥ 1, or `Infinity`. @default Infinity
   */
  readonly maxPerKey?: number;
  /** Longest wait of one `acquire` or `use`. @default 5_000 */
  readonly acquireTimeoutMs?: number;
  /**
   * Waits above this, without a break for `overloadIntervalMs`, mean overload: then who came last is served first, and
   * who has waited for twice as long is refused, as serving everybody too late serves nobody. `Infinity` for never.
   * @default Infinity
   */
  readonly overloadTargetMs?: number;
  /** Finite. @default 100, or `overloadTargetMs` if that is more */
  readonly overloadIntervalMs?: number;
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
  /**
   * Failures of `create` in a row that open the circuit: while no resource is alive, callers are then refused at once,
   * but for one after each pause, whose `create` probes. Of no effect without `failFast`. An integer ≥ 1, or `Infinity`
   * for never. @default 5
   */
  readonly breakAfterFailures?: number;
  /** A resource used within this time is lent without asking `validate`. 0 asks always. @default 500 */
  readonly validateAfterIdleMs?: number;
  /** Longest `validate` or `keepalive`. @default 1_000 */
  readonly validateTimeoutMs?: number;
  /** An idle resource is checked this often, by `keepalive` or `validate`. @default Infinity */
  readonly keepaliveMs?: number;
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
  /** A lease out for longer counts as leaked: an event tells, with the borrower's stack if there is one. @default Infinity */
  readonly leakAfterMs?: number;
  /** Share of the leases whose stack is kept, as each costs 2 to 4 us. From 0 to 1. @default 0 */
  readonly leakStackRatio?: number;
  /** Whether a leaked lease is ended and its resource destroyed, so that its place is free again. @default false */
  readonly leakReclaim?: boolean;
  /**
   * Whether to refuse who would wait for ever: inside a `use` that holds a lease, while everything is lent to callers
   * that wait themselves. Costs an AsyncLocalStorage. @default false
   */
  readonly detectDeadlock?: boolean;
  /**
   * Whether the pool finds out by itself how many resources, between `min` and `max`, are of use: fewer when uses take
   * longer the more of them there are. @default false
   */
  readonly adaptive?: boolean;
  /** Rolls the jitter and the pauses: uniform in [0, 1). @default Math.random */
  readonly random?: () => number;
  readonly clock?: Clock;
}

type Callback = 'destroy' | 'validate' | 'keepalive' | 'reset' | 'watch';
/** Options complete with their defaults. */
export type ResolvedOptions<R> = Required<Omit<PoolOptions<R>, Callback>> & { readonly [Name in Callback]: PoolOptions<R>[Name] | undefined };

/** Whether somebody has to keep books of the leases: who has each, and since when. */
export function keepsBooks({ maxPerKey, leakAfterMs, detectDeadlock }: Pick<ResolvedOptions<unknown>, 'maxPerKey' | 'leakAfterMs' | 'detectDeadlock'>): boolean {
  return maxPerKey !== Infinity || leakAfterMs !== Infinity || detectDeadlock;
}

/** What an option may be. */
interface Rule {
  readonly expected: string;
  holds(value: unknown): boolean;
}

const duration: Rule = { expected: `above 0 and at most ${MAX_DELAY_MS}, or Infinity`, holds: isDuration };
const durationOr0: Rule = { expected: `from 0 to ${MAX_DELAY_MS}, or Infinity`, holds: (value) => value === 0 || isDuration(value) };
const finiteDuration: Rule = { expected: `above 0 and at most ${MAX_DELAY_MS}, and finite`, holds: (value) => value !== Infinity && isDuration(value) };
const flag: Rule = { expected: 'a boolean', holds: (value) => typeof value === 'boolean' };
const callable: Rule = { expected: 'a function', holds: (value) => typeof value === 'function' };
const record: Rule = { expected: 'an object', holds: (value) => typeof value === 'object' && value !== null && !Array.isArray(value) };
const optionalCallable: Rule = { ...callable, holds: (value) => value === undefined || typeof value === 'function' };
const integer = (least: number): Rule => ({ expected: `an integer ≥ ${least}`, holds: (value) => isInteger(value, least) });
const integerOrInfinity = (least: number): Rule => ({ expected: `an integer ≥ ${least} or Infinity`, holds: (value) => value === Infinity || isInteger(value, least) });
const ratio = (expected: string, holds: (value: number) => boolean): Rule => ({ expected, holds: (value) => typeof value === 'number' && holds(value) });

type Defaults = Required<Omit<PoolTuning, 'max'>>;
/** Each option with its rule and default. */
const TUNED: { readonly [Name in keyof Defaults]: { readonly rule: Rule; readonly usual: Defaults[Name] } } = {
  name: { rule: { expected: 'a string that is not empty', holds: (value) => typeof value === 'string' && value !== '' }, usual: 'pool' },
  min: { rule: integer(0), usual: 0 },
  concurrency: { rule: integer(1), usual: 1 },
  order: { rule: { expected: "'lifo' or 'fifo'", holds: (value) => value === 'lifo' || value === 'fifo' }, usual: 'lifo' },
  maxCreating: { rule: integer(1), usual: 4 },
  maxWaiting: { rule: integerOrInfinity(0), usual: Infinity },
  maxPerKey: { rule: integerOrInfinity(1), usual: Infinity },
  acquireTimeoutMs: { rule: duration, usual: 5_000 },
  overloadTargetMs: { rule: duration, usual: Infinity },
  overloadIntervalMs: { rule: finiteDuration, usual: 100 },
  createTimeoutMs: { rule: duration, usual: 30_000 },
  createRetryMinMs: { rule: finiteDuration, usual: 100 },
  createRetryMaxMs: { rule: finiteDuration, usual: 5_000 },
  failFast: { rule: flag, usual: true },
  breakAfterFailures: { rule: integerOrInfinity(1), usual: 5 },
  validateAfterIdleMs: { rule: durationOr0, usual: 500 },
  validateTimeoutMs: { rule: duration, usual: 1_000 },
  keepaliveMs: { rule: duration, usual: Infinity },
  resetTimeoutMs: { rule: duration, usual: 5_000 },
  destroyTimeoutMs: { rule: duration, usual: 5_000 },
  idleTimeoutMs: { rule: duration, usual: 60_000 },
  maxLifetimeMs: { rule: duration, usual: Infinity },
  maxUses: { rule: integerOrInfinity(1), usual: Infinity },
  jitterRatio: { rule: ratio('from 0 to below 1', (value) => value >= 0 && value < 1), usual: 0.025 },
  leakAfterMs: { rule: duration, usual: Infinity },
  leakStackRatio: { rule: ratio('from 0 to 1', (value) => value >= 0 && value <= 1), usual: 0 },
  leakReclaim: { rule: flag, usual: false },
  detectDeadlock: { rule: flag, usual: false },
  adaptive: { rule: flag, usual: false },
  random: { rule: callable, usual: Math.random },
  clock: { rule: { expected: 'a Clock', holds: isClock }, usual: systemClock },
};
const CALLBACKS: readonly Callback[] = ['destroy', 'validate', 'keepalive', 'reset', 'watch'];

/** The names of {@link PoolTuning}. */
export const TUNING: readonly string[] = ['max', ...Object.keys(TUNED)];
const ALL: readonly string[] = ['create', ...CALLBACKS, ...TUNING];

export function resolveOptions<R>(options: PoolOptions<R>): ResolvedOptions<R> {
  requireKnown(options, ALL);
  const given = options as unknown as Readonly<Record<string, unknown>>;
  const resolved: Record<string, unknown> = { create: options.create, max: options.max };
  requireRule('create', options.create, callable);
  requireRule('max', options.max, integer(1));
  for (const name of CALLBACKS) {
    requireRule(name, options[name], optionalCallable);
    resolved[name] = options[name];
  }
  for (const [name, { rule, usual }] of Object.entries(TUNED)) {
    // Not spread: `{ min: undefined }` must get the default too.
    const value = given[name] === undefined ? usual : given[name];
    requireRule(name, value, rule);
    resolved[name] = value;
  }
  const complete = resolved as unknown as ResolvedOptions<R>;
  return { ...complete, ...relate(options, complete) };
}

/** The rules and defaults between two options. */
function relate<R>(given: PoolOptions<R>, resolved: ResolvedOptions<R>): Pick<ResolvedOptions<R>, 'createRetryMaxMs' | 'overloadIntervalMs'> {
  const { min, max, createRetryMinMs, keepaliveMs, keepalive, validate, overloadTargetMs } = resolved;
  requireSizes(min, max);
  if (keepaliveMs !== Infinity && keepalive === undefined && validate === undefined) throw invalidOption('keepaliveMs', keepaliveMs, 'left out where there is neither keepalive nor validate');
  if (keepaliveMs === Infinity && keepalive !== undefined) throw invalidOption('keepaliveMs', keepaliveMs, 'given along with keepalive');
  const {
    createRetryMaxMs = Math.max(resolved.createRetryMaxMs, createRetryMinMs),
    overloadIntervalMs = overloadTargetMs === Infinity ? resolved.overloadIntervalMs : Math.max(resolved.overloadIntervalMs, overloadTargetMs),
  } = given;
  if (createRetryMaxMs < createRetryMinMs) throw invalidOption('createRetryMaxMs', createRetryMaxMs, `at least createRetryMinMs, which is ${createRetryMinMs}`);
  return { createRetryMaxMs, overloadIntervalMs };
}

export function requireSizes(min: unknown, max: unknown): void {
  requireRule('max', max, integer(1));
  if (!isInteger(min, 0) || min > (max as number)) throw invalidOption('min', min, `an integer from 0 to max, which is ${max as number}`);
}

/** A misspelt option must not be silent. Copies nothing, as it runs with every wait that has options. */
export function requireKnown(options: object, known: readonly string[]): void {
  requireObject('options', options);
  for (const name in options) if (!known.includes(name)) throw unknownOption(name, known);
}

export function requireObject(name: string, value: unknown): void {
  requireRule(name, value, record);
}

export function requireClock(value: unknown): void {
  requireRule('clock', value, TUNED.clock.rule);
}

export function requireDuration(name: string, value: unknown): void {
  requireRule(name, value, duration);
}

export function isDuration(value: unknown): value is number {
  return typeof value === 'number' && value > 0 && (value <= MAX_DELAY_MS || value === Infinity);
}

function isClock(value: unknown): boolean {
  const clock = value as Partial<Clock> | null;
  return typeof clock === 'object' && clock !== null && typeof clock.now === 'function' && typeof clock.setTimeout === 'function';
}

function requireRule(name: string, value: unknown, rule: Rule): void {
  if (!rule.holds(value)) throw invalidOption(name, value, rule.expected);
}

const isInteger = (value: unknown, least: number): value is number => Number.isSafeInteger(value) && (value as number) >= least;
