import { describe, expect, it } from '@jest/globals';
import { stage } from './workload.js';

describe('pre-emption', () => {
  it('stops what loses least, of lower priority and willing, and gives its place to the more urgent task', async () => {
    const { scheduler, submit, started, advance } = stage({ strategy: 'priority' });
    scheduler.addWorker({ id: 'v', capacity: { cpu: 2 } });
    scheduler.addWorker({ id: 'w', capacity: { cpu: 2 } });
    const old = submit('old', { needs: { cpu: 2 }, preemptible: true });
    await advance(100);
    const young = submit('young', { needs: { cpu: 2 }, preemptible: true });
    await advance(10);
    const urgent = submit('urgent', { needs: { cpu: 2 }, priority: 5 });
    await advance(0);
    expect(started).toEqual(['old@v', 'young@w', 'urgent@w']);
    expect([old.handle.state, young.handle.state, urgent.handle.state]).toEqual(['running', 'queued', 'running']);
    expect(young.contexts[0]?.signal.reason).toMatchObject({ code: 'ERR_SCHEDULER_PREEMPTED' });
    old.finish();
    await advance(0);
    expect(started.at(-1)).toBe('young@v');
    young.finish();
    expect(await young.handle.result).toBe('young');
    expect(scheduler.stats()).toMatchObject({ preemptedTotal: 1, requeuedTotal: 1, failedTotal: 0 });
  });

  it('stops nobody for a task that would not start then: over its quota, or where others run that it waits for or keeps away from', async () => {
    const { scheduler, submit, advance } = stage({ strategy: 'priority', tenants: { acme: { quota: { cpu: 1 } } } });
    scheduler.addWorker({ id: 'w', capacity: { cpu: 4 } });
    const running = [submit('acme', { tenant: 'acme' }), submit('x'), submit('low', { preemptible: true }), submit('low', { preemptible: true })];
    await advance(0);
    for (const options of [{ tenant: 'acme' }, { affinity: { requiredTasks: ['db'] } }, { antiAffinity: { requiredTasks: ['x'] } }]) {
      const urgent = submit('urgent', { priority: 10, ...options });
      await advance(0);
      expect([urgent.handle.state, ...running.map(({ handle }) => handle.state)]).toEqual(['queued', 'running', 'running', 'running', 'running']);
      urgent.handle.cancel();
      urgent.handle.result.catch(() => undefined);
    }
    running[2]?.finish();
    const db = submit('db');
    await advance(0);
    expect(db.handle.state).toBe('running');
  });

  it('leaves the worker to others when it has changed, so that the more urgent task cannot run there any more', async () => {
    const { scheduler, submit, started, advance } = stage({ strategy: 'priority' });
    for (const id of ['v', 'w']) scheduler.addWorker({ id, capacity: { cpu: 4 } });
    const long = submit('long', { needs: { cpu: 4 }, priority: 10 });
    let stop = (): void => undefined;
    const low = scheduler.submit({ name: 'low', needs: { cpu: 4 }, preemptible: true, run: ({ signal }) => new Promise((_, reject) => signal.addEventListener('abort', () => (stop = () => reject(signal.reason as Error)))) });
    await advance(0);
    submit('urgent', { needs: { cpu: 4 }, priority: 5 });
    await advance(0);
    scheduler.updateWorker(low.explain().workerId ?? '', { capacity: { cpu: 2 } });
    stop();
    await advance(0);
    submit('other');
    await advance(0);
    expect(started.map((start) => start.split('@')[0])).toEqual(['long', 'other']);
    long.finish();
    await advance(0);
    expect(started.map((start) => start.split('@')[0])).toEqual(['long', 'other', 'urgent']);
  });

  it('stops nobody who did not agree to it, nobody of the same priority, and nobody in vain', async () => {
    const { scheduler, submit, advance } = stage({ strategy: 'priority' });
    scheduler.addWorker({ id: 'w', capacity: { cpu: 4 } });
    const tasks = [submit('unwilling', { needs: { cpu: 3 } }), submit('equal', { needs: { cpu: 0.5 }, priority: 5, preemptible: true }), submit('small', { needs: { cpu: 0.5 }, preemptible: true })];
    await advance(0);
    submit('urgent', { needs: { cpu: 1 }, priority: 5 });
    await advance(0);
    expect(tasks.map(({ handle }) => handle.state)).toEqual(['running', 'running', 'running']);
    expect(scheduler.stats().preemptedTotal).toBe(0);
  });

  it('does not take the place of its task for the one it stopped, even where that stands before it in line', async () => {
    const { scheduler, submit, started, advance } = stage({ strategy: 'fifo' });
    scheduler.addWorker({ id: 'w', capacity: { cpu: 1 } });
    submit('first', { preemptible: true });
    await advance(0);
    submit('urgent', { priority: 1 });
    await advance(0);
    await advance(0);
    expect(started).toEqual(['first@w', 'urgent@w']);
  });
});
