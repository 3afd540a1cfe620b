import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { pauseMs, resolveRetry } from '../src/tasks/retry.js';
import { codeOf, stage } from './workload.js';

describe('a retry', () => {
  it('comes after a pause that grows, and its outcome is the outcome of the task', async () => {
    const { scheduler, submit, started, advance } = stage({ random: () => 0 });
    scheduler.addWorker({ id: 'w', capacity: { cpu: 1 } });
    const task = submit('flaky', { retry: { retries: 2, delayMs: 100, factor: 3 } });
    await advance(0);
    task.fail(new Error('first'));
    await advance(0);
    expect([task.handle.state, scheduler.stats().pending]).toEqual(['queued', 1]);
    await advance(99);
    expect(started).toHaveLength(1);
    await advance(1);
    expect(started).toHaveLength(2);
    task.fail(new Error('second'));
    await advance(299);
    expect(started).toHaveLength(2);
    await advance(1);
    expect(started).toHaveLength(3);
    task.finish();
    expect(await task.handle.result).toBe('flaky');
    expect(task.contexts.map(({ attempt }) => attempt)).toEqual([1, 2, 3]);
    expect(scheduler.stats()).toMatchObject({ retriedTotal: 2, succeededTotal: 1, failedTotal: 0 });
  });

  it('does not come of a task that was cancelled when it was asked for', async () => {
    const { scheduler, submit, started, advance } = stage();
    scheduler.addWorker({ id: 'w', capacity: { cpu: 1 } });
    const task = submit('flaky', { retry: { retries: 3, delayMs: 1, when: () => task.handle.cancel() } });
    await advance(0);
    task.fail(new Error('first'));
    await expect(task.handle.result).rejects.toMatchObject({ code: 'ERR_SCHEDULER_CANCELLED' });
    await advance(100);
    expect([started.length, task.handle.state]).toEqual([1, 'cancelled']);
    expect(scheduler.stats()).toMatchObject({ submittedTotal: 1, completedTotal: 1, cancelledTotal: 1, failedTotal: 0 });
    await scheduler.close();
  });

  it('whose task is cancelled keeps no process alive', async () => {
    const { scheduler, submit, advance, clock } = stage();
    scheduler.addWorker({ id: 'w', capacity: { cpu: 1 } });
    const task = submit('flaky', { retry: { retries: 3, delayMs: 10_000 } });
    await advance(0);
    task.fail(new Error('first'));
    submit('other');
    await advance(0);
    expect(clock.pendingRefs).toBe(1);
    task.handle.cancel();
    await expect(task.handle.result).rejects.toMatchObject({ code: 'ERR_SCHEDULER_CANCELLED' });
    expect(clock.pendingRefs).toBe(0);
  });

  it('is not tried more often than told, nor where it would be no use; the last error is the outcome', async () => {
    const { scheduler, submit, advance } = stage();
    scheduler.addWorker({ id: 'w', capacity: { cpu: 2 } });
    const once = submit('once', { retry: 1 });
    const picky = submit('picky', { retry: { retries: 5, when: (error) => (error as Error).message !== 'fatal' } });
    await advance(0);
    once.fail(new Error('a'));
    picky.fail(new Error('fatal'));
    await expect(picky.handle.result).rejects.toThrow('fatal');
    await advance(1_000);
    once.fail(new Error('b'));
    await expect(once.handle.result).rejects.toThrow('b');
  });

  it('can be cancelled in its pause, and leaves no timer', async () => {
    const { scheduler, submit, advance, clock } = stage();
    scheduler.addWorker({ id: 'w', capacity: { cpu: 1 } });
    const task = submit('task', { retry: 3 });
    await advance(0);
    task.fail(new Error('broken'));
    await advance(0);
    expect(clock.pendingRefs).toBe(1); // Nothing else would keep the process alive for it.
    task.handle.cancel('enough');
    await expect(task.handle.result).rejects.toBe('enough');
    await advance(0);
    expect(clock.pendingTimers).toBe(0);
    await scheduler.close();
  });

  it('ends the task where `when` itself fails', async () => {
    const { scheduler, submit, advance } = stage();
    scheduler.addWorker({ id: 'w', capacity: { cpu: 1 } });
    const task = submit('task', { retry: { retries: 1, when: () => { throw new Error('in when'); } } });
    await advance(0);
    task.fail(new Error('broken'));
    await expect(task.handle.result).rejects.toThrow('in when');
    expect(scheduler.stats()).toMatchObject({ failedTotal: 1, active: 0 });
  });

  it('pauses no longer than the back-off says, and no shorter than what jitter leaves of it', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 20 }), fc.double({ min: 0, max: 1, noNaN: true }), fc.double({ min: 0, max: 1, noNaN: true }), (failures, jitterRatio, chance) => {
        const plan = resolveRetry({ retries: 20, delayMs: 50, factor: 2, maxDelayMs: 5_000, jitterRatio });
        const pause = pauseMs(plan, undefined, failures, () => chance) ?? Number.NaN;
        const full = Math.min(5_000, 50 * 2 ** (failures - 1));
        expect(pause).toBeLessThanOrEqual(full);
        expect(pause).toBeGreaterThanOrEqual(full * (1 - jitterRatio) - 1e-9);
      }),
      { seed: 6 },
    );
  });

  it('is refused where it makes no sense', () => {
    const { scheduler, submit } = stage();
    scheduler.addWorker({ id: 'w', capacity: { cpu: 1 } });
    for (const retry of [-1, 1.5, Number.NaN, 'x', { retries: 1, delayMs: -1 }, { retries: 1, factor: 0.5 }, { retries: 1, jitterRatio: 2 }, { tries: 1 }, { retries: 1, when: 3 }])
      expect(codeOf(() => submit('task', { retry: retry as never }))).toBe('ERR_SCHEDULER_INVALID_OPTION');
  });
});
