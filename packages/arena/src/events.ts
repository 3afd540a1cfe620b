import diagnostics from 'node:diagnostics_channel';
import type { Exhaustion } from './errors.js';

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

const grown = diagnostics.channel('@fog/arena:region:grown');
const exhausted = diagnostics.channel('@fog/arena:region:exhausted');
const purged = diagnostics.channel('@fog/arena:region:purged');

export function regionGrown(arena: string, fromBytes: number, toBytes: number): void {
  if (grown.hasSubscribers) grown.publish({ arena, fromBytes, toBytes } satisfies RegionGrown);
}

export function regionExhausted(arena: string, figures: Exhaustion): void {
  if (exhausted.hasSubscribers) exhausted.publish({ arena, ...figures } satisfies RegionExhausted);
}

export function regionPurged(arena: string, purgedBytes: number): void {
  if (purged.hasSubscribers) purged.publish({ arena, purgedBytes } satisfies RegionPurged);
}
