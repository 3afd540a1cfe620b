import { expect, it } from '@jest/globals';
import fc from 'fast-check';
import { ReadyQueue } from '../src/queue/ready-queue.js';
import { Dimensions } from '../src/workers/resources.js';
import { Shapes } from '../src/tasks/shape.js';
import { NO_TERMS, Task } from '../src/tasks/task.js';

const step = fc.oneof(
  { weight: 4, arbitrary: fc.record({ kind: fc.constant('add' as const), cpu: fc.integer({ min: 1, max: 4 }), priority: fc.integer({ min: 0, max: 3 }), maxWaitMs: fc.option(fc.nat(50), { nil: Infinity }) }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('remove' as const), at: fc.nat() }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('park' as const) }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('unpark' as const) }) },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant('advance' as const), ms: fc.nat(30) }) },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant('pass' as const), aside: fc.integer({ min: 1, max: 4 }), starts: fc.nat(3) }) },
);

it.each([false, true])('gives what a sorted list would, whole shapes set aside, overdue tasks first (order that changes: %s)', (reorders) => {
  fc.assert(
    fc.property(fc.array(step, { maxLength: 80 }), (steps) => {
      // An order that changes turns around as time goes by.
      const order = (task: { priority: number }, nowMs: number): number => (reorders && nowMs % 2 === 1 ? task.priority : -task.priority);
      const queue = new ReadyQueue({ order, reorders });
      const shapes = new Shapes<Task>(new Dimensions(), reorders ? 'many' : 'few');
      let nowMs = 0;
      const ready: Task[] = [];
      const parked: Task[] = [];
      const isOverdue = (task: Task): boolean => task.submittedMs + task.maxWaitMs <= nowMs;
      const before = (a: Task, b: Task): number => Number(isOverdue(b)) - Number(isOverdue(a)) || (isOverdue(a) ? 0 : order(a, nowMs) - order(b, nowMs)) || a.sequence - b.sequence;
      const forget = (list: Task[], task: Task): void => void list.splice(list.indexOf(task), 1);
      const advance = (ms: number): void => {
        nowMs += ms;
        queue.advance(nowMs);
      };
      for (const [sequence, action] of steps.entries()) {
        if (action.kind === 'add') {
          const { cpu, priority, maxWaitMs } = action;
          const task = new Task({
            name: 'task', sequence, shape: shapes.of({ needs: { cpu } }), priority, submittedMs: nowMs, terms: { ...NO_TERMS, maxWaitMs },
            owner: { predict: () => ({ medianMs: 1, lowerMs: 1, upperMs: 1, runs: 0 }) },
          });
          ready.push(task);
          queue.add(task, nowMs);
          // Whoever may not wait at all is overdue at once; and a long queue is ordered only when some time has passed.
          advance(0);
        } else if (action.kind === 'remove') {
          const all = [...ready, ...parked];
          const task = all[action.at % all.length];
          if (task === undefined) continue;
          forget(task.place === 'parked' ? parked : ready, task);
          queue.remove(task);
        } else if (action.kind === 'park') {
          const task = queue.pop();
          expect(task).toBe(ready.toSorted(before)[0]);
          if (task === undefined) continue;
          forget(ready, task);
          parked.push(task);
          queue.park(task);
        } else if (action.kind === 'unpark') {
          ready.push(...parked.splice(0));
          queue.unparkAll();
        } else if (action.kind === 'advance') advance(action.ms);
        else {
          const shape = shapes.of({ needs: { cpu: action.aside } });
          const expected = ready.toSorted(before);
          const restored: Task[] = [];
          let starts = action.starts;
          let isAside = false;
          for (let task = queue.pop(); task !== undefined; task = queue.pop()) {
            expect(task).toBe(expected.find((other) => !restored.includes(other) && ready.includes(other) && !(isAside && other.shape === shape)));
            if (starts > 0) {
              starts -= 1;
              forget(ready, task);
              queue.started(task);
              continue;
            }
            restored.push(task);
            if (task.shape !== shape || isAside) continue;
            isAside = true;
            queue.setAside(shape.lane);
          }
          expect(queue.isExhausted).toBe(true);
          queue.bringBack();
          for (const task of restored) queue.restore(task);
        }
        expect([queue.ready, queue.size]).toEqual([ready.length, ready.length + parked.length]);
        expect(new Set(queue.all())).toEqual(new Set([...ready, ...parked]));
        const expected = ready.toSorted(before);
        for (const task of ready) expect(queue.ahead(task)).toBe(expected.indexOf(task));
        const due = [...ready, ...parked].filter((task) => !isOverdue(task)).map((task) => task.submittedMs + task.maxWaitMs);
        expect(queue.nextDueMs).toBe(Math.min(Infinity, ...due));
      }
    }),
    { seed: 9, numRuns: 200 },
  );
});
