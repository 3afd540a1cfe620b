import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { ManualClock } from '@fog/testkit';
import { attempt } from '../src/attempt.js';
import { CoarseClock } from '../src/coarse-clock.js';
import { type Linked, LinkedList } from '../src/linked-list.js';
import { Milestone } from '../src/milestone.js';
import { backoffMs } from '../src/supply/backoff.js';
import { deferred, settled } from './backend.js';

interface Member extends Linked<Member> {
  readonly id: number;
}

describe('a linked list', () => {
  it('is an array with push and removal anywhere', () => {
    const operation = fc.oneof(fc.constant('push' as const), fc.nat());
    fc.assert(
      fc.property(fc.array(operation, { maxLength: 60 }), (operations) => {
        const list = new LinkedList<Member>();
        const model: Member[] = [];
        for (const [id, step] of operations.entries()) {
          if (step === 'push') {
            const member: Member = { id, previous: undefined, next: undefined };
            list.push(member);
            model.push(member);
          } else if (model.length > 0) {
            const [member] = model.splice(step % model.length, 1);
            if (member !== undefined) list.remove(member);
          }
          expect([...list].map((member) => member.id)).toEqual(model.map((member) => member.id));
          expect([list.size, list.head, list.tail]).toEqual([model.length, model[0], model.at(-1)]);
        }
      }),
      { seed: 7, numRuns: 200 },
    );
  });
});

describe('a pause between creates', () => {
  it('doubles up to the most, half of it random', () => {
    expect([1, 2, 3, 4, 5, 60].map((failures) => backoffMs(failures, 100, 1_000, () => 0))).toEqual([50, 100, 200, 400, 500, 500]);
    expect([1, 2, 3, 4, 5, 2_000].map((failures) => backoffMs(failures, 100, 1_000, () => 1))).toEqual([100, 200, 400, 800, 1_000, 1_000]);
  });
});

describe('a coarse clock', () => {
  it('is at most 25 ms behind, and sleeps when nobody asks', () => {
    const clock = new ManualClock(5_000);
    const coarse = new CoarseClock(clock);
    expect(clock.pendingTimers).toBe(0);
    expect(coarse.now()).toBe(0);
    clock.advance(24);
    expect(coarse.now()).toBe(0);
    clock.advance(1);
    expect(clock.pendingTimers).toBe(0);
    expect(coarse.now()).toBe(25);
    expect(clock.pendingRefs).toBe(0);
    clock.advance(10);
    expect(coarse.exactly()).toBe(35);
    coarse.close();
    expect(clock.pendingTimers).toBe(0);
    clock.advance(100);
    expect(coarse.now()).toBe(135);
    expect(clock.pendingTimers).toBe(0);
  });
});

describe('an attempt', () => {
  const follow = (call: () => unknown, timeoutMs = 100): { readonly clock: ManualClock; readonly ends: unknown[]; readonly giveUp: () => void } => {
    const clock = new ManualClock();
    const ends: unknown[] = [];
    const giveUp = attempt<unknown>(clock, timeoutMs, call, {
      given: (value) => ends.push(['given', value]),
      failed: (error) => ends.push(['failed', error]),
      timedOut: () => ends.push('timed out'),
      late: (value) => ends.push(['late', value]),
    });
    return { clock, ends, giveUp };
  };

  it('ends now when the call does', () => {
    expect(follow(() => 5).ends).toEqual([['given', 5]]);
    expect(follow(() => { throw new Error('no'); }).ends).toEqual([['failed', new Error('no')]]);
    // oxlint-disable-next-line unicorn/no-thenable -- that is the question
    const { ends } = follow(() => Object.defineProperty({}, 'then', { get: () => { throw new Error('odd'); } }));
    expect(ends).toEqual([['failed', new Error('odd')]]);
  });

  it('follows any thenable, and leaves no timer', async () => {
    // oxlint-disable-next-line unicorn/no-thenable -- that is the question
    const { clock, ends } = follow(() => ({ then: (resolve: (value: number) => void) => resolve(6) }));
    expect(clock.pendingTimers).toBe(1);
    await settled();
    expect(ends).toEqual([['given', 6]]);
    expect(clock.pendingTimers).toBe(0);
  });

  it('ends once, by time-out, and tells what comes late', async () => {
    for (const finish of ['resolve', 'reject'] as const) {
      const { promise, resolve, reject } = deferred<number>();
      const { clock, ends } = follow(() => promise);
      clock.advance(100);
      if (finish === 'resolve') resolve(7);
      else reject(new Error('late'));
      await settled();
      expect(ends).toEqual(finish === 'resolve' ? ['timed out', ['late', 7]] : ['timed out']);
    }
  });

  it('given up tells only what comes late', async () => {
    const { promise, resolve } = deferred<number>();
    const { clock, ends, giveUp } = follow(() => promise);
    giveUp();
    expect(clock.pendingTimers).toBe(0);
    resolve(8);
    await settled();
    expect(ends).toEqual([['late', 8]]);
  });
});

describe('a milestone', () => {
  it('lets all go that wait when it is reached, and again later', async () => {
    const milestone = new Milestone();
    const first = Promise.all([milestone.wait(), milestone.wait()]);
    milestone.reach();
    await first;
    const failing = milestone.wait();
    milestone.fail(new Error('never'));
    await expect(failing).rejects.toThrow('never');
  });

  it('is waited for at most so long', async () => {
    const clock = new ManualClock();
    const milestone = new Milestone();
    const late = milestone.waitAtMost(10, clock);
    clock.advance(10);
    expect(await late).toBe(false);
    const early = milestone.waitAtMost(10, clock);
    milestone.reach();
    expect(await early).toBe(true);
    expect(clock.pendingTimers).toBe(0);
  });
});
