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
