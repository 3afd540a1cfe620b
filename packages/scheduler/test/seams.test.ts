import diagnostics from 'node:diagnostics_channel';
import { describe, expect, it } from '@jest/globals';
import { createEstimator, createScheduler, type ExecutableTask, type TaskContext } from '../src/index.js';
import { codeOf, stage } from './workload.js';

describe('an executor', () => {
  it('gets every attempt, and what it gives or throws is the outcome of the task', async () => {
    const seen: [string, string, number][] = [];
    const execute = (task: ExecutableTask, context: TaskContext): unknown => {
      seen.push([task.id, context.workerId, context.attempt]);
      if (task.name === 'bad') throw new Error('not here');
      return task.run(context);
    };
    const scheduler = createScheduler({ strategy: 'fifo', executor: { execute } });
    scheduler.addWorker({ id: 'w', capacity: { cpu: 2 } });
    const good = scheduler.submit({ name: 'good', id: 'mine', run: async () => 'done' });
    const bad = scheduler.submit({ name: 'bad', run: () => 'never' });
    expect(await good.result).toBe('done');
    await expect(bad.result).rejects.toThrow('not here');
    expect(seen).toEqual([['mine', 'w', 1], ['#1', 'w', 1]]);
    await scheduler.close();
  });
});

describe('an estimator', () => {
  it('is told the run time as on a worker of speed 1, of tasks that succeeded', async () => {
    const observed: [string, number][] = [];
    const { scheduler, submit, advance } = stage({
      estimator: {
        predict: () => ({ medianMs: 40, lowerMs: 40, upperMs: 40, runs: 0 }),
        observe: ({ name }, durationMs) => void observed.push([name, durationMs]),
        exportModel: () => 'mine',
        importModel: () => {},
      },
    });
    scheduler.addWorker({ id: 'fast', capacity: { cpu: 4 }, speed: 3 });
    const [good, bad, gone] = [submit('good'), submit('bad'), submit('gone')];
    await advance(10);
    good?.finish();
    bad?.fail(new Error('broken'));
    gone?.handle.cancel();
    await expect(bad?.handle.result).rejects.toThrow('broken');
    await advance(0);
    expect(observed).toEqual([['good', 30]]);
    expect(scheduler.exportModel()).toMatchObject({ estimator: 'mine' });
    expect(scheduler.insights()).toMatchObject({ runs: 1, accuracyRatio: 0.75, coverageRatio: 1 });
  });
});

describe('what was learned', () => {
  const learned = { format: 'fog-scheduler-learned', version: 1, estimator: createEstimator().exportModel(), experience: [['render', [['w', 3, 0.5]]]] };

  it('is exported as a whole, with a version, also under a strategy that makes no use of it', () => {
    const { scheduler } = stage({ strategy: 'fifo' });
    scheduler.importModel(learned);
    expect(scheduler.exportModel()).toEqual(learned);
  });

  it('is taken from what an estimator exported by itself, which knows nothing of workers', () => {
    const { scheduler } = stage();
    scheduler.importModel(learned);
    scheduler.importModel(learned.estimator);
    expect(scheduler.exportModel()).toEqual({ ...learned, experience: [] });
  });

  it('is refused if it is of another version or damaged, and nothing is changed', () => {
    const { scheduler } = stage();
    scheduler.importModel(learned);
    const spoilt: unknown[] = [undefined, null, 'x', 7, [], {}, { ...learned, version: 2 }, { ...learned, format: 'x' }, { ...learned, estimator: undefined }, { ...learned, estimator: { version: 1 } }];
    for (const experience of [undefined, {}, [[]], [['render']], [['render', [['w', 0, 1]]]], [['render', [['w', 1, null]]]], [[7, []]]]) spoilt.push({ ...learned, experience });
    for (const model of spoilt) expect(codeOf(() => scheduler.importModel(model))).toBe('ERR_SCHEDULER_INVALID_MODEL');
    expect(scheduler.exportModel()).toEqual(learned);
  });

  it('counts at once for a name that is brief time and again', async () => {
    const { scheduler, submit, advance } = stage();
    scheduler.addWorker({ id: 'w', capacity: { cpu: 1 } });
    for (let run = 0; run < 100; run += 1) await scheduler.submit({ name: 'tick', run: () => 1 }).result;
    const other = createEstimator();
    for (let run = 0; run < 20; run += 1) other.observe({ name: 'tick', tenant: undefined, estimateMs: undefined, needs: undefined }, 500);
    scheduler.importModel(other.exportModel());
    const task = submit('tick');
    await advance(0);
    expect(task.handle.explain().prediction.medianMs).toBeCloseTo(500);
  });
});

describe('tasks that are brief time and again', () => {
  it('are learned from less and less, until some take longer', async () => {
    let observed = 0;
    const exactly = { medianMs: 1, lowerMs: 1, upperMs: 1, runs: 1 };
    const { scheduler, submit, advance } = stage({ estimator: { predict: () => exactly, observe: () => void (observed += 1), exportModel: () => 0, importModel: () => {} } });
    scheduler.addWorker({ id: 'w', capacity: { cpu: 1_000 } });
    const brief = async (count: number): Promise<void> => {
      for (const task of Array.from({ length: count }, () => scheduler.submit({ name: 'tick', run: () => 1 }))) await task.result;
    };
    await brief(64);
    expect(observed).toBe(64);
    await brief(256);
    expect(observed).toBe(65);
    for (let run = 0; run < 5; run += 1) {
      const long = submit('tick');
      await advance(10);
      long.finish();
      await long.handle.result;
    }
    await brief(1);
    expect(observed).toBe(71);
  });
});

describe('whoever is told of a task', () => {
  it.each(['task:submitted', 'task:started', 'task:retried', 'task:requeued', 'deadline:at-risk'])('may cancel it then (%s), to nobody else’s harm', async (name) => {
    const { scheduler, submit, advance } = stage({ strategy: 'fifo' });
    scheduler.addWorker({ id: 'v', capacity: { cpu: 1 } });
    const abort = new AbortController();
    const cancel = (message: unknown): void => {
      if ((message as { name: string }).name === 'bad') abort.abort();
    };
    diagnostics.subscribe(`@fog/scheduler:${name}`, cancel);
    const bad = submit('bad', { signal: abort.signal, deadlineMs: 50, estimateMs: 40, retry: { retries: 3, delayMs: 1 } });
    bad.handle.result.catch(() => undefined);
    const others = [submit('other'), submit('other', { deadlineMs: 1_000 })];
    await advance(0);
    if (name === 'task:retried') bad.fail(new Error('once more'));
    if (name === 'task:requeued') {
      scheduler.addWorker({ id: 'w', capacity: { cpu: 1 } });
      void scheduler.removeWorker('v', { force: true });
    }
    await advance(49);
    for (let turn = 0; turn < 3; turn += 1) {
      for (const other of others) other.finish();
      await advance(1);
    }
    diagnostics.unsubscribe(`@fog/scheduler:${name}`, cancel);
    expect([bad.handle.state, ...others.map(({ handle }) => handle.state)]).toEqual(['cancelled', 'succeeded', 'succeeded']);
    expect(scheduler.stats()).toMatchObject({ submittedTotal: 3, completedTotal: 3, pending: 0, active: 0 });
    await scheduler.close();
  });
});

it('an estimator that throws as a task ends at once keeps no other from its start', async () => {
  const thrown: unknown[] = [];
  const observe = (): void => {
    throw new Error('observe');
  };
  const scheduler = createScheduler({ strategy: 'fifo', estimator: { predict: () => ({ medianMs: 1, lowerMs: 1, upperMs: 1, runs: 0 }), observe, exportModel: () => undefined, importModel: () => undefined } });
  const queue = globalThis.queueMicrotask;
  globalThis.queueMicrotask = (job) => queue(() => {
    try {
      job();
    } catch (error) {
      thrown.push(error);
    }
  });
  scheduler.addWorker({ id: 'w', capacity: { cpu: 4 } });
  const tasks = Array.from({ length: 4 }, (_, index) => scheduler.submit({ name: 'quick', run: () => index }));
  globalThis.queueMicrotask = queue;
  expect(await Promise.all(tasks.map(({ result }) => result))).toEqual([0, 1, 2, 3]);
  expect(thrown).toEqual([new Error('observe')]);
  await scheduler.close();
});
