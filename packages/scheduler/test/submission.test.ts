import { describe, expect, it } from '@jest/globals';
import { createScheduler, type SchedulerOptions, type TaskOptions, type WorkerOptions } from '../src/index.js';
import { codeOf, stage } from './workload.js';

const odd = (value: unknown): never => value as never;
const INVALID = 'ERR_SCHEDULER_INVALID_OPTION';

describe('createScheduler', () => {
  it('refuses options it cannot honour, and those it does not know', () => {
    const policy = { name: 'own', order: () => 0, weights: {}, backfill: false };
    const refused: SchedulerOptions[] = [{ strategy: odd('sjf') }, { strategy: odd('toString') }, { maxQueued: 0 }, { maxQueued: 1.5 }, { maxQueued: Number.NaN }, { name: '' }];
    refused.push({ clock: odd({}) }, { executor: odd({}) }, { estimator: odd({ predict: () => 1 }) }, odd({ maxQueud: 3 }), odd(null), ...[null, '5', true, -1].map((idempotencyMs) => ({ idempotencyMs: odd(idempotencyMs) })));
    refused.push({ strategy: { ...policy, order: odd(1) } }, { strategy: { ...policy, weights: odd({ lod: 1 }) } }, { strategy: { ...policy, weights: { load: Number.NaN } } }, { strategy: { ...policy, backfill: odd('no') } });
    for (const options of refused) expect(codeOf(() => createScheduler(options))).toBe(INVALID);
    expect(codeOf(() => createScheduler({ strategy: policy }))).toBe('nothing thrown');
  });
});

it('refuses a task that a policy has no place for, with nothing changed', () => {
  const scheduler = createScheduler({ strategy: { name: 'own', order: ({ priority }) => (priority > 0 ? Number.NaN : 0), weights: {}, backfill: false } });
  scheduler.addWorker({ id: 'w', capacity: { cpu: 1 } });
  expect(codeOf(() => scheduler.submit({ name: 'nowhere', priority: 1, run: () => 1 }))).toBe(INVALID);
  expect(scheduler.stats()).toMatchObject({ submittedTotal: 0, refusedTotal: 1, pending: 0 });
});

it('loses no task where the policy throws, and starts what was placed before', async () => {
  let broken = true;
  const score = ({ priority }: { priority: number }): number => {
    if (broken && priority === 1) throw new Error('no score');
    return 0;
  };
  const { scheduler, submit, started, advance } = stage({ strategy: { name: 'own', order: () => 0, score, weights: {}, backfill: true } });
  for (const id of ['v', 'w']) scheduler.addWorker({ id, capacity: { cpu: 2 } });
  const first = submit('first');
  const second = submit('second', { priority: 1 });
  await advance(0);
  expect(started).toEqual(['first@v']);
  expect([second.handle.state, scheduler.stats().pending, scheduler.stats().active]).toEqual(['queued', 1, 1]);
  broken = false;
  first.finish();
  await advance(0);
  expect(started).toEqual(['first@v', 'second@v']);
  second.finish();
  expect(await second.handle.result).toBe('second');
  expect(scheduler.stats()).toMatchObject({ pending: 0, active: 0, utilisationRatio: 0, succeededTotal: 2 });
});

it('loses no task whose order throws when it comes back from a plan: it is the last in line', async () => {
  let broken = false;
  const order = ({ name }: { name: string }): number => {
    if (broken && name === 'second') throw new Error('no order');
    return 0;
  };
  const { scheduler, submit, started, advance } = stage({ strategy: { name: 'own', order, weights: {}, backfill: true } });
  scheduler.addWorker({ id: 'w', capacity: { cpu: 1 } });
  const [first, second, third] = [submit('first'), submit('second'), submit('third')];
  broken = true;
  await advance(0);
  expect([started, scheduler.stats().pending]).toEqual([['first@w'], 2]);
  broken = false;
  for (const task of [first, third, second]) {
    task.finish();
    await advance(0);
  }
  expect(started).toEqual(['first@w', 'third@w', 'second@w']);
  expect(scheduler.stats()).toMatchObject({ pending: 0, active: 0, succeededTotal: 3 });
});

describe('addWorker and updateWorker', () => {
  it('refuse what no worker can be, with nothing changed', () => {
    const { scheduler } = stage();
    const worker: WorkerOptions = { id: 'w', capacity: { cpu: 1 } };
    const refused: WorkerOptions[] = [{ ...worker, id: '' }, { ...worker, capacity: odd({}) }, { ...worker, capacity: { cpu: -1 } }, { ...worker, capacity: { cpu: 1, memoryBytes: Number.NaN } }];
    refused.push({ ...worker, speed: 0 }, { ...worker, pricePerHour: -1 }, { ...worker, labels: odd({ zone: 1 }) }, { ...worker, capacity: { cpu: 1, gpu: [2] } }, odd({ ...worker, lables: {} }));
    refused.push(odd(null), odd(undefined), odd('w'));
    for (const options of refused) expect(codeOf(() => scheduler.addWorker(options))).toBe(INVALID);
    expect(scheduler.workers()).toEqual([]);
    scheduler.addWorker(worker);
    expect(codeOf(() => scheduler.addWorker(worker))).toBe('ERR_SCHEDULER_DUPLICATE_WORKER');
    expect(codeOf(() => scheduler.updateWorker('w', { speed: -1 }))).toBe(INVALID);
    for (const nothing of [null, undefined]) expect(codeOf(() => scheduler.updateWorker('w', odd(nothing)))).toBe(INVALID);
    expect(codeOf(() => scheduler.removeWorker('w', odd(null)))).toBe(INVALID);
    expect(codeOf(() => scheduler.updateWorker('x', { speed: 1 }))).toBe('ERR_SCHEDULER_UNKNOWN_WORKER');
    expect(codeOf(() => scheduler.removeWorker('x'))).toBe('ERR_SCHEDULER_UNKNOWN_WORKER');
    expect(codeOf(() => scheduler.removeWorker('w', odd({ forced: true })))).toBe(INVALID);
    expect(scheduler.workers()).toMatchObject([{ id: 'w', state: 'active', speed: 1 }]);
  });
});

describe('submit', () => {
  const task: TaskOptions<number> = { name: 'task', run: () => 1 };

  it('refuses what no task can be, and counts the refusals', () => {
    const { scheduler } = stage();
    scheduler.addWorker({ id: 'w', capacity: { cpu: 1, gpu: [1] } });
    // Seen before: what is merely like it must be checked all the same.
    scheduler.submit(task);
    scheduler.submit({ ...task, needs: { cpu: 1 } });
    scheduler.submit({ ...task, affinity: {}, antiAffinity: {} });
    const refused: TaskOptions<number>[] = [odd(undefined), { ...task, name: '' }, { ...task, run: odd('x') }, { ...task, priority: Number.NaN }, { ...task, priority: 1_001 }, { ...task, needs: odd('big') }];
    refused.push({ ...task, needs: odd([]) }, { ...task, affinity: odd([]) }, { ...task, affinity: { required: odd(null) } }, { ...task, affinity: { required: { zone: odd(1) } } }, { ...task, antiAffinity: { required: { zone: odd(null) } } });
    for (const cpu of [-1, Number.NaN, Infinity, odd('1'), odd(null)]) refused.push({ ...task, needs: { cpu } });
    refused.push({ ...task, needs: { gpu: 1.5 } }, { ...task, deadlineMs: Number.NaN }, { ...task, maxWaitMs: -1 }, { ...task, estimateMs: 0 }, { ...task, tenant: odd(7) }, { ...task, id: '' }, { ...task, id: '#1' });
    refused.push({ ...task, signal: odd({}) }, { ...task, waitForCapacity: odd(1) }, odd({ ...task, prioritty: 3 }), { ...task, affinity: odd({ requierd: {} }) }, { ...task, affinity: odd(null) }, { ...task, antiAffinity: { preferred: { zone: [] } } });
    for (const options of refused) expect(codeOf(() => scheduler.submit(options))).toBe(INVALID);
    expect(codeOf(() => scheduler.submit({ ...task, deadlineMs: 0 }))).toBe('ERR_SCHEDULER_DEADLINE_PASSED');
    expect(codeOf(() => scheduler.submit({ ...task, deadlineMs: -5 }))).toBe('ERR_SCHEDULER_DEADLINE_PASSED');
    expect(scheduler.stats()).toMatchObject({ refusedTotal: refused.length + 2, submittedTotal: 3, pending: 3 });
  });

  it('refuses at once what no worker could run even when idle, and says why, unless the task is to wait for capacity', async () => {
    const { scheduler, submit, started, advance } = stage();
    scheduler.addWorker({ id: 'small', capacity: { cpu: 1 }, labels: { zone: 'a' } });
    expect(() => submit('big', { needs: { cpu: 2 } })).toThrow(/no worker can ever run big: small: cpu: 2 needed, 1 in all/);
    expect(codeOf(() => submit('big', { needs: { cpu: 2 } }))).toBe('ERR_SCHEDULER_NEVER_FITS');
    expect(codeOf(() => submit('there', { affinity: { required: { zone: 'b' } } }))).toBe('ERR_SCHEDULER_NEVER_FITS');
    expect(codeOf(() => submit('not here', { antiAffinity: { required: { zone: ['a', 'b'] } } }))).toBe('ERR_SCHEDULER_NEVER_FITS');
    submit('big', { needs: { cpu: 2 }, waitForCapacity: true });
    await advance(10);
    expect(started).toEqual([]);
    scheduler.updateWorker('small', { capacity: { cpu: 2 } });
    await advance(0);
    expect(started).toEqual(['big@small']);
  });

  it('lets tasks that no worker can run block nobody, however many there are', async () => {
    const { scheduler, submit, started, advance } = stage({ strategy: 'fifo' });
    scheduler.addWorker({ id: 'w', capacity: { cpu: 1 } });
    for (let index = 0; index < 200; index += 1) submit('huge', { needs: { cpu: 64 }, waitForCapacity: true });
    submit('small');
    await advance(0);
    expect(started).toEqual(['small@w']);
  });

  it('lets tasks that wait for one kind of worker leave the others to those behind, however many there are', async () => {
    for (const strategy of ['fifo', 'adaptive'] as const) {
      const { scheduler, submit, started, advance } = stage({ strategy });
      scheduler.addWorker({ id: 'gpu', capacity: { cpu: 1, gpu: [1] } });
      scheduler.addWorker({ id: 'cpu', capacity: { cpu: 1 } });
      for (let index = 0; index < 200; index += 1) submit('train', { needs: { gpu: 1 }, priority: 1 });
      submit('serve');
      await advance(0);
      expect(started).toEqual(['train@gpu', 'serve@cpu']);
    }
  });

  it('refuses more than maxQueued, not counting what could start at once', async () => {
    const { scheduler, submit, advance } = stage({ maxQueued: 2 });
    scheduler.addWorker({ id: 'w', capacity: { cpu: 2 } });
    const tasks = ['a', 'b', 'c', 'd'].map((name) => submit(name));
    expect(codeOf(() => submit('e'))).toBe('ERR_SCHEDULER_QUEUE_FULL');
    await advance(0);
    expect(tasks.map(({ handle }) => handle.state)).toEqual(['running', 'running', 'queued', 'queued']);
    tasks[2]?.handle.cancel();
    submit('f');
    expect(codeOf(() => submit('g'))).toBe('ERR_SCHEDULER_QUEUE_FULL');
  });

  it('refuses the id of a task that has not ended; then it is free again', async () => {
    const { scheduler, submit, advance } = stage();
    scheduler.addWorker({ id: 'w', capacity: { cpu: 1 } });
    const first = submit('a', { id: 'order-7' });
    expect(codeOf(() => submit('a', { id: 'order-7' }))).toBe('ERR_SCHEDULER_DUPLICATE_TASK');
    await advance(0);
    expect(codeOf(() => submit('a', { id: 'order-7' }))).toBe('ERR_SCHEDULER_DUPLICATE_TASK');
    first.finish();
    await first.handle.result;
    expect(submit('a', { id: 'order-7' }).handle.id).toBe('order-7');
    expect(submit('a').handle.id).toBe('#2');
  });
});
