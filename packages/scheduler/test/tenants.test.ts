import { describe, expect, it } from '@jest/globals';
import { createScheduler } from '../src/index.js';
import { codeOf, stage } from './workload.js';

describe('tenants', () => {
  it('take turns by their weights, however much one of them has queued', async () => {
    const { scheduler, submit, advance } = stage({ strategy: 'fifo', tenants: { large: { weight: 3 } } });
    scheduler.addWorker({ id: 'w', capacity: { cpu: 8 } });
    for (let index = 0; index < 40; index += 1) submit('task', { tenant: 'greedy' });
    for (let index = 0; index < 40; index += 1) submit('task', { tenant: 'large' });
    await advance(0);
    expect(scheduler.tenants()).toMatchObject({ greedy: { running: 2, queued: 38 }, large: { running: 6, queued: 34, dominantShareRatio: 0.75 } });
  });

  it('are compared by what each holds most of (dominant-resource fairness)', async () => {
    // The example of the paper by Ghodsi et al.: 9 CPUs and 18 GB; A needs <1, 4>, B <3, 1>. A gets three tasks, B two.
    const { scheduler, submit, advance } = stage({ strategy: 'fifo', tenants: {} });
    scheduler.addWorker({ id: 'w', capacity: { cpu: 9, memoryBytes: 18e9 } });
    for (let index = 0; index < 10; index += 1) submit('a', { tenant: 'A', needs: { cpu: 1, memoryBytes: 4e9 } });
    for (let index = 0; index < 10; index += 1) submit('b', { tenant: 'B', needs: { cpu: 3, memoryBytes: 1e9 } });
    await advance(0);
    const { A, B } = scheduler.tenants();
    expect([A?.running, B?.running]).toEqual([3, 2]);
  });

  it('stay within their quota, and leave the rest to others', async () => {
    const { scheduler, submit, advance } = stage({ tenants: { small: { quota: { cpu: 2 } } } });
    scheduler.addWorker({ id: 'w', capacity: { cpu: 8 } });
    const tasks = Array.from({ length: 5 }, () => submit('task', { tenant: 'small' }));
    for (let index = 0; index < 3; index += 1) submit('task', { tenant: 'other' });
    await advance(0);
    expect(scheduler.tenants()).toMatchObject({ small: { running: 2, queued: 3 }, other: { running: 3 } });
    expect(codeOf(() => submit('huge', { tenant: 'small', needs: { cpu: 3 } }))).toBe('ERR_SCHEDULER_QUOTA_EXCEEDED');
    tasks[0]?.finish();
    await advance(0);
    expect(scheduler.tenants()['small']).toMatchObject({ running: 2, queued: 2 });
  });

  it('may be held to a length of queue of their own', () => {
    const { scheduler, submit } = stage({ tenants: { small: { maxQueued: 1 } } });
    scheduler.addWorker({ id: 'w', capacity: { cpu: 1 } });
    submit('task', { tenant: 'small' });
    expect(codeOf(() => submit('task', { tenant: 'small' }))).toBe('ERR_SCHEDULER_QUEUE_FULL');
    submit('task', { tenant: 'other' });
  });

  it('may be many, and come back after long', async () => {
    const { scheduler, started, advance } = stage({ strategy: 'fifo', tenants: {} });
    scheduler.addWorker({ id: 'w', capacity: { cpu: 1 } });
    const order: string[] = [];
    for (let round = 0; round < 2; round += 1) {
      const handles = Array.from({ length: 300 }, (_, index) => scheduler.submit({ name: 'task', tenant: `t${index}`, run: () => void order.push(`t${index}`) }));
      for (const { result } of handles) await result;
      await advance(0);
    }
    expect(order).toEqual(Array.from({ length: 600 }, (_, index) => `t${index % 300}`));
    expect([started, Object.keys(scheduler.tenants()).length]).toEqual([[], 300]);
  });

  it('do not count unless told to', async () => {
    const { scheduler, submit, started, advance } = stage({ strategy: 'fifo' });
    scheduler.addWorker({ id: 'w', capacity: { cpu: 2 } });
    for (const tenant of ['a', 'a', 'b']) submit(tenant, { tenant });
    await advance(0);
    expect([started, scheduler.tenants()]).toEqual([['a@w', 'a@w'], {}]);
  });

  it('are refused where they make no sense', () => {
    const refused: object[] = [{ weight: 0 }, { weight: Number.NaN }, { quota: { cpu: -1 } }, { maxQueued: 0 }, { wieght: 1 }];
    for (const tenant of refused) expect(codeOf(() => createScheduler({ tenants: { a: tenant } }))).toBe('ERR_SCHEDULER_INVALID_OPTION');
  });
});
