import diagnostics from 'node:diagnostics_channel';
import { afterEach, describe, expect, it } from '@jest/globals';
import { codeOf, stage } from './workload.js';

const CLOSED = { code: 'ERR_SCHEDULER_CLOSED' };

describe('a task', () => {
  it('gives what run gives, at once or later, and what it throws, at once or later', async () => {
    const { scheduler } = stage();
    scheduler.addWorker({ id: 'w', capacity: { cpu: 8 } });
    const error = new Error('broken');
    const now = scheduler.submit({ name: 'a', run: () => 7 });
    const later = scheduler.submit({ name: 'b', run: async ({ workerId, attempt, gpus }) => [workerId, attempt, gpus] });
    const throws = scheduler.submit({ name: 'c', run: () => { throw error; } });
    const rejects = scheduler.submit({ name: 'd', run: () => Promise.reject(error) });
    expect(await now.result).toBe(7);
    expect(await later.result).toEqual(['w', 1, []]);
    await expect(throws.result).rejects.toBe(error);
    await expect(rejects.result).rejects.toBe(error);
    expect([now, later, throws, rejects].map(({ state }) => state)).toEqual(['succeeded', 'succeeded', 'failed', 'failed']);
    expect(scheduler.stats()).toMatchObject({ succeededTotal: 2, failedTotal: 2, active: 0, pending: 0, utilisationRatio: 0 });
  });

  it('settles once, and gives its capacity back, whatever kind of thenable run gives', async () => {
    const { scheduler } = stage();
    scheduler.addWorker({ id: 'w', capacity: { cpu: 1 } });
    // oxlint-disable-next-line unicorn/no-thenable -- what is tested
    const broken = Object.defineProperty({}, 'then', { get: () => { throw new Error('no then'); } });
    // oxlint-disable-next-line unicorn/no-thenable -- what is tested
    const twice = { then: (resolve: (value: string) => void) => [resolve('first'), resolve('second')] };
    // oxlint-disable-next-line unicorn/no-thenable -- what is tested
    const callable = Object.assign(() => {}, { then: (resolve: (value: string) => void) => resolve('called') });
    const native = Promise.resolve('native');
    // oxlint-disable-next-line unicorn/no-thenable -- what is tested
    void Object.defineProperty(native, 'then', { value: twice.then });
    await expect(scheduler.submit({ name: 'broken', run: () => broken }).result).rejects.toThrow('no then');
    expect(await scheduler.submit({ name: 'twice', run: () => twice as unknown as PromiseLike<string> }).result).toBe('first');
    expect(await scheduler.submit({ name: 'callable', run: () => callable as unknown as PromiseLike<string> }).result).toBe('called');
    expect(await scheduler.submit({ name: 'native', run: () => native }).result).toBe('native');
    expect(scheduler.stats()).toMatchObject({ succeededTotal: 3, failedTotal: 1, active: 0 });
  });

  it('starts no sooner than after the current job, so that those submitted together are ordered together', async () => {
    const { scheduler, submit, started, advance } = stage({ strategy: 'priority' });
    scheduler.addWorker({ id: 'w', capacity: { cpu: 2 } });
    submit('low');
    submit('high', { priority: 9 });
    expect(started).toEqual([]);
    await advance(0);
    expect(started).toEqual(['high@w', 'low@w']);
  });

  it('holds the GPUs it is told of', async () => {
    const { scheduler, submit, advance } = stage({ strategy: 'fifo' });
    scheduler.addWorker({ id: 'w', capacity: { cpu: 8, gpu: [1, 1, 1] } });
    const two = submit('two', { needs: { gpu: 2 } });
    const half = submit('half', { needs: { gpu: 0.5 } });
    await advance(0);
    expect([...two.contexts, ...half.contexts].map(({ gpus }) => gpus)).toEqual([[0, 1], [2]]);
  });
});

describe('cancel', () => {
  it('of a queued task means that it never starts', async () => {
    const { scheduler, submit, started, advance } = stage();
    scheduler.addWorker({ id: 'w', capacity: { cpu: 1 } });
    submit('a');
    const { handle } = submit('b');
    await advance(0);
    expect(handle.cancel()).toBe(true);
    expect(handle.cancel()).toBe(false);
    await expect(handle.result).rejects.toMatchObject({ code: 'ERR_SCHEDULER_CANCELLED' });
    expect([handle.state, started, scheduler.stats().pending]).toEqual(['cancelled', ['a@w'], 0]);
  });

  it('of a placed task that has not begun means the same, and gives its capacity back', async () => {
    const { scheduler, submit, started, advance } = stage({ maxQueued: 1 });
    scheduler.addWorker({ id: 'w', capacity: { cpu: 1 } });
    const placed = submit('a');
    submit('b'); // No room in the queue: `a` is placed at once.
    expect(placed.handle.state).toBe('running');
    expect(placed.handle.cancel('enough')).toBe(true);
    await expect(placed.handle.result).rejects.toBe('enough');
    await advance(0);
    expect(started).toEqual(['b@w']);
  });

  it('of a running task aborts it and rejects at once; the capacity is free when it has stopped', async () => {
    const { scheduler, started, submit, advance } = stage();
    scheduler.addWorker({ id: 'w', capacity: { cpu: 1 } });
    let stop = (): void => {};
    let reason: unknown;
    const deaf = scheduler.submit({
      name: 'deaf',
      run: ({ signal }) => new Promise<void>((resolve) => {
        stop = resolve;
        signal.addEventListener('abort', () => (reason = signal.reason));
      }),
    });
    submit('next');
    await advance(0);
    expect(deaf.cancel('enough')).toBe(true);
    await expect(deaf.result).rejects.toBe('enough');
    expect(reason).toBe('enough');
    await advance(0);
    expect([started, scheduler.stats().active]).toEqual([[], 1]);
    stop();
    await advance(0);
    expect(started).toEqual(['next@w']);
    expect(scheduler.stats()).toMatchObject({ cancelledTotal: 1, succeededTotal: 0 });
  });

  it('after the end leaves everything as it is', async () => {
    const { scheduler } = stage();
    scheduler.addWorker({ id: 'w', capacity: { cpu: 1 } });
    const task = scheduler.submit({ name: 'a', run: () => 7 });
    await task.result;
    expect(task.cancel()).toBe(false);
    expect([task.state, scheduler.stats().cancelledTotal]).toEqual(['succeeded', 0]);
  });

  it('by signal works in every state, an aborted one included, and the signal is let go at the end', async () => {
    const { scheduler, submit, advance } = stage();
    scheduler.addWorker({ id: 'w', capacity: { cpu: 1 } });
    const controllers = Array.from({ length: 3 }, () => new AbortController());
    const [one, two, three] = controllers.map(({ signal }, index) => submit(`t${index}`, { signal }));
    const late = submit('late', { signal: AbortSignal.abort('before') });
    await expect(late.handle.result).rejects.toBe('before');
    await advance(0);
    one?.finish();
    await one?.handle.result;
    for (const controller of controllers) controller.abort('stop');
    expect(one?.handle.state).toBe('succeeded');
    await expect(two?.handle.result).rejects.toBe('stop');
    await expect(three?.handle.result).rejects.toBe('stop');
    expect(scheduler.stats()).toMatchObject({ succeededTotal: 1, cancelledTotal: 3 });
  });
});

describe('removeWorker', () => {
  it('lets what runs there end, takes nothing more, and settles when the worker is gone', async () => {
    const { scheduler, submit, started, advance } = stage();
    scheduler.addWorker({ id: 'w', capacity: { cpu: 2 } });
    const task = submit('a');
    await advance(0);
    let gone = false;
    const removal = scheduler.removeWorker('w').then(() => (gone = true));
    submit('b', { waitForCapacity: true });
    await advance(0);
    expect([gone, started, scheduler.workers()[0]?.state]).toEqual([false, ['a@w'], 'draining']);
    task.finish();
    await removal;
    expect(scheduler.workers()).toEqual([]);
    scheduler.addWorker({ id: 'w', capacity: { cpu: 2 } });
    await advance(0);
    expect(started).toEqual(['a@w', 'b@w']);
  });

  it('by force aborts what runs there, which starts again elsewhere, at its place in the queue', async () => {
    const { scheduler, submit, started, advance } = stage({ strategy: 'fifo' });
    scheduler.addWorker({ id: 'w', capacity: { cpu: 1 } });
    const first = submit('first');
    submit('second');
    await advance(0);
    const removal = scheduler.removeWorker('w', { force: true });
    expect(first.contexts[0]?.signal.reason).toMatchObject({ code: 'ERR_SCHEDULER_WORKER_REMOVED' });
    await removal;
    scheduler.addWorker({ id: 'x', capacity: { cpu: 1 } });
    await advance(0);
    expect(started).toEqual(['first@w', 'first@x']);
    expect(first.contexts[1]?.attempt).toBe(2);
    first.finish();
    expect(await first.handle.result).toBe('first');
    expect(scheduler.stats()).toMatchObject({ requeuedTotal: 1, failedTotal: 0 });
  });

  it('by force keeps a result that came all the same', async () => {
    const { scheduler, advance } = stage();
    scheduler.addWorker({ id: 'w', capacity: { cpu: 1 } });
    let finish = (_value: string): void => {};
    const task = scheduler.submit({ name: 'deaf', run: () => new Promise<string>((resolve) => (finish = resolve)) });
    await advance(0);
    const removal = scheduler.removeWorker('w', { force: true });
    finish('done');
    expect(await task.result).toBe('done');
    await removal;
  });
});

describe('drain', () => {
  it('takes no more tasks and settles when all it has have ended', async () => {
    const { scheduler, submit, advance } = stage();
    scheduler.addWorker({ id: 'w', capacity: { cpu: 1 } });
    const tasks = [submit('a'), submit('b')];
    let drained = false;
    const draining = scheduler.drain().then(() => (drained = true));
    expect(codeOf(() => submit('c'))).toBe('ERR_SCHEDULER_CLOSED');
    for (const task of tasks) {
      await advance(0);
      expect(drained).toBe(false);
      task.finish();
    }
    await draining;
    await scheduler.drain();
  });

  it('stops waiting when its signal aborts', async () => {
    const { scheduler, submit } = stage();
    scheduler.addWorker({ id: 'w', capacity: { cpu: 1 } });
    submit('a');
    const controller = new AbortController();
    const draining = scheduler.drain({ signal: controller.signal });
    controller.abort('tired');
    await expect(draining).rejects.toBe('tired');
    await expect(scheduler.drain({ signal: AbortSignal.abort('never') })).rejects.toBe('never');
  });
});

describe('close', () => {
  it('rejects what is queued and aborts what runs', async () => {
    const { scheduler, submit, advance, clock } = stage();
    scheduler.addWorker({ id: 'w', capacity: { cpu: 1 } });
    const tasks = [submit('a', { maxWaitMs: 5 }), submit('b', { maxWaitMs: 5 })];
    await advance(0);
    await scheduler.close();
    for (const { handle } of tasks) await expect(handle.result).rejects.toMatchObject(CLOSED);
    expect(scheduler.stats()).toMatchObject({ pending: 0, active: 0, cancelledTotal: 2 });
    expect(clock.pendingTimers).toBe(0);
    expect(codeOf(() => scheduler.addWorker({ id: 'x', capacity: { cpu: 1 } }))).toBe('ERR_SCHEDULER_CLOSED');
  });

  it("awaits what runs when told so, until a second call says 'abort'", async () => {
    const { scheduler, submit, advance } = stage();
    scheduler.addWorker({ id: 'w', capacity: { cpu: 2 } });
    const tasks = [submit('a'), submit('b')];
    await advance(0);
    const closing = scheduler.close({ running: 'await' });
    tasks[0]?.finish();
    expect(await tasks[0]?.handle.result).toBe('a');
    expect(tasks[1]?.handle.state).toBe('running');
    await Promise.all([scheduler.close(), closing]);
    await expect(tasks[1]?.handle.result).rejects.toMatchObject(CLOSED);
  });

  it('rejects a task that comes back from a worker removed by force', async () => {
    const { scheduler, submit, advance } = stage();
    scheduler.addWorker({ id: 'w', capacity: { cpu: 1 } });
    const task = submit('a');
    await advance(0);
    const removal = scheduler.removeWorker('w', { force: true });
    const closing = scheduler.close({ running: 'await' });
    await expect(task.handle.result).rejects.toMatchObject(CLOSED);
    await Promise.all([removal, closing]);
  });
});

describe('events', () => {
  const channels = ['task:submitted', 'task:started', 'task:requeued', 'task:succeeded', 'task:failed', 'task:cancelled', 'deadline:missed', 'worker:added', 'worker:removed'];
  const seen: [string, unknown][] = [];
  const listen = (message: unknown, channel: string | symbol): void => void seen.push([String(channel).replace('@fog/scheduler:', ''), message]);
  afterEach(() => {
    seen.length = 0;
    for (const channel of channels) diagnostics.unsubscribe(`@fog/scheduler:${channel}`, listen);
  });

  it('tell the life of tasks and workers', async () => {
    for (const channel of channels) diagnostics.subscribe(`@fog/scheduler:${channel}`, listen);
    const { scheduler, submit, advance } = stage({ name: 'mine' });
    scheduler.addWorker({ id: 'w', capacity: { cpu: 1 }, speed: 2 });
    const late = submit('late', { deadlineMs: 10, estimateMs: 100, tenant: 'acme' });
    await advance(0);
    const waits = submit('waits');
    await advance(20);
    late.finish();
    await advance(5);
    const removal = scheduler.removeWorker('w', { force: true });
    await removal;
    waits.handle.cancel();
    expect(seen.map(([channel]) => channel)).toEqual(['worker:added', 'task:submitted', 'task:started', 'task:submitted', 'deadline:missed', 'task:succeeded', 'task:started', 'worker:removed', 'task:requeued', 'task:cancelled']);
    const task = { scheduler: 'mine', id: '#0', name: 'late', tenant: 'acme' };
    expect(seen[1]?.[1]).toEqual(task);
    expect(seen[2]?.[1]).toEqual({ ...task, workerId: 'w', waitMs: 0, attempt: 1 });
    expect(seen[4]?.[1]).toMatchObject({ ...task, waitMs: 0, attempt: 1 });
    expect(seen[5]?.[1]).toMatchObject({ ...task, durationMs: 20, waitMs: 0, attempt: 1 });
    expect(seen[5]?.[1]).toHaveProperty('predictedMs', expect.closeTo(50));
    expect(seen[6]?.[1]).toMatchObject({ name: 'waits', waitMs: 20 });
  });
});

describe('stats', () => {
  it('count deadlines, utilisation and throughput', async () => {
    const { scheduler, submit, advance } = stage();
    scheduler.addWorker({ id: 'w', capacity: { cpu: 4 } });
    scheduler.addWorker({ id: 'x', capacity: { cpu: 4 } });
    const [met, missed, failed] = [submit('met', { deadlineMs: 50 }), submit('missed', { deadlineMs: 50 }), submit('failed', { deadlineMs: 50 })];
    await advance(0);
    expect(scheduler.stats()).toMatchObject({ active: 3, workers: 2, utilisationRatio: 3 / 8 });
    met?.finish();
    failed?.fail(new Error('broken'));
    await expect(failed?.handle.result).rejects.toThrow('broken');
    await advance(100);
    missed?.finish();
    await advance(900);
    expect(scheduler.stats()).toMatchObject({ deadlinesMetTotal: 1, deadlinesMissedTotal: 2, throughputPerSecond: 3, submittedTotal: 3, utilisationRatio: 0 });
    const [used, idle] = scheduler.workers();
    expect([used?.meanUtilisationRatio, idle?.meanUtilisationRatio].toSorted((a, b) => Number(a) - Number(b))).toEqual([0, 0.025]);
    await advance(20_000);
    expect(scheduler.stats().throughputPerSecond).toBe(0);
  });

  it('measure decisions by the clock', async () => {
    let nowMs = 0;
    expect(stage().scheduler.stats()).toMatchObject({ decisionMeanMs: 0, decisionP99Ms: 0 });
    const ticking = stage({ clock: { now: () => (nowMs += 1), setTimeout, setInterval } });
    ticking.scheduler.addWorker({ id: 'w', capacity: { cpu: 1 } });
    ticking.submit('a');
    await ticking.advance(0);
    const { decisionMeanMs, decisionP99Ms } = ticking.scheduler.stats();
    expect(decisionMeanMs).toBe(1);
    expect(decisionP99Ms).toBeGreaterThanOrEqual(1);
    expect(decisionP99Ms).toBeLessThan(1.2);
  });
});
