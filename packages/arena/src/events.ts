import diagnostics from 'node:diagnostics_channel';
import type { Exhaustion } from './errors.js';
import type { PressureLevel } from './pressure/pressure.js';
import type { PressureReadings } from './pressure/pressure-sources.js';
import type { Leak } from './debug/watch.js';

/** On `@fog/arena:region:grown`. */
export interface RegionGrown {
  readonly arena: string;
  readonly fromBytes: number;
  readonly toBytes: number;
}

/** On `@fog/arena:region:exhausted`: an allocation there was no room for, thrown or not. */
export interface RegionExhausted extends Exhaustion {
  readonly arena: string;
}

/** On `@fog/arena:region:purged`. */
export interface RegionPurged {
  readonly arena: string;
  readonly purgedBytes: number;
}

/** On `@fog/arena:block:leaked`, at `close()`, and on `@fog/arena:block:collected`, when it is taken back: a watched block that was not freed. */
export interface BlockLost extends Leak {
  readonly arena: string;
}

/** On `@fog/arena:block:overwritten`: a freed block that was written to while it was in quarantine. */
export interface BlockOverwritten {
  readonly arena: string;
  readonly offset: number;
  readonly byteLength: number;
}

/** On `@fog/arena:block:overflown`: something was written behind a block, and nobody was there to throw that to. */
export interface BlockOverflown {
  readonly error: unknown;
}

/** On `@fog/arena:pressure:changed`. */
export interface PressureChanged {
  readonly arena: string;
  readonly level: PressureLevel;
  readonly previous: PressureLevel;
  readonly readings: PressureReadings;
  readonly relievedBytes: number;
}

/** On `@fog/arena:pressure:unwatched`: a look failed, as `onPressure`'s `read` or listener threw; of looks that fail in a row the first. */
export interface PressureUnwatched {
  readonly arena: string;
  readonly error: unknown;
}

const grown = diagnostics.channel('@fog/arena:region:grown');
const exhausted = diagnostics.channel('@fog/arena:region:exhausted');
const purged = diagnostics.channel('@fog/arena:region:purged');

const leaked = diagnostics.channel('@fog/arena:block:leaked');
const collected = diagnostics.channel('@fog/arena:block:collected');
const overwritten = diagnostics.channel('@fog/arena:block:overwritten');
const overflown = diagnostics.channel('@fog/arena:block:overflown');

export function regionGrown(arena: string, fromBytes: number, toBytes: number): void {
  if (grown.hasSubscribers) grown.publish({ arena, fromBytes, toBytes } satisfies RegionGrown);
}

export function regionExhausted(arena: string, figures: Exhaustion): void {
  if (exhausted.hasSubscribers) exhausted.publish({ arena, ...figures } satisfies RegionExhausted);
}

export function regionPurged(arena: string, purgedBytes: number): void {
  if (purged.hasSubscribers) purged.publish({ arena, purgedBytes } satisfies RegionPurged);
}

const pressure = diagnostics.channel('@fog/arena:pressure:changed');

export function pressureChanged(arena: string, change: Omit<PressureChanged, 'arena'>): void {
  if (pressure.hasSubscribers) pressure.publish({ arena, ...change } satisfies PressureChanged);
}

const unwatched = diagnostics.channel('@fog/arena:pressure:unwatched');

/** As misuse, this is for whoever listens, and a warning of the process where nobody does. */
export function pressureUnwatched(arena: string, error: unknown): void {
  if (unwatched.hasSubscribers) unwatched.publish({ arena, error } satisfies PressureUnwatched);
  else warn(`a look at the pressure on arena '${arena}' failed: ${error instanceof Error ? error.message : String(error)}`, 'FOG_ARENA_PRESSURE');
}

export function blockLeaked(arena: string, leak: Leak): void {
  if (leaked.hasSubscribers) leaked.publish({ arena, ...leak } satisfies BlockLost);
  else warn(`arena '${arena}' was closed with the block of ${leak.byteLength} bytes at ${leak.offset} live, which was allocated\n${leak.stack}`, 'FOG_ARENA_LEAK');
}

export function blockCollected(arena: string, leak: Leak): void {
  if (collected.hasSubscribers) collected.publish({ arena, ...leak } satisfies BlockLost);
  else warn(`the block of ${leak.byteLength} bytes at ${leak.offset} of arena '${arena}' was collected without free(); it was allocated\n${leak.stack}`, 'FOG_ARENA_COLLECTED');
}

export function blockOverwritten(arena: string, offset: number, byteLength: number): void {
  if (overwritten.hasSubscribers) overwritten.publish({ arena, offset, byteLength } satisfies BlockOverwritten);
  else warn(`the block of ${byteLength} bytes at ${offset} of arena '${arena}' was written to after it was freed`, 'FOG_ARENA_OVERWRITTEN');
}

export function overflowUnheard(error: unknown): void {
  if (overflown.hasSubscribers) overflown.publish({ error } satisfies BlockOverflown);
  else warn(error instanceof Error ? error.message : String(error), 'FOG_ARENA_OVERFLOWN');
}

const warn = (message: string, code: string): void => process.emitWarning(message, { code });
