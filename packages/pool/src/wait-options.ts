import { invalidOption } from './errors.js';
import { isDuration, MAX_DELAY_MS, requireKnown } from './options.js';

/** How long to wait, and what ends the wait. */
export interface AcquireOptions {
  /** Ends the wait; the promise rejects with `signal.reason`. */
  readonly signal?: AbortSignal | undefined;
  /** Longest wait in ms, above 0; `Infinity` for as long as it takes. @default the pool's `acquireTimeoutMs` */
  readonly timeoutMs?: number | undefined;
  /** More is more urgent: served before all of a lesser one, whenever they came. An integer. @default 0 */
  readonly priority?: number | undefined;
  /**
   * Who it is for, as a tenant. Callers of one priority are served a key at a time, in turn, and each key has at most
   * `maxPerKey` leases. Not empty.
   */
  readonly key?: string | undefined;
}

export interface UseOptions extends AcquireOptions {
  /** Whether an error of the function means that the resource is to be destroyed and not reset. @default false */
  readonly destroyOnError?: boolean | ((error: unknown) => boolean) | undefined;
}

/** What ends the wait. */
export interface WaitOptions {
  /** Ends the wait; the promise rejects with `signal.reason`. */
  readonly signal?: AbortSignal | undefined;
}

export interface CloseOptions extends WaitOptions {
  /** Longest wait for the leases, in ms; 0 for none, `Infinity` for as long as it takes. @default 10_000 */
  readonly timeoutMs?: number | undefined;
  /** After that wait, destroy what is still leased instead of rejecting. @default false */
  readonly force?: boolean | undefined;
}

const ACQUIRE: readonly string[] = ['signal', 'timeoutMs', 'priority', 'key'];
const USE: readonly string[] = [...ACQUIRE, 'destroyOnError'];
const WAIT: readonly string[] = ['signal'];
const SIZE: readonly string[] = ['min', 'max'];
const CLOSE: readonly string[] = [...WAIT, 'timeoutMs', 'force'];

/** What `resize` may change. */
export interface PoolSize {
  /** @default as it is */
  readonly min?: number | undefined;
  /** @default as it is */
  readonly max?: number | undefined;
}

export function checkAcquireOptions(options: AcquireOptions): void {
  requireKnown(options, ACQUIRE);
  requireWait(options);
}

export function checkUseOptions(options: UseOptions): void {
  requireKnown(options, USE);
  requireWait(options);
  const { destroyOnError } = options;
  if (destroyOnError !== undefined && typeof destroyOnError !== 'boolean' && typeof destroyOnError !== 'function')
    throw invalidOption('destroyOnError', destroyOnError, 'a boolean or a function');
}

export function checkWaitOptions(options: WaitOptions): void {
  requireKnown(options, WAIT);
  requireSignal(options.signal);
}

export function checkCloseOptions(options: CloseOptions): void {
  requireKnown(options, CLOSE);
  requireSignal(options.signal);
  if (options.timeoutMs !== 0) requireTimeout(options.timeoutMs);
  if (options.force !== undefined && typeof options.force !== 'boolean') throw invalidOption('force', options.force, 'a boolean');
}

function requireWait({ signal, timeoutMs, priority, key }: AcquireOptions): void {
  requireSignal(signal);
  requireTimeout(timeoutMs);
  if (priority !== undefined && !Number.isSafeInteger(priority)) throw invalidOption('priority', priority, 'an integer');
  if (key !== undefined && (typeof key !== 'string' || key === '')) throw invalidOption('key', key, 'a string that is not empty');
}

export function checkSize(size: PoolSize): void {
  requireKnown(size, SIZE);
}

export function requireSignal(signal: unknown): void {
  if (signal !== undefined && !(signal instanceof AbortSignal)) throw invalidOption('signal', signal, 'an AbortSignal');
}

function requireTimeout(timeoutMs: unknown): void {
  if (timeoutMs !== undefined && !isDuration(timeoutMs)) throw invalidOption('timeoutMs', timeoutMs, `above 0 and at most ${MAX_DELAY_MS}, or Infinity`);
}
