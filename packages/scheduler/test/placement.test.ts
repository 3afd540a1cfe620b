import { describe, expect, it } from '@jest/globals';
import { strategies, type Estimator, type Policy } from '../src/index.js';
import { stage } from './workload.js';

const easy: Policy = { ...strategies.fifo, name: 'easy', backfill: true };
/** Believes callers to the letter. */
const literal: Estimator = {
  predict: ({ estimateMs = 1 }) => ({ medianMs: estimateMs, lowerMs: estimateMs, upperMs: estimateMs, runs: 0 }),
  observe: () => {},
  exportModel: () => null,
  importModel: () => {},
};

describe('without backfilling', () => {
  it('nobody passes a task that waits, on a worker it could run on; on others they do', async () => {
    const { scheduler, submit, started, advance } = stage({ strategy: 'fifo' });
    scheduler.addWorker({ id: 'large', capacity: { cpu: 4 } });
    scheduler.addWorker({ id: 'small', capacity: { cpu: 1 } });
    submit('a', { needs: { cpu: 3 } });
    const head = submit('b', { needs: { cpu: 2 } });
    submit('c');
    const last = submit('d');
    await advance(0);
    expect(started).toEqual(['a@large', 'c@small']);
    expect(last.handle.explain()).toMatchObject({ ahead: 1, candidates: [{ workerId: 'large', obstacle: 'held' }, { workerId: 'small', obstacle: 'room' }] });
    expect(head.handle.explain().candidates.map(({ obstacle }) => obstacle)).toEqual(['room', 'capacity']);
  });
});

describe('backfilling', () => {
  const WORKER = { id: 'w', capacity: { cpu: 4 } };

  it('lets pass who will be gone before the first in line can start, and who is small enough to stay, but nobody else', async () => {
    const { scheduler, submit, started, advance } = stage({ strategy: easy, estimator: literal });
    scheduler.addWorker(WORKER);
    submit('first', { needs: { cpu: 2 }, estimateMs: 100 });
    const head = submit('head', { needs: { cpu: 3 }, estimateMs: 100 });
    submit('long', { estimateMs: 1_000, needs: { cpu: 2 } });
    submit('short', { estimateMs: 10 });
    submit('small', { estimateMs: 1_000, needs: { cpu: 0.5 } });
    submit('small too', { estimateMs: 1_000, needs: { cpu: 0.5 } });
    await advance(0);
    expect(started).toEqual(['first@w', 'short@w', 'small@w', 'small too@w']);
    const { reservation, candidates } = head.handle.explain();
    expect(candidates[0]?.detail).toBe('cpu: 3 needed, 0 free');
    expect(reservation?.workerId).toBe('w');
    expect(reservation?.inMs).toBeCloseTo(100, 5);
  });

  it('lets only so many stay as fit beside the first in line when it starts', async () => {
    const { scheduler, submit, started, advance } = stage({ strategy: easy, estimator: literal });
    scheduler.addWorker(WORKER);
    submit('first', { needs: { cpu: 1.5 }, estimateMs: 100 });
    submit('head', { needs: { cpu: 3 } });
    for (const name of ['stays', 'does not']) submit(name, { estimateMs: 1_000 });
    await advance(0);
    expect(started).toEqual(['first@w', 'stays@w']);
  });

  it('gives the reservation up when its task is cancelled', async () => {
    const { scheduler, submit, started, advance } = stage({ strategy: easy, estimator: literal });
    scheduler.addWorker(WORKER);
    submit('first', { needs: { cpu: 3 }, estimateMs: 100 });
    const head = submit('head', { needs: { cpu: 4 } });
    const behind = submit('behind', { estimateMs: 1_000 });
    await advance(0);
    expect(behind.handle.explain().candidates[0]).toMatchObject({ obstacle: 'reserved', detail: 'it is reserved for task #1' });
    head.handle.cancel();
    await advance(0);
    expect(started).toEqual(['first@w', 'behind@w']);
  });

  it('sets no worker aside before the policy says so, and then for the first that has waited long enough', async () => {
    const { scheduler, submit, started, advance } = stage({ strategy: { ...easy, reserves: ({ submittedMs }, nowMs) => nowMs - submittedMs >= 50 }, estimator: literal });
    scheduler.addWorker(WORKER);
    const running = [submit('first', { needs: { cpu: 3 }, estimateMs: 100 })];
    const head = submit('head', { needs: { cpu: 4 } });
    running.push(submit('passes', { estimateMs: 1_000 }));
    await advance(60);
    for (const task of running) task.finish();
    const late = submit('late', { estimateMs: 1_000, needs: { cpu: 0.5 } });
    await advance(0);
    expect(started).toEqual(['first@w', 'passes@w', 'head@w']);
    expect([head.handle.state, late.handle.state]).toEqual(['running', 'queued']);
  });

  it('tells the policy how long the whole cluster would take for what waits', async () => {
    const seen: number[] = [];
    const strategy: Policy = { ...easy, reorders: true, reserves: (_task, _nowMs, backlogMs) => seen.push(backlogMs) > 0 };
    const { scheduler, submit, advance } = stage({ strategy, estimator: literal });
    scheduler.addWorker(WORKER);
    submit('first', { needs: { cpu: 4 }, estimateMs: 1_000 });
    await advance(0);
    submit('all of it', { needs: { cpu: 4 }, estimateMs: 100 });
    submit('half of it', { needs: { cpu: 2 }, estimateMs: 50 });
    await advance(0);
    expect(seen.at(-1)).toBe(100 + 25);
    submit('a quarter of it', { needs: { cpu: 1 }, estimateMs: 40 });
    await advance(0);
    expect(seen.at(-1)).toBe(100 + 25 + 10);
    await advance(10);
    submit('nothing', { needs: { cpu: 0 }, estimateMs: 40 });
    await advance(10);
    expect(seen.at(-1)).toBe(100 + 25 + 10);
  });

  it('keeps nothing of a task whose estimator throws when the backlog is counted', async () => {
    const strategy: Policy = { ...easy, order: () => 0, reorders: true, reserves: () => true };
    const broken = { ...literal, predict: () => { throw new Error('no idea'); } };
    const { scheduler, submit } = stage({ strategy, estimator: broken });
    scheduler.addWorker(WORKER);
    expect(() => submit('unknown')).toThrow('no idea');
    expect(scheduler.stats()).toMatchObject({ pending: 0, submittedTotal: 0, refusedTotal: 1 });
    await scheduler.close();
  });

  it('takes those that pass in an order of their own, where the policy has one', async () => {
    const { scheduler, submit, started, advance } = stage({ strategy: { ...easy, passOrder: ({ estimate }) => estimate.medianMs }, estimator: literal });
    scheduler.addWorker(WORKER);
    submit('first', { needs: { cpu: 3 }, estimateMs: 100 });
    submit('head', { needs: { cpu: 4 } });
    submit('short', { estimateMs: 20 });
    submit('shorter', { estimateMs: 10 });
    await advance(0);
    expect(started).toEqual(['first@w', 'shorter@w']);
  });
});

describe('a task past its maxWaitMs', () => {
  it('goes first and has a worker set aside, so that a stream of small ones cannot starve it', async () => {
    const strategy: Policy = { name: 'shortest first', order: (task) => task.estimate.medianMs, weights: {}, backfill: true };
    const { scheduler, submit, started, advance } = stage({ strategy });
    scheduler.addWorker({ id: 'w', capacity: { cpu: 2 } });
    let small = [submit('small', { estimateMs: 1 }), submit('small', { estimateMs: 1 })];
    await advance(0);
    const large = submit('large', { needs: { cpu: 2 }, estimateMs: 10_000, maxWaitMs: 50 });
    let waitedMs = 0;
    for (; large.handle.state === 'queued' && waitedMs < 1_000; waitedMs += 1) {
      // One of the two ends at a time: the worker is never idle of itself.
      small.shift()?.finish();
      small = [...small, submit('small', { estimateMs: 1 })];
      await advance(1);
    }
    expect(large.handle.explain()).toMatchObject({ overdue: true, workerId: 'w' });
    expect(waitedMs).toBeGreaterThan(49);
    expect(waitedMs).toBeLessThan(55);
    expect(started.at(-1)).toBe('large@w');
  });

  it.each(['fifo', 'adaptive'] as const)('has a worker cleared of what it must not run beside under %s', async (strategy) => {
    const { scheduler, submit, advance } = stage({ strategy });
    for (const id of ['v', 'w']) scheduler.addWorker({ id, capacity: { cpu: 2 } });
    const x = () => submit('x', { estimateMs: 10 });
    let running = Array.from({ length: 4 }, x);
    await advance(0);
    const alone = submit('alone', { maxWaitMs: 50, antiAffinity: { requiredTasks: ['x'] } });
    let waitedMs = 0;
    for (; alone.handle.state === 'queued' && waitedMs < 1_000; waitedMs += 5) {
      running.find(({ handle }) => handle.state === 'running')?.finish();
      running = [...running.filter(({ handle }) => handle.state !== 'succeeded'), x()];
      await advance(5);
    }
    expect(waitedMs).toBeGreaterThan(49);
    expect(waitedMs).toBeLessThan(100);
  });

  it('wakes the scheduler by one timer that keeps no process alive', async () => {
    const { scheduler, submit, advance, clock, started } = stage({ strategy: 'priority' });
    scheduler.addWorker({ id: 'w', capacity: { cpu: 1 } });
    const running = submit('running');
    await advance(0);
    submit('late', { maxWaitMs: 100 });
    submit('later', { maxWaitMs: 200 });
    submit('urgent', { priority: 9 });
    await advance(0);
    expect([clock.pendingTimers, clock.pendingRefs]).toEqual([1, 0]);
    await advance(150);
    expect([clock.pendingTimers, clock.pendingRefs]).toEqual([1, 0]);
    running.finish();
    await advance(0);
    expect(started).toEqual(['running@w', 'late@w']);
  });

  it('has a worker of its own, as long as there are any', async () => {
    const { scheduler, submit, advance } = stage();
    for (const id of ['v', 'w']) scheduler.addWorker({ id, capacity: { cpu: 2 } });
    for (let index = 0; index < 2; index += 1) submit('running', { needs: { cpu: 1.5 } });
    await advance(0);
    const waiting = Array.from({ length: 3 }, () => submit('waits', { needs: { cpu: 2 }, maxWaitMs: 0 }));
    const small = submit('small', { needs: { cpu: 0.5 } });
    await advance(1);
    expect(waiting.map(({ handle }) => handle.explain().reservation?.workerId)).toEqual(['v', 'w', undefined]);
    expect(small.handle.explain().candidates.map(({ obstacle }) => obstacle)).toEqual(['reserved', 'reserved']);
  });
});

describe('fifo and priority', () => {
  it('order by arrival alone, and by priority first', async () => {
    const order = { fifo: ['a', 'b', 'c'], priority: ['b', 'a', 'c'] };
    for (const strategy of ['fifo', 'priority'] as const) {
      const { scheduler, submit, started, advance } = stage({ strategy });
      scheduler.addWorker({ id: 'w', capacity: { cpu: 1 } });
      const tasks = [submit('a'), submit('b', { priority: 1 }), submit('c')];
      await advance(0);
      for (let round = 0; round < 3; round += 1) {
        for (const task of tasks) task.finish();
        await advance(0);
      }
      expect(started).toEqual(order[strategy].map((name) => `${name}@w`));
    }
  });

  it('spread tasks over the workers', async () => {
    const { scheduler, submit, started, advance } = stage({ strategy: 'fifo' });
    for (const id of ['v', 'w']) scheduler.addWorker({ id, capacity: { cpu: 2 } });
    for (const name of ['a', 'b']) submit(name);
    await advance(0);
    expect(started).toEqual(['a@v', 'b@w']);
  });
});

describe('sla', () => {
  it.each([
    ['with an hour, by its deadline while that can be kept', 1, 1, 1],
    ['with an hour, as if it had had ten', 1, 2, 10],
    ['with four hours, as if it had had forty', 4, 8, 40],
    ['with a hundred hours, as if it had had two hundred', 100, 200, 200],
  ])('stands in line: a task %s', (_of, givenHours, takesHours, placeHours) => {
    const hour = 3_600_000;
    const estimate = { medianMs: takesHours * hour, lowerMs: takesHours * hour, upperMs: takesHours * hour, runs: 1 };
    const task = { name: 'task', tenant: undefined, priority: 0, submittedMs: 0, deadlineAtMs: givenHours * hour, maxWaitMs: Infinity, estimate, sizeRatio: 0 };
    expect(strategies.sla.order(task, 0)).toBe(placeHours * hour);
  });

  it('runs the earliest deadline first, the hopeless last, and those in the end too', async () => {
    const { scheduler, submit, started, advance } = stage({ strategy: 'sla' });
    scheduler.addWorker({ id: 'w', capacity: { cpu: 1 } });
    const tasks = [submit('running', { deadlineMs: 1 })];
    await advance(0);
    tasks.push(submit('hopeless', { deadlineMs: 1_000, estimateMs: 1_000_000 }), submit('none'), submit('later', { deadlineMs: 9_000, estimateMs: 10 }), submit('sooner', { deadlineMs: 5_000, estimateMs: 10 }));
    for (let round = 0; round < 5; round += 1) {
      for (const task of tasks) task.finish();
      await advance(0);
    }
    expect(started.map((name) => name.replace('@w', ''))).toEqual(['running', 'sooner', 'later', 'hopeless', 'none']);
  });

  it('prefers a worker fast enough for the deadline', async () => {
    const { scheduler, submit, started, advance } = stage({ strategy: 'sla' });
    scheduler.addWorker({ id: 'slow', capacity: { cpu: 8 }, speed: 0.1 });
    scheduler.addWorker({ id: 'fast', capacity: { cpu: 8 }, speed: 10 });
    submit('urgent', { deadlineMs: 200, estimateMs: 100 });
    await advance(0);
    expect(started).toEqual(['urgent@fast']);
  });
});

describe('cost', () => {
  it('takes the cheapest worker for the work that keeps the deadline', async () => {
    const { scheduler, submit, started, advance } = stage({ strategy: 'cost' });
    scheduler.addWorker({ id: 'dear', capacity: { cpu: 8 }, pricePerHour: 40, speed: 10 });
    scheduler.addWorker({ id: 'cheap', capacity: { cpu: 8 }, pricePerHour: 1 });
    submit('whenever', { estimateMs: 100 });
    submit('urgent', { estimateMs: 100, deadlineMs: 200 });
    await advance(0);
    expect(started.toSorted()).toEqual(['urgent@dear', 'whenever@cheap']);
  });
});

describe('cost, with spot workers', () => {
  it('weighs the price against the chance to lose the work: short tasks go to the spot worker, long ones do not', async () => {
    const { scheduler, submit, started, advance } = stage({ strategy: 'cost' });
    scheduler.addWorker({ id: 'steady', capacity: { cpu: 8 }, pricePerHour: 2 });
    scheduler.addWorker({ id: 'spot', capacity: { cpu: 8 }, pricePerHour: 1, interruptionsPerHour: 1 });
    submit('short', { estimateMs: 60_000 });
    submit('long', { estimateMs: 7_200_000 });
    await advance(0);
    expect(started.toSorted()).toEqual(['long@steady', 'short@spot']);
  });
});

describe('affinity', () => {
  it('seeks preferred labels, avoids others, insists on required ones, and leaves GPUs to those that need them', async () => {
    const { scheduler, submit, started, advance } = stage({ strategy: 'affinity' });
    scheduler.addWorker({ id: 'gpu', capacity: { cpu: 8, gpu: [1] }, labels: { zone: 'a' } });
    scheduler.addWorker({ id: 'a', capacity: { cpu: 8 }, labels: { zone: 'a' } });
    scheduler.addWorker({ id: 'b', capacity: { cpu: 8 }, labels: { zone: 'b', disk: 'ssd' } });
    submit('any');
    submit('train', { needs: { gpu: 1 } });
    submit('likes ssd', { affinity: { preferred: { disk: 'ssd' } } });
    submit('avoids a', { antiAffinity: { preferred: { zone: ['a', 'c'] } } });
    submit('must a', { affinity: { required: { zone: 'a' } } });
    submit('never a', { antiAffinity: { required: { zone: 'a' } } });
    await advance(0);
    expect(started).toEqual(['any@a', 'train@gpu', 'likes ssd@b', 'avoids a@b', 'must a@a', 'never a@b']);
  });
});

describe('adaptive', () => {
  it('learns which names are short and runs them first, until waiting brings the others up', async () => {
    const { scheduler, submit, started, advance } = stage();
    scheduler.addWorker({ id: 'w', capacity: { cpu: 1 } });
    for (let run = 0; run < 5; run += 1)
      for (const [name, ms] of [['long', 5_000], ['short', 200]] as const) {
        const task = submit(name);
        await advance(ms);
        task.finish();
        await advance(0);
      }
    started.length = 0;
    const running = submit('running');
    await advance(0);
    submit('long');
    await advance(1_000);
    submit('short');
    await advance(1_000);
    running.finish();
    await advance(0);
    expect(started.at(-1)).toBe('short@w');
    expect(scheduler.insights().names['short']?.runs).toBe(5);
  });

  it.each([
    ['a small task after nine times its run time', 0.01, 900, 1e9, false],
    ['a small task after ten times its run time', 0.01, 1_000, 1e9, true],
    ['one that needs all there is after ten times its run time', 1, 1_000, 1e9, false],
    ['one that needs all there is after twenty times its run time', 1, 2_000, 1e9, true],
    ['one that needs all there is after ten times its run time and four times the backlog', 1, 1_000, 250, true],
    ['one that has just come, with nothing else queued', 1, 0, 0, false],
  ])('sets a worker aside: %s', (_of, sizeRatio, waitMs, backlogMs, does) => {
    const estimate = { medianMs: 100, lowerMs: 100, upperMs: 100, runs: 1 };
    const task = { name: 'task', tenant: undefined, priority: 0, submittedMs: 0, deadlineAtMs: Infinity, maxWaitMs: Infinity, estimate, sizeRatio };
    expect(strategies.adaptive.reserves?.(task, waitMs, backlogMs)).toBe(does);
  });

  it('packs tasks, to keep room for large ones', async () => {
    const { scheduler, submit, started, advance } = stage();
    for (const id of ['v', 'w']) scheduler.addWorker({ id, capacity: { cpu: 4 } });
    for (const name of ['a', 'b', 'c']) submit(name);
    await advance(0);
    expect(new Set(started.map((start) => start.split('@')[1])).size).toBe(1);
  });
});

describe('a policy of your own', () => {
  it('orders the queue and adds its term to the score', async () => {
    const strategy: Policy = { name: 'own', order: ({ name }) => name.length, score: (_task, { id }) => (id === 'w' ? 1 : 0), weights: {}, backfill: false };
    const { scheduler, submit, started, advance } = stage({ strategy });
    for (const id of ['v', 'w']) scheduler.addWorker({ id, capacity: { cpu: 1 } });
    const [longest, short] = [submit('longest'), submit('short')];
    expect(short.handle.explain()).toMatchObject({ strategy: 'own', ahead: 0, candidates: [{ workerId: 'w', score: 1, terms: { score: 1 } }, { workerId: 'v', score: 0 }] });
    await advance(0);
    expect(started).toEqual(['short@w', 'longest@v']);
    expect(longest.handle.explain()).toMatchObject({ state: 'running', workerId: 'v', candidates: [], ahead: undefined, reservation: undefined });
  });
});

describe('explain', () => {
  it('tells what a task waits for', async () => {
    const { scheduler, submit, advance } = stage({ tenants: { small: { quota: { cpu: 1 } } } });
    scheduler.addWorker({ id: 'w', capacity: { cpu: 3 } });
    const running = submit('running', { tenant: 'small' });
    const flaky = submit('flaky', { retry: 1 });
    const next = submit('next');
    expect(next.handle.explain().waitsFor).toBe('turn');
    await advance(0);
    flaky.fail(new Error('broken'));
    const tasks = [submit('huge', { needs: { cpu: 9 }, waitForCapacity: true }), submit('member', { gang: { id: 'g', size: 2 } }), submit('second', { tenant: 'small' }), submit('large', { needs: { cpu: 3 } }), flaky, running];
    await advance(0);
    expect(tasks.map(({ handle }) => handle.explain().waitsFor)).toEqual(['capacity', 'gang', 'quota', 'room', 'retry', undefined]);
  });

  it('gives finite scores even for a worker that lacks the resource, and the slack', async () => {
    const { scheduler, submit, advance } = stage();
    scheduler.addWorker({ id: 'plain', capacity: { cpu: 4 } });
    scheduler.addWorker({ id: 'licensed', capacity: { cpu: 1, licences: 1 } });
    const { handle } = submit('solve', { needs: { licences: 1 }, deadlineMs: 1_000, estimateMs: 300 });
    const { candidates, slackMs, prediction } = handle.explain();
    expect(candidates.map(({ workerId, obstacle, score }) => [workerId, obstacle, Number.isFinite(score)])).toEqual([['licensed', undefined, true], ['plain', 'capacity', true]]);
    expect(slackMs).toBeCloseTo(700);
    expect(prediction.lowerMs).toBeLessThan(prediction.medianMs);
    await advance(250);
    expect(handle.explain()).toMatchObject({ waitMs: 0, state: 'running', workerId: 'licensed' });
  });
});

describe('experience', () => {
  it('finds out which worker is faster for a name than its speed says, and tells what the others cost', async () => {
    const { scheduler, submit, started, advance } = stage();
    for (const id of ['v', 'w']) scheduler.addWorker({ id, capacity: { cpu: 1 } });
    for (let round = 0; round < 8; round += 1) {
      const tasks = [submit('render'), submit('render')];
      await advance(100);
      const onW = tasks.find(({ contexts }) => contexts[0]?.workerId === 'w');
      onW?.finish();
      await advance(900);
      for (const task of tasks) task.finish();
      await advance(0);
    }
    started.length = 0;
    for (let round = 0; round < 3; round += 1) {
      const task = submit('render');
      await advance(100);
      task.finish();
      await advance(0);
    }
    expect(started).toEqual(['render@w', 'render@w', 'render@w']);
    const { regretRatio } = scheduler.insights();
    expect(regretRatio).toBeGreaterThan(0.1);
    const terms = Object.fromEntries(submit('render', { affinity: { required: {} } }).handle.explain().candidates.map(({ workerId, terms: { experience } }) => [workerId, experience]));
    expect(Number(terms['w'])).toBeGreaterThan(Number(terms['v']));

    const later = stage();
    later.scheduler.importModel(JSON.parse(JSON.stringify(scheduler.exportModel())));
    expect(later.scheduler.exportModel()).toEqual(scheduler.exportModel());
    for (const id of ['v', 'w']) later.scheduler.addWorker({ id, capacity: { cpu: 1 } });
    later.submit('render');
    await later.advance(0);
    expect(later.started).toEqual(['render@w']);
  });
});
