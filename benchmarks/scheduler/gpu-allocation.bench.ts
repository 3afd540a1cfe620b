import { createScheduler, strategies, type Policy } from '@fog/scheduler';
import { defineBench, type Subject } from '../harness/bench.js';
import { drawn, readOpenb } from './openb.js';

const SEEDS = [42, 43, 44];

interface Order {
  readonly shuffles: boolean;
}

type Draw = ReturnType<typeof drawn>;

/** Pods come one by one and never end; one that finds no room is turned away. Gives the GPUs allocated. */
async function place(strategy: Policy, { nodes, pods }: Draw): Promise<number> {
  const scheduler = createScheduler({ strategy });
  for (const { id, cpu, memoryBytes, gpus, model } of nodes) scheduler.addWorker({ id, capacity: { cpu, memoryBytes, gpu: Array.from({ length: gpus }, () => 1) }, labels: { model } });
  let allocated = 0;
  const ends: (() => void)[] = [];
  for (const { cpu, memoryBytes, gpu, models } of pods) {
    const task = scheduler.submit({
      name: 'pod', needs: { cpu, memoryBytes, gpu }, ...(models.length > 0 ? { affinity: { required: { model: models } } } : {}), run: () => new Promise<void>((end) => ends.push(end)),
    });
    await Promise.resolve();
    if (task.state === 'running') allocated += gpu;
    else task.cancel();
  }
  for (const end of ends) end();
  await scheduler.close();
  return allocated;
}

function contender(run: (draw: Draw) => Promise<number>): (order: Order) => Subject {
  return ({ shuffles }) => {
    const openb = readOpenb('default');
    let seed = 0;
    return {
      async run(iterations) {
        let left = iterations;
        while (left > 0) {
          const draw = drawn(openb, (seed += 1), shuffles);
          const pods = draw.pods.slice(0, left);
          await run({ ...draw, pods });
          left -= pods.length;
        }
        return iterations;
      },
      async figures() {
        let sum = 0;
        for (const of of SEEDS) {
          const draw = drawn(openb, of, shuffles);
          sum += (await run(draw)) / draw.gpus;
        }
        return { allocatedPercent: (100 * sum) / SEEDS.length };
      },
    };
  };
}

const { adaptive } = strategies;
const firstFit: Policy = { ...adaptive, name: 'first fit', weights: {} };
const bestFit: Policy = { ...adaptive, name: 'best fit', weights: { load: 1 } };

/** Published for this workload at 130 %, means of ten draws (Weng et al., USENIX ATC 2023): best fit 93.08, fragmentation gradient descent 95.39. */
const PUBLISHED = 95.4;

export default defineBench<Order>({
  name: 'scheduler/gpu-allocation',
  title: 'How many of the GPUs are given out when 130 % are asked for? (Alibaba openb, default workload)',
  operation: 'nodes added, and pods placed or turned away, a pod',
  cases: { 'nodes in order': { shuffles: false }, 'nodes shuffled': { shuffles: true } },
  reference: 'best fit',
  checkIterations: 200,
  rounds: 1,
  contenders: {
    '@fog/scheduler adaptive': contender((draw) => place(adaptive, draw)),
    'first fit': contender((draw) => place(firstFit, draw)),
    'best fit': contender((draw) => place(bestFit, draw)),
  },
  targets: (readings) =>
    ['nodes in order', 'nodes shuffled'].map((order) => ({ id: `GPUs allocated, ${order}, %`, reach: `>= ${PUBLISHED}` as const, value: readings.figure('allocatedPercent', '@fog/scheduler adaptive', order) })),
});
