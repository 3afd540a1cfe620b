import { isThenable } from '../attempt.js';
import type { Entry } from '../supply/entry.js';
import type { UseOptions } from '../wait-options.js';
import type { Lender, PoolLease } from './lease.js';

/** Nobody but `fn` gets to see the resource, so there is no need for a lease; nor, if `fn` is done at once, for a second promise. */
export function useEntry<R, T>(lender: Lender<R>, entry: Entry<R>, started: number, fn: (resource: R) => T | PromiseLike<T>): Promise<T> {
  let result: T | PromiseLike<T>;
  try {
    result = fn(entry.resource);
    if (isThenable(result)) return releaseAfter(lender, entry, started, result);
  } catch (error) {
    lender.release(entry, started);
    return Promise.reject(error);
  }
  lender.release(entry, started);
  return Promise.resolve(result);
}

async function releaseAfter<R, T>(lender: Lender<R>, entry: Entry<R>, started: number, result: PromiseLike<T>): Promise<T> {
  try {
    return await result;
  } finally {
    lender.release(entry, started);
  }
}

/** The way of those who had to wait, or have options. */
export async function useLease<R, T>(
  lease: PoolLease<R>,
  fn: (resource: R) => T | PromiseLike<T>,
  destroyOnError: UseOptions['destroyOnError'] = false,
): Promise<T> {
  try {
    return await fn(lease.resource);
  } catch (error) {
    const destroys = typeof destroyOnError === 'function' ? destroyOnError(error) : destroyOnError;
    if (destroys && lease.isOut) lease.destroy(error);
    throw error;
  } finally {
    lease[Symbol.dispose]();
  }
}
