import type { DestroyReason } from '../destroy-reason.js';
import { NEVER } from './entry.js';

/** What eviction looks at. */
export interface Aging {
  /** Since when it has been idle. */
  readonly sinceMs: number;
  readonly provenMs: number;
  /** Or `NEVER`. */
  readonly expiresMs: number;
}

export interface UpkeepRules {
  readonly idleTimeoutMs: number;
  readonly keepaliveMs: number;
  /** How many may go for idleness. */
  readonly spare: number;
}

export interface UpkeepPlan<E> {
  readonly evicted: readonly { readonly entry: E; readonly reason: DestroyReason }[];
  /** Those to be kept alive. */
  readonly checked: readonly E[];
  /** When the next of the others is due; `Infinity` for never. */
  readonly nextMs: number;
}

export interface LifeRules {
  readonly maxLifetimeMs: number;
  readonly maxUses: number;
  readonly jitterRatio: number;
  readonly random: () => number;
}

/** When a resource created now is to end: rolled once, as what is rolled anew at each look comes to nothing. */
export function rollLimits({ maxLifetimeMs, maxUses, jitterRatio, random }: LifeRules, nowMs: number): { readonly expiresMs: number; readonly lastUse: number } {
  const share = 1 - jitterRatio * random();
  return {
    expiresMs: maxLifetimeMs === Infinity ? NEVER : Math.ceil(nowMs + maxLifetimeMs * share),
    lastUse: maxUses === Infinity ? NEVER : Math.ceil(maxUses * share),
  };
}

export function isExpired({ expiresMs }: Aging, nowMs: number): boolean {
  return expiresMs !== NEVER && nowMs >= expiresMs;
}

/**
 * Which idle entries are due at `nowMs`: those whose lifetime is over, and those idle for too long, longest first, as
 * far as the pool has entries to spare beyond its minimum; and which of the rest have not shown for too long that they work.
 */
export function planUpkeep<E extends Aging>(idle: readonly E[], nowMs: number, { idleTimeoutMs, keepaliveMs, spare }: UpkeepRules): UpkeepPlan<E> {
  const evicted: { entry: E; reason: DestroyReason }[] = [];
  const checked: E[] = [];
  const kept: E[] = [];
  for (const entry of idle) {
    if (isExpired(entry, nowMs)) evicted.push({ entry, reason: 'expired' });
    else kept.push(entry);
  }
  kept.sort((one, other) => one.sinceMs - other.sinceMs);
  // What expires will be replaced if the minimum needs it, but until then it is one to spare less.
  let left = spare - evicted.length;
  let nextMs = Infinity;
  for (const entry of kept) {
    const idleEndMs = entry.sinceMs + idleTimeoutMs;
    if (left > 0 && nowMs >= idleEndMs) {
      evicted.push({ entry, reason: 'idle' });
      left -= 1;
      continue;
    }
    if (left > 0) nextMs = Math.min(nextMs, idleEndMs);
    if (entry.expiresMs !== NEVER) nextMs = Math.min(nextMs, entry.expiresMs);
    const provenMs = Math.max(entry.provenMs, entry.sinceMs);
    if (nowMs >= provenMs + keepaliveMs) checked.push(entry);
    nextMs = Math.min(nextMs, (nowMs >= provenMs + keepaliveMs ? nowMs : provenMs) + keepaliveMs);
  }
  return { evicted, checked, nextMs };
}
