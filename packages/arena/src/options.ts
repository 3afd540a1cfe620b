import type { Backend, Fit } from './central/central.js';
import { systemClock, type Clock } from './clock.js';
import { invalidArgument, invalidOption } from './errors.js';
import { GRANULE_BYTES } from './central/size-class.js';

/**
 * How much is done to find misuse.
 * - `'off'`: blocks do not check that they are live; a double free is not noticed and breaks the arena, as in C.
 * - `'guard'`: use after free through a block, double frees and foreign blocks are refused.
 * - `'sample'`: also one block in 128 keeps the stack that allocated it and its last uses, for leaks and collected blocks.
 * - `'paranoid'`: every block does; memory is poisoned, guarded by canaries and kept in quarantine after `free`.
 */
export type DebugLevel = 'off' | 'guard' | 'sample' | 'paranoid';

export interface ArenaOptions {
  /** Usable at once, in bytes; whole pages of 4 KiB, 4 KiB to `maxBytes`. Takes no memory until it is written to. @default 1 MiB, or `maxBytes` if that is less */
  readonly initialBytes?: number;
  /** What the arena may grow to, in bytes; whole pages of 4 KiB, at most 4 GiB. Address space, not memory. @default 1 GiB */
  readonly maxBytes?: number;
  /**
   * The allocator: `'native'` fails with `ERR_ARENA_NATIVE_UNAVAILABLE` where its binary is missing, `'auto'` falls back
   * to `'javascript'` with one warning. @default 'auto'
   */
  readonly backend?: 'auto' | Backend;
  /** Asks the system for huge pages: quicker access and purge, dearer first touch. Native on Linux, elsewhere without effect. @default false */
  readonly hugePages?: boolean;
  /** How long memory stays with the arena after it was freed, in ms above 0; `Infinity`: until `purge()`. Native on Linux. @default 10_000 */
  readonly purgeAfterMs?: number;
  /** Which free block is taken: a good one in constant time, or the best, for long-lived large blocks. @default 'good' */
  readonly fit?: Fit;
  /** @default 'guard' */
  readonly debug?: DebugLevel;
  /** What `alloc` does when there is no room: throw, or give a block of memory outside of the arena. @default 'throw' */
  readonly onExhausted?: 'throw' | 'buffer';
  /** What lazily loaded objects of one thread may occupy together, in bytes, 1 to `maxBytes`. @default half of maxBytes */
  readonly lazyBudgetBytes?: number;
  /** Used in errors and events. @default 'default' */
  readonly name?: string;
  readonly clock?: Clock;
}

export interface AllocOptions {
  /** The block's offset is a multiple of it, in bytes: a power of two, 1 to 4,096. Every block is aligned to 16. @default 16 */
  readonly align?: number;
  /** As of the arena. */
  readonly onExhausted?: 'throw' | 'buffer';
}

export interface WaitOptions {
  /** As of {@link AllocOptions}. */
  readonly align?: number;
  /** Longest wait, in ms above 0, at most 2^31 - 1. @default 5_000 */
  readonly timeoutMs?: number;
  readonly signal?: AbortSignal;
}

export const PAGE_BYTES = 4_096;
/** Beyond it Node's timers fire after 1 ms. */
export const MAX_DELAY_MS: number = 2 ** 31 - 1;
/** The most that Node 20 shares in one buffer. */
const MOST_BYTES = 4 * 2 ** 30;

export function resolveOptions(options: ArenaOptions = {}): Required<ArenaOptions> {
  checkOptions(options);
  const {
    maxBytes = 2 ** 30,
    initialBytes: given,
    backend = 'auto',
    hugePages = false,
    purgeAfterMs = 10_000,
    fit = 'good',
    debug = 'guard',
    onExhausted = 'throw',
    lazyBudgetBytes: budget,
    name = 'default',
    clock = systemClock,
    ...unknown
  } = options;
  refuseUnknown(unknown);
  if (!isPages(maxBytes) || maxBytes > MOST_BYTES) throw invalidOption('maxBytes', maxBytes, `a multiple of ${PAGE_BYTES}, at most ${MOST_BYTES}`);
  const initialBytes = given === undefined ? Math.min(2 ** 20, maxBytes) : given;
  if (!isPages(initialBytes) || initialBytes > maxBytes) throw invalidOption('initialBytes', initialBytes, `a multiple of ${PAGE_BYTES}, at most maxBytes, ${maxBytes}`);
  const lazyBudgetBytes = budget === undefined ? maxBytes / 2 : budget;
  if (!Number.isSafeInteger(lazyBudgetBytes) || lazyBudgetBytes < 1 || lazyBudgetBytes > maxBytes) throw invalidOption('lazyBudgetBytes', lazyBudgetBytes, `an integer, 1 to maxBytes, ${maxBytes}`);
  oneOf('backend', backend, ['auto', 'native', 'javascript']);
  oneOf('fit', fit, ['good', 'best']);
  oneOf('debug', debug, ['off', 'guard', 'sample', 'paranoid']);
  oneOf('onExhausted', onExhausted, ['throw', 'buffer']);
  if (typeof hugePages !== 'boolean') throw invalidOption('hugePages', hugePages, 'true or false');
  if (purgeAfterMs !== Infinity) checkDelay('purgeAfterMs', purgeAfterMs);
  if (typeof name !== 'string' || name === '') throw invalidOption('name', name, 'a string that is not empty');
  checkClock(clock);
  return { initialBytes, maxBytes, backend, hugePages, purgeAfterMs, fit, debug, onExhausted, lazyBudgetBytes, name, clock };
}

/** The alignment of a request that can be met, in granules. @throws {ArenaError} `ERR_ARENA_INVALID_ARGUMENT`, `ERR_ARENA_INVALID_OPTION`. */
export function resolveRequest(bytes: number, options: AllocOptions | undefined): number {
  checkBytes(bytes);
  if (options === undefined) return 1;
  if (typeof options !== 'object' || options === null) throw invalidArgument('options', options, '{ align, onExhausted }');
  const { align, onExhausted, ...unknown } = options;
  refuseUnknown(unknown);
  if (onExhausted !== undefined) oneOf('onExhausted', onExhausted, ['throw', 'buffer']);
  return resolveAlignment(align);
}

export function checkBytes(bytes: number): void {
  if (!Number.isSafeInteger(bytes) || bytes < 1) throw invalidArgument('bytes', bytes, 'an integer ≥ 1');
}

/** The alignment asked for, in granules. */
function resolveAlignment(align: unknown = GRANULE_BYTES): number {
  if (typeof align !== 'number' || !Number.isInteger(align) || align < 1 || align > PAGE_BYTES || (align & (align - 1)) !== 0) throw invalidArgument('align', align, `a power of two, 1 to ${PAGE_BYTES}`);
  return Math.max(1, align / GRANULE_BYTES);
}

export interface WaitingRequest {
  /** In granules. */
  readonly align: number;
  readonly timeoutMs: number;
  readonly signal: AbortSignal | undefined;
}

/** @throws {ArenaError} `ERR_ARENA_INVALID_ARGUMENT`, `ERR_ARENA_INVALID_OPTION` */
export function resolveWaitingRequest(bytes: number, options: WaitOptions = {}): WaitingRequest {
  if (typeof options !== 'object' || options === null) throw invalidArgument('options', options, '{ align, timeoutMs, signal }');
  const { align, ...wait } = options;
  return { align: resolveRequest(bytes, align === undefined ? undefined : { align }), ...resolveWait(wait) };
}

export function resolveWait(options: Omit<WaitOptions, 'align'>): Omit<WaitingRequest, 'align'> {
  checkOptions(options);
  const { timeoutMs = 5_000, signal, ...unknown } = options;
  refuseUnknown(unknown);
  checkDelay('timeoutMs', timeoutMs);
  checkSignal(signal);
  return { timeoutMs, signal };
}

export function checkOptions(options: unknown, name: string = 'options'): void {
  if (typeof options !== 'object' || options === null) throw invalidOption(name, options, 'an object');
}

export function checkSignal(signal: unknown): void {
  // By shape, as it may come from another realm.
  if (signal !== undefined && typeof (signal as AbortSignal | null)?.throwIfAborted !== 'function') throw invalidOption('signal', signal, 'an AbortSignal');
}

export function checkDelay(name: string, delayMs: unknown): void {
  if (!(typeof delayMs === 'number' && delayMs > 0 && delayMs <= MAX_DELAY_MS)) throw invalidOption(name, delayMs, `ms above 0, at most ${MAX_DELAY_MS}`);
}

function checkClock(clock: Partial<Clock> | null): void {
  if (typeof clock?.now !== 'function' || typeof clock.setTimeout !== 'function' || typeof clock.setInterval !== 'function') throw invalidOption('clock', clock, 'a Clock, with now(), setTimeout() and setInterval()');
}

export function oneOf(name: string, value: unknown, allowed: readonly string[]): void {
  if (typeof value !== 'string' || !allowed.includes(value)) throw invalidOption(name, value, `one of ${allowed.join(', ')}`);
}

export function refuseUnknown(unknown: object): void {
  for (const [name, value] of Object.entries(unknown)) throw invalidOption(name, value, 'no option of that name');
}

const isPages = (bytes: number): boolean => Number.isSafeInteger(bytes) && bytes > 0 && bytes % PAGE_BYTES === 0;
