import { isThenable } from '../attempt.js';
import type { Lease } from '../lease.js';
import type { PoolOptions } from '../options.js';
import type { Pool } from '../pool.js';
import { createPool } from '../resource-pool.js';

export interface HoldingPool<R> extends Pool<R> {
  /** As `acquire()`, for a caller that makes a promise of its own. */
  lend(run: (lease: Lease<R>) => void, fail: (error: unknown) => void): void;
}

/**
 * A pool whose resources hold the process only while they are lent: a program ends when nothing but idle connections
 * or threads remains. `hold` refs or unrefs the handle of one.
 */
export function createHoldingPool<R>(options: PoolOptions<R>, hold: (resource: R, held: boolean) => void): HoldingPool<R> {
  const { create, reset, destroy } = options;
  const pool = createPool<R>({
    ...options,
    create: async (context) => {
      const resource = await create(context);
      hold(resource, false);
      return resource;
    },
    reset: (resource) => {
      const done = reset?.(resource);
      if (isThenable(done)) return Promise.resolve(done).then(() => hold(resource, false));
      return hold(resource, false);
    },
    destroy: (resource, reason) => {
      // Or the process might end before the resource has said goodbye.
      hold(resource, true);
      return destroy?.(resource, reason);
    },
  });
  const lent = (lease: Lease<R>): Lease<R> => {
    hold(lease.resource, true);
    return lease;
  };
  return {
    name: pool.name,
    acquire: (wait) => pool.acquire(wait).then(lent),
    tryAcquire: () => {
      const lease = pool.tryAcquire();
      return lease && lent(lease);
    },
    lend: (run, fail) => {
      const lease = pool.tryAcquire();
      if (lease === undefined) pool.acquire().then((lease) => run(lent(lease)), fail);
      else run(lent(lease));
    },
    use: (fn, wait) =>
      pool.use((resource) => {
        hold(resource, true);
        return fn(resource);
      }, wait),
    ready: (wait) => pool.ready(wait),
    drain: (wait) => pool.drain(wait),
    close: (wait) => pool.close(wait),
    stats: () => pool.stats(),
    resources: () => pool.resources(),
    resize: (size) => pool.resize(size),
    suspend: () => pool.suspend(),
    resume: () => pool.resume(),
    evictAll: (which) => pool.evictAll(which),
    [Symbol.asyncDispose]: () => pool.close(),
  };
}
