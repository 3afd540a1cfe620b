import { availableParallelism } from 'node:os';
import { describe, expect, it } from '@jest/globals';
import { createScheduler, getScheduler, inProcess, workerThreads } from '../src/index.js';
import { codeOf, stage } from './workload.js';

describe('an idempotency key', () => {
  it('gives the task it belongs to, while that is under way and for some time after it succeeded', async () => {
    const { scheduler, submit, advance } = stage({ idempotencyMs: 1_000 });
    scheduler.addWorker({ id: 'w', capacity: { cpu: 1 } });
    const first = submit('pay', { idempotencyKey: 'order-7' });
    const second = submit('pay', { idempotencyKey: 'order-7' });
    expect(second.handle.id).toBe(first.handle.id);
    await advance(0);
    first.finish();
    expect(await second.handle.result).toBe('pay');
    expect(await submit('pay', { idempotencyKey: 'order-7' }).handle.result).toBe('pay');
    expect(codeOf(() => submit('refund', { idempotencyKey: 'order-7' }))).toBe('ERR_SCHEDULER_IDEMPOTENCY_CONFLICT');
    expect(scheduler.stats().submittedTotal).toBe(1);
    await advance(1_001);
    expect(submit('pay', { idempotencyKey: 'order-7' }).handle.id).not.toBe(first.handle.id);
  });

  it('is free again after a failure', async () => {
    const { scheduler, submit, advance } = stage();
    scheduler.addWorker({ id: 'w', capacity: { cpu: 1 } });
    const first = submit('pay', { idempotencyKey: 'k' });
    await advance(0);
    first.fail(new Error('broken'));
    await expect(first.handle.result).rejects.toThrow('broken');
    expect(submit('pay', { idempotencyKey: 'k' }).handle.state).toBe('queued');
  });
});

describe('a payload', () => {
  it('goes to the handler of its name, and is refused where there is none', async () => {
    const scheduler = createScheduler({ handlers: { double: (payload: number) => payload * 2, fail: async () => { throw new Error('broken'); } } });
    scheduler.addWorker({ id: 'w', capacity: { cpu: 1 } });
    expect(await scheduler.submit({ name: 'double', payload: 21 }).result).toBe(42);
    await expect(scheduler.submit({ name: 'fail', payload: 1 }).result).rejects.toThrow('broken');
    expect(await scheduler.submit({ name: 'own', run: () => 'mine' }).result).toBe('mine');
    expect(codeOf(() => scheduler.submit({ name: 'unknown', payload: 1 }))).toBe('ERR_SCHEDULER_INVALID_OPTION');
    await scheduler.close();
  });

  it('goes to a pool of threads by the name of the task, with the signal', async () => {
    const asked: unknown[] = [];
    const pool = { run: async (name: string, payload: number, { signal }: { signal: AbortSignal }) => (asked.push([name, payload, signal.aborted]), payload + 1) };
    const scheduler = createScheduler({ executor: workerThreads(pool) });
    scheduler.addWorker({ id: 'w', capacity: { cpu: 1 } });
    expect(await scheduler.submit({ name: 'inc', payload: 1 }).result).toBe(2);
    expect(await scheduler.submit({ name: 'here', payload: 1, run: () => 'on this thread' }).result).toBe('on this thread');
    expect(asked).toEqual([['inc', 1, false]]);
    await scheduler.close();
  });
});

describe('affinity to tasks', () => {
  it('brings a task to where others run, and keeps it away from others', async () => {
    const { scheduler, submit, started, advance } = stage({ strategy: 'affinity' });
    for (const id of ['u', 'v', 'w']) scheduler.addWorker({ id, capacity: { cpu: 4 } });
    submit('near', { affinity: { requiredTasks: ['base'] } });
    submit('base', { affinity: { required: {} }, antiAffinity: { requiredTasks: ['base'] } });
    const second = submit('base', { antiAffinity: { requiredTasks: ['base'] } });
    submit('shy', { antiAffinity: { preferredTasks: ['base'] } });
    await advance(0);
    const place = (name: string) => started.filter((start) => start.startsWith(name)).map((start) => start.split('@')[1]);
    expect(new Set(place('base')).size).toBe(2);
    expect(place('base')).toContain(place('near')[0]);
    expect(place('base')).not.toContain(place('shy')[0]);
    expect(second.handle.state).toBe('running');
  });

  it('waits for the task it wants to be with, in nobody\'s way', async () => {
    const { scheduler, submit, started, advance } = stage({ strategy: 'fifo' });
    scheduler.addWorker({ id: 'w', capacity: { cpu: 2 } });
    const near = submit('near', { affinity: { requiredTasks: ['base'] } });
    submit('other');
    await advance(0);
    expect(started).toEqual(['other@w']);
    expect(near.handle.explain().candidates[0]).toMatchObject({ obstacle: 'task', detail: 'it must run with ["base"] and without []' });
    submit('base');
    await advance(0);
    expect(started).toEqual(['other@w', 'base@w']); // Full for the moment.
  });

  it('to its own name may start where no such task runs', async () => {
    const { scheduler, submit, started, advance } = stage();
    for (const id of ['v', 'w']) scheduler.addWorker({ id, capacity: { cpu: 4 } });
    for (let index = 0; index < 3; index += 1) submit('shard', { affinity: { requiredTasks: ['shard'] } });
    await advance(0);
    expect(new Set(started).size).toBe(1);
    expect(started).toHaveLength(3);
  });
});

describe('getScheduler', () => {
  it('gives the one scheduler of the process, which has this machine as its worker', async () => {
    const scheduler = getScheduler();
    expect(getScheduler()).toBe(scheduler);
    expect(scheduler.workers()).toMatchObject([{ id: 'local', state: 'active' }]);
    expect(await scheduler.submit({ name: 'a', needs: { cpu: availableParallelism() }, run: ({ workerId }) => workerId }).result).toBe('local');
    await scheduler.close();
  });
});

it('refuses executors of nothing', () => {
  for (const handlers of [null, 7, { resize: 'later' }]) expect(codeOf(() => inProcess(handlers as never))).toBe('ERR_SCHEDULER_INVALID_OPTION');
  for (const pool of [undefined, null, 7, {}]) expect(codeOf(() => workerThreads(pool as never))).toBe('ERR_SCHEDULER_INVALID_OPTION');
});

it('stays as it is when it is ended by options that there are not', async () => {
  const scheduler = createScheduler();
  scheduler.addWorker({ id: 'w', capacity: { cpu: 1 } });
  const refusal = { code: 'ERR_SCHEDULER_INVALID_OPTION' };
  for (const options of [null, 7, { signal: 7 }, { sign: 7 }]) await expect(scheduler.drain(options as never)).rejects.toMatchObject(refusal);
  for (const options of [null, 7, { running: 'on' }, { force: true }]) expect(codeOf(() => scheduler.close(options as never))).toBe(refusal.code);
  for (const options of [null, 7, { force: 1 }, { running: 'await' }]) expect(codeOf(() => scheduler.removeWorker('w', options as never))).toBe(refusal.code);
  expect(await scheduler.submit({ name: 'task', run: () => 'done' }).result).toBe('done');
  await scheduler.close();
});
