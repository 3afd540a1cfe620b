import { type PoolOptions, resolveOptions } from '../options.js';
import { type Hold, ResourcePool } from '../resource-pool.js';

/**
 * A pool whose resources hold the process only while they are lent: a program ends when nothing but idle connections
 * or threads remains.
 */
export class HoldingPool<R> extends ResourcePool<R> {
  /**
   * @param hold refs or unrefs the handle of a resource
   * @throws {PoolError} `ERR_POOL_INVALID_OPTION`
   */
  constructor(options: PoolOptions<R>, hold: Hold<R>) {
    const { destroy } = options;
    const held = resolveOptions({
      ...options,
      destroy: (resource, reason) => {
        // Or the process might end before the resource has said goodbye.
        hold(resource, true);
        return destroy?.(resource, reason);
      },
    });
    super(held, hold);
  }
}
