import { describe, expect, it } from '@jest/globals';
import { createPool, type PoolOptions } from '../src/index.js';
import { resolveOptions } from '../src/options.js';

const create = (): object => ({});

describe('options', () => {
  it.each<[string, unknown]>([
    ['max', undefined], ['max', 0], ['max', 1.5], ['max', '2'], ['max', Infinity], ['max', Number.NaN],
    ['min', -1], ['min', 3], ['min', 0.5],
    ['create', undefined], ['create', {}],
    ['destroy', null], ['validate', true], ['reset', 'yes'], ['watch', 1], ['random', 4],
    ['name', ''], ['name', 7],
    ['order', 'random'],
    ['maxCreating', 0], ['maxCreating', Infinity],
    ['maxWaiting', -1], ['maxWaiting', 0.5],
    ['maxUses', 0],
    ['jitterRatio', 1], ['jitterRatio', -0.1], ['jitterRatio', Number.NaN],
    ['acquireTimeoutMs', 0], ['acquireTimeoutMs', -1], ['acquireTimeoutMs', 2 ** 31], ['acquireTimeoutMs', '5'], ['acquireTimeoutMs', Number.NaN], ['acquireTimeoutMs', null],
    ['createTimeoutMs', 0], ['validateTimeoutMs', 0], ['resetTimeoutMs', 0], ['destroyTimeoutMs', 0],
    ['idleTimeoutMs', 0], ['idleTimeoutMs', 2 ** 31], ['maxLifetimeMs', -5],
    ['validateAfterIdleMs', -1],
    ['createRetryMinMs', 0], ['createRetryMinMs', Infinity], ['createRetryMaxMs', Infinity], ['createRetryMaxMs', 50],
    ['failFast', 1],
    ['concurrency', 0], ['concurrency', 1.5], ['concurrency', Infinity],
    ['maxPerKey', 0], ['maxPerKey', '5'], ['maxPerKey', () => 1],
    ['overloadTargetMs', 0], ['overloadTargetMs', 2 ** 31], ['overloadIntervalMs', Infinity], ['overloadIntervalMs', -1],
    ['breakAfterFailures', 0], ['breakAfterFailures', 1.5],
    ['keepalive', true], ['keepaliveMs', 0],
    ['leakAfterMs', 0], ['leakAfterMs', null], ['leakStackRatio', 1.1], ['leakStackRatio', -0.1], ['leakStackRatio', Number.NaN], ['leakReclaim', 'yes'],
    ['detectDeadlock', 1], ['adaptive', 'gradient'],
    ['clock', {}], ['clock', null],
  ])('refuses %s: %p, naming it', (name, value) => {
    const options = { max: 2, create, [name]: value };
    expect(() => createPool(options as PoolOptions<object>)).toThrow(expect.objectContaining({ code: 'ERR_POOL_INVALID_OPTION', message: expect.stringContaining(`option ${name} must be`) }));
  });

  it('shows the value that was refused', () => {
    expect(() => createPool({ max: 0, create })).toThrow('option max must be an integer ≥ 1, not 0');
    expect(() => createPool({ max: 2, min: 3, create })).toThrow('option min must be an integer from 0 to max, which is 2, not 3');
  });

  it('refuses a name it does not know, and lists those it does', () => {
    expect(() => createPool({ max: 1, create, idleTimeout: 5 } as never)).toThrow(/there is no option idleTimeout; .*idleTimeoutMs/);
    for (const options of [null, undefined, 'max', 1, []]) expect(() => createPool(options as never)).toThrow('option options must be an object');
  });

  it('takes the default for undefined', () => {
    const resolved = resolveOptions({ max: 1, create, min: undefined, acquireTimeoutMs: undefined } as unknown as PoolOptions<object>);
    expect(resolved).toMatchObject({ min: 0, acquireTimeoutMs: 5_000, idleTimeoutMs: 60_000, order: 'lifo', maxCreating: 4 });
    expect(resolveOptions({ max: 1, create, createRetryMinMs: 8_000 }).createRetryMaxMs).toBe(8_000);
  });

  it('takes Infinity where there may be no limit', () => {
    const Never = Infinity;
    const options = { acquireTimeoutMs: Never, createTimeoutMs: Never, validateTimeoutMs: Never, resetTimeoutMs: Never, destroyTimeoutMs: Never };
    expect(resolveOptions({ max: 1, create, ...options, idleTimeoutMs: Never, maxLifetimeMs: Never, maxUses: Never, maxWaiting: Never, validateAfterIdleMs: Never })).toMatchObject(options);
  });
});
