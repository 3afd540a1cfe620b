import type { PooledResource } from './pooled-resource.js';

export interface EvictionConfig {
  readonly softIdleTimeoutMillis: number;
  readonly idleTimeoutMillis: number;
  readonly min: number;
}

/** Decides whether an idle resource is to go. */
export interface Evictor<T> {
  evict(config: EvictionConfig, resource: PooledResource<T>, availableCount: number): boolean;
}

export class DefaultEvictor implements Evictor<unknown> {
  evict({ softIdleTimeoutMillis, idleTimeoutMillis, min }: EvictionConfig, resource: PooledResource<unknown>, availableCount: number): boolean {
    const idleMs = Date.now() - (resource.lastIdleTime ?? resource.creationTime);
    if (softIdleTimeoutMillis > 0 && softIdleTimeoutMillis < idleMs && min < availableCount) return true;
    return idleTimeoutMillis < idleMs;
  }
}

/** One run looks at some of the idle resources, the next run at those that follow. */
export class EvictionRound<T> {
  #looked = 0;

  /** Those to go, of `idle`, of which at most `tests` are looked at. */
  pick(idle: readonly PooledResource<T>[], tests: number, evictor: Evictor<T>, config: EvictionConfig): PooledResource<T>[] {
    const evicted: PooledResource<T>[] = [];
    for (let test = 0; test < Math.min(tests, idle.length); test += 1) {
      const resource = idle[(this.#looked + test) % idle.length];
      if (resource !== undefined && evictor.evict(config, resource, idle.length - evicted.length)) evicted.push(resource);
    }
    this.#looked = idle.length === 0 ? 0 : (this.#looked + tests) % idle.length;
    return evicted;
  }
}
