import { describe, expect, it } from '@jest/globals';
import { codeOf, stage } from './workload.js';

describe('a gang', () => {
  it('starts when all its members are submitted and fit together, not before', async () => {
    const { scheduler, submit, started, advance } = stage({ strategy: 'fifo' });
    for (const id of ['v', 'w']) scheduler.addWorker({ id, capacity: { cpu: 2 } });
    const gang = { id: 'train', size: 3 };
    const blocker = submit('blocker', { needs: { cpu: 2 } });
    submit('rank 0', { gang });
    submit('rank 1', { gang });
    await advance(0);
    expect(started).toEqual(['blocker@v']);
    submit('rank 2', { gang });
    await advance(0);
    expect(started).toEqual(['blocker@v']); // Two would fit beside it, three don't.
    expect(scheduler.stats()).toMatchObject({ pending: 3, active: 1 });
    blocker.finish();
    await advance(0);
    expect(started.slice(1).map((start) => start.split('@')[0])).toEqual(['rank 0', 'rank 1', 'rank 2']);
    expect(scheduler.stats()).toMatchObject({ pending: 0, active: 3 });
  });

  it.each(['fifo', 'adaptive'] as const)('is not starved by small tasks under %s', async (strategy) => {
    const { scheduler, submit, advance } = stage({ strategy });
    for (const id of ['v', 'w']) scheduler.addWorker({ id, capacity: { cpu: 2 } });
    let small = Array.from({ length: 4 }, () => submit('small', { estimateMs: 1 }));
    await advance(0);
    const members = Array.from({ length: 2 }, (_, rank) => submit(`rank ${rank}`, { needs: { cpu: 2 }, gang: { id: 'g', size: 2 }, maxWaitMs: 50, estimateMs: 10_000 }));
    let waitedMs = 0;
    for (; members[0]?.handle.state === 'queued' && waitedMs < 1_000; waitedMs += 1) {
      small.shift()?.finish();
      small = [...small, submit('small', { estimateMs: 1 })];
      await advance(1);
    }
    expect(members.map(({ handle }) => handle.state)).toEqual(['running', 'running']);
    expect(waitedMs).toBeLessThan(60);
  });

  it('runs each member once at a time when all of them are to be tried again, however their pauses end', async () => {
    for (const delays of [[20, 30], [20, 20]]) {
      const { scheduler, submit, started, advance } = stage({ strategy: 'fifo' });
      scheduler.addWorker({ id: 'w', capacity: { cpu: 4 } });
      const members = delays.map((delayMs, rank) => submit(`rank ${rank}`, { gang: { id: 'g', size: 2 }, retry: { retries: 1, delayMs, jitterRatio: 0 } }));
      await advance(0);
      for (const member of members) member.fail(new Error('first'));
      const blocker = submit('blocker', { needs: { cpu: 4 } });
      await advance(50);
      expect(scheduler.stats()).toMatchObject({ pending: 2, active: 1 });
      blocker.finish();
      await advance(0);
      expect(started.slice(3).map((start) => start.split('@')[0])).toEqual(['rank 0', 'rank 1']);
      expect(scheduler.stats()).toMatchObject({ pending: 0, active: 2 });
      const closing = scheduler.close({ running: 'await' });
      for (const member of members) member.finish();
      expect(await Promise.all(members.map(({ handle }) => handle.result))).toEqual(['rank 0', 'rank 1']);
      await closing;
      expect(scheduler.stats()).toMatchObject({ submittedTotal: 3, completedTotal: 3, active: 0 });
    }
  });

  it('over the quota of its tenant is refused if it could never fit it, else in nobody’s way', async () => {
    const { scheduler, submit, started, advance } = stage({ strategy: 'priority', tenants: { acme: { quota: { cpu: 3 } } } });
    scheduler.addWorker({ id: 'w', capacity: { cpu: 4 } });
    const member = (id: string, cpu: number) => submit(id, { tenant: 'acme', needs: { cpu }, gang: { id, size: 2 }, waitForCapacity: true });
    const first = member('large', 2);
    expect(codeOf(() => member('large', 2))).toBe('ERR_SCHEDULER_QUOTA_EXCEEDED');
    await expect(first.handle.result).rejects.toMatchObject({ code: 'ERR_SCHEDULER_QUOTA_EXCEEDED' });
    const single = submit('single', { tenant: 'acme', needs: { cpu: 2 } });
    await advance(0);
    const members = [member('small', 1), member('small', 1)];
    submit('other', { tenant: 'beta' });
    await advance(0);
    expect(started).toEqual(['single@w', 'other@w']);
    expect(scheduler.tenants()['acme']).toMatchObject({ running: 1, queued: 2 });
    single.finish();
    await advance(0);
    expect(members.map(({ handle }) => handle.state)).toEqual(['running', 'running']);
  });

  it.each(['fifo', 'priority'] as const)('whose members wait for a task or a label, whichever they are, is in nobody’s way under %s', async (strategy) => {
    for (const leader of [true, false]) {
      const { scheduler, submit, started, advance } = stage({ strategy });
      scheduler.addWorker({ id: 'w', capacity: { cpu: 4 } });
      const wishes = [{ affinity: { requiredTasks: ['db'] } }, {}];
      for (const wish of leader ? wishes : wishes.toReversed()) submit('member', { gang: { id: 'g', size: 2 }, ...wish });
      for (const wish of leader ? [{ affinity: { required: { zone: 'moon' } } }, {}] : [{}, { affinity: { required: { zone: 'moon' } } }]) submit('never', { gang: { id: 'h', size: 2 }, waitForCapacity: true, ...wish });
      await advance(0);
      submit('db');
      await advance(0);
      expect(started).toEqual(['db@w', 'member@w', 'member@w']);
    }
  });

  it('leaves no capacity taken by members of one that does not fit', async () => {
    const { scheduler, submit, started, advance } = stage();
    scheduler.addWorker({ id: 'w', capacity: { cpu: 3 } });
    for (let rank = 0; rank < 2; rank += 1) submit(`rank ${rank}`, { needs: { cpu: 2 }, gang: { id: 'g', size: 2 }, waitForCapacity: true });
    await advance(0);
    expect([started, scheduler.stats().utilisationRatio]).toEqual([[], 0]);
    scheduler.addWorker({ id: 'x', capacity: { cpu: 2 } });
    await advance(0);
    expect(new Set(started.map((start) => start.split('@')[1]))).toEqual(new Set(['w', 'x']));
  });

  it('is refused with its last member when it could never fit, and what it has submitted is cancelled', async () => {
    const { scheduler, submit } = stage();
    for (const id of ['v', 'w']) scheduler.addWorker({ id, capacity: { cpu: 3 } });
    const gang = { id: 'g', size: 3 };
    const [first, second] = [submit('first', { needs: { cpu: 2 }, gang }), submit('second', { needs: { cpu: 2 }, gang })];
    expect(codeOf(() => submit('third', { needs: { cpu: 2 }, gang }))).toBe('ERR_SCHEDULER_NEVER_FITS');
    await expect(first?.handle.result).rejects.toMatchObject({ code: 'ERR_SCHEDULER_NEVER_FITS' });
    await expect(second?.handle.result).rejects.toMatchObject({ code: 'ERR_SCHEDULER_GANG_BROKEN' });
    submit('fourth', { needs: { cpu: 4 }, gang: { id: 'h', size: 1 }, waitForCapacity: true });
    expect(scheduler.stats()).toMatchObject({ pending: 1, refusedTotal: 1 });
  });

  it('is cancelled as a whole while it has not started, and refuses members that do not agree on its size', async () => {
    const { scheduler, submit, advance } = stage();
    scheduler.addWorker({ id: 'w', capacity: { cpu: 4 } });
    const first = submit('first', { gang: { id: 'g', size: 3 } });
    const second = submit('second', { gang: { id: 'g', size: 3 } });
    expect(codeOf(() => submit('third', { gang: { id: 'g', size: 2 } }))).toBe('ERR_SCHEDULER_GANG_MISMATCH');
    second.handle.cancel('enough');
    await expect(second.handle.result).rejects.toBe('enough');
    await expect(first.handle.result).rejects.toMatchObject({ code: 'ERR_SCHEDULER_GANG_BROKEN', cause: 'enough' });
    const again = submit('again', { gang: { id: 'g', size: 1 } });
    await advance(0);
    expect(again.handle.state).toBe('running');
    expect(scheduler.stats().pending).toBe(0);
  });

  it('goes back to the queue as a whole when a worker of one member is removed by force', async () => {
    const { scheduler, submit, started, advance } = stage({ strategy: 'fifo' });
    for (const id of ['v', 'w']) scheduler.addWorker({ id, capacity: { cpu: 1 } });
    for (let rank = 0; rank < 2; rank += 1) submit(`rank ${rank}`, { gang: { id: 'g', size: 2 } });
    await advance(0);
    const removal = scheduler.removeWorker('v', { force: true });
    await advance(0);
    await removal;
    expect(started).toHaveLength(2);
    expect(scheduler.stats()).toMatchObject({ pending: 2, active: 0, requeuedTotal: 2 });
    scheduler.addWorker({ id: 'x', capacity: { cpu: 1 } });
    await advance(0);
    expect(started.slice(2)).toEqual(['rank 0@w', 'rank 1@x']);
  });

  it('does not wait for a member that fulfils although it was told to stop', async () => {
    const { scheduler, submit, started, advance } = stage({ strategy: 'fifo' });
    for (const id of ['v', 'w']) scheduler.addWorker({ id, capacity: { cpu: 1 } });
    const gang = { id: 'g', size: 2 };
    submit('heeds', { gang });
    let finish = (): void => {};
    const deaf = scheduler.submit<void>({ name: 'deaf', gang, run: () => new Promise((resolve) => (finish = resolve)) });
    await advance(0);
    void scheduler.removeWorker('v', { force: true });
    await advance(0);
    expect(scheduler.stats()).toMatchObject({ pending: 1, active: 1 });
    finish();
    await deaf.result;
    await advance(0);
    expect(started).toEqual(['heeds@v', 'heeds@w']);
  });
});
