import { describe, expect, it } from '@jest/globals';
import { createScheduler, type ExecutableTask, type TaskContext } from '../src/index.js';
import { stage } from './workload.js';

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
    expect(scheduler.exportModel()).toBe('mine');
    expect(scheduler.insights()).toMatchObject({ runs: 1, accuracyRatio: 0.75, coverageRatio: 1 });
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
