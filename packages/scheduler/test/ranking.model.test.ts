import { expect, it } from '@jest/globals';
import fc from 'fast-check';
import { Cluster } from '../src/workers/cluster.js';
import { canEverRun } from '../src/placement/filter.js';
import { Ranking } from '../src/placement/ranking.js';
import { Scorer } from '../src/placement/score.js';
import { chooseGpus, fits } from '../src/workers/resources.js';
import { Shapes } from '../src/tasks/shape.js';
import { strategies } from '../src/strategies/strategies.js';
import { Task } from '../src/tasks/task.js';

const amount = fc.integer({ min: 1, max: 4 });
const step = fc.oneof(
  { weight: 6, arbitrary: fc.record({ kind: fc.constant('start' as const), cpu: amount, gib: amount, gpu: fc.constantFrom(0, 0, 0.5, 1), zone: fc.constantFrom(undefined, 'a'), refuse: fc.integer({ min: 0, max: 3 }) }) },
  { weight: 4, arbitrary: fc.record({ kind: fc.constant('end' as const), at: fc.nat() }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('add' as const), cpu: fc.integer({ min: 1, max: 9 }), gpus: fc.integer({ min: 0, max: 2 }), zone: fc.constantFrom('a', 'b'), speed: fc.integer({ min: 1, max: 3 }) }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constantFrom('retire' as const, 'shrink' as const), at: fc.nat() }) },
);

it.each(['adaptive', 'fifo', 'cost'] as const)('gives the worker that a look at every one would give, under %s, whatever changed since', (strategy) => {
  fc.assert(
    fc.property(fc.array(step, { minLength: 20, maxLength: 150 }), (steps) => {
      const cluster = new Cluster();
      const scorer = new Scorer(strategies[strategy], cluster);
      const shapes = new Shapes<Task>(cluster.dimensions);
      const rankings = new Map<object, Ranking>();
      const running: Task[] = [];
      let workers = 0;
      const add = (cpu: number, gpus: number, zone: string, speed: number): void =>
        cluster.add({ id: `w${(workers += 1)}`, capacity: { cpu, memoryBytes: cpu * 2 ** 30, gpu: Array.from({ length: gpus }, () => 1) }, labels: { zone }, pricePerHour: speed, interruptionsPerHour: 0, speed }, 0);
      for (let index = 0; index < 40; index += 1) add(1 + (index % 5), index % 3, index % 2 === 0 ? 'a' : 'b', 1);
      for (const [sequence, action] of steps.entries()) {
        const worker = 'at' in action ? cluster.workers[action.at % cluster.workers.length] : undefined;
        if (action.kind === 'start') {
          const { cpu, gib, gpu, zone, refuse } = action;
          const shape = shapes.of({ needs: { cpu, memoryBytes: gib * 2 ** 30, gpu }, affinity: zone === undefined ? {} : { required: { zone } } });
          if (gpu > 0) scorer.fragmentation?.note(shape);
          const ranking = rankings.get(shape) ?? new Ranking(shape, cluster, scorer);
          rankings.set(shape, ranking);
          const possible = cluster.workers.filter((each) => canEverRun(shape, each) && fits(shape.demand, each.free));
          const sorted = possible.toSorted((a, b) => scorer.shapeScore(shape, b) - scorer.shapeScore(shape, a) || a.index - b.index);
          const refused = new Set(sorted.slice(0, refuse));
          const best = ranking.best((each) => !refused.has(each));
          expect(best?.id).toBe(sorted[refuse]?.id);
          if (best === undefined) continue;
          const task = new Task({ name: 'task', sequence, shape, submittedMs: 0, owner: { predict: () => ({ medianMs: 1, lowerMs: 1, upperMs: 1, runs: 0 }) } });
          cluster.allocate(task, best, chooseGpus(shape.demand.gpu, best.free.gpus) ?? [], 0);
          running.push(task);
        } else if (action.kind === 'end') {
          const [task] = running.splice(action.at % Math.max(1, running.length), 1);
          if (task !== undefined) cluster.release(task, 0);
        } else if (action.kind === 'add') add(action.cpu, action.gpus, action.zone, action.speed);
        else if (worker !== undefined && action.kind === 'retire') cluster.retire(worker);
        else if (worker !== undefined) cluster.update(worker, { capacity: { cpu: 1 } }, 0);
      }
    }),
    { seed: 12, numRuns: 60 },
  );
});
