import { type DestroyReason, NEVER } from './entry.js';

/** What eviction looks at. */
export interface Aging {
  readonly idleSinceMs: number;
  /** Or `NEVER`. */
  readonly expiresMs: number;
}

export interface EvictionPlan<E> {
  readonly evicted: readonly { readonly entry: E; readonly reason: DestroyReason }[];
  /** When the next of the others is due; `Infinity` for never. */
  readonly nextMs: number;
}

export function isExpired({ expiresMs }: Aging, nowMs: number): boolean {
  return expiresMs !== NEVER && nowMs >= expiresMs;
}

/**
 * Which idle entries are due at `nowMs`: those whose lifetime is over, and those idle for too long, longest first, as
 * far as the pool has entries to spare beyond its minimum.
 * @param idle longest idle first
 */
export function planEviction<E extends Aging>(idle: Iterable<E>, nowMs: number, idleTimeoutMs: number, spare: number): EvictionPlan<E> {
  const evicted: { entry: E; reason: DestroyReason }[] = [];
  const kept: E[] = [];
  for (const entry of idle) {
    if (isExpired(entry, nowMs)) evicted.push({ entry, reason: 'expired' });
    else kept.push(entry);
  }
  // What expires will be replaced if the minimum needs it, but until then it is one to spare less.
  let left = spare - evicted.length;
  let nextMs = Infinity;
  for (const entry of kept) {
    const idleEndMs = entry.idleSinceMs + idleTimeoutMs;
    if (left > 0 && nowMs >= idleEndMs) {
      evicted.push({ entry, reason: 'idle' });
      left -= 1;
      continue;
    }
    if (left > 0) nextMs = Math.min(nextMs, idleEndMs);
    if (entry.expiresMs !== NEVER) nextMs = Math.min(nextMs, entry.expiresMs);
  }
  return { evicted, nextMs };
}
