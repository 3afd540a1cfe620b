import diagnostics from 'node:diagnostics_channel';
import { afterEach, describe, expect, it } from '@jest/globals';
import { stage } from './workload.js';

describe('deadlines', () => {
  const seen: string[] = [];
  const listen = (message: unknown, channel: string | symbol): void => void seen.push(`${String(channel).split(':').at(-1)} ${(message as { name: string }).name}`);
  const channels = ['@fog/scheduler:deadline:at-risk', '@fog/scheduler:deadline:missed'];
  afterEach(() => {
    seen.length = 0;
    for (const channel of channels) diagnostics.unsubscribe(channel, listen);
  });

  it('are told when they become doubtful and when they pass, while there is something to be done about it', async () => {
    for (const channel of channels) diagnostics.subscribe(channel, listen);
    const { scheduler, submit, advance } = stage({ estimator: { predict: () => ({ medianMs: 100, lowerMs: 100, upperMs: 100, runs: 9 }), observe: () => {}, exportModel: () => 0, importModel: () => {} } });
    scheduler.addWorker({ id: 'w', capacity: { cpu: 1 } });
    const first = submit('first', { deadlineMs: 1_000, serviceClass: 'gold' });
    await advance(0);
    submit('waits', { deadlineMs: 500, serviceClass: 'gold' });
    await advance(399);
    expect(seen).toEqual([]);
    await advance(1);
    expect(seen).toEqual(['at-risk waits']);
    expect(scheduler.stats()).toMatchObject({ deadlinesAtRisk: 1, deadlinesMissedTotal: 0 });
    await advance(101);
    expect(seen).toEqual(['at-risk waits', 'at-risk first', 'missed waits']); // The first has outlived its estimate and may take as long again.
    expect(scheduler.serviceLevels()).toEqual({ gold: { metTotal: 0, missedTotal: 1, atRisk: 1, atRiskTotal: 2 } });
    first.finish();
    await advance(0);
    expect(scheduler.serviceLevels()).toEqual({ gold: { metTotal: 1, missedTotal: 1, atRisk: 0, atRiskTotal: 2 } });
  });

  it('are at risk as soon as what others of the name took says so, and no more when it says otherwise', async () => {
    for (const channel of channels) diagnostics.subscribe(channel, listen);
    let ms = 10;
    const { scheduler, submit, advance } = stage({ estimator: { predict: () => ({ medianMs: ms, lowerMs: ms, upperMs: ms, runs: 9 }), observe: () => {}, exportModel: () => 0, importModel: () => {} } });
    scheduler.addWorker({ id: 'w', capacity: { cpu: 3 } });
    const others = [submit('of a kind'), submit('of a kind'), submit('of a kind')];
    await advance(0);
    submit('of a kind', { deadlineMs: 1_000, needs: { cpu: 3 } });
    await advance(750);
    ms = 300;
    others[0]?.finish();
    await advance(1);
    expect([seen, scheduler.stats().deadlinesAtRisk]).toEqual([['at-risk of a kind'], 1]);
    await advance(9);
    ms = 20;
    others[1]?.finish();
    await advance(1);
    expect([seen, scheduler.stats().deadlinesAtRisk]).toEqual([['at-risk of a kind'], 0]);
  });

  it('count by class of service: met in time, missed when late or failed, neither when cancelled', async () => {
    const { scheduler, submit, advance, clock } = stage();
    scheduler.addWorker({ id: 'w', capacity: { cpu: 4 } });
    const tasks = ['met', 'late', 'failed', 'cancelled'].map((name) => submit(name, { deadlineMs: 50, serviceClass: name === 'met' ? 'gold' : 'bronze' }));
    await advance(50);
    tasks[0]?.finish();
    tasks[2]?.fail(new Error('broken'));
    await expect(tasks[2]?.handle.result).rejects.toThrow('broken');
    tasks[3]?.handle.cancel();
    await advance(10);
    tasks[1]?.finish();
    await advance(0);
    expect(scheduler.serviceLevels()).toMatchObject({ gold: { metTotal: 1, missedTotal: 0 }, bronze: { metTotal: 0, missedTotal: 2, atRisk: 0 } });
    expect([clock.pendingTimers, scheduler.stats().deadlinesMissedTotal]).toEqual([0, 2]);
  });
});
