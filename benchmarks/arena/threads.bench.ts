import { once } from 'node:events';
import { Worker } from 'node:worker_threads';
import { createArena } from '@fog/arena';
import { defineBench, type Bench, type Subject } from '../harness/bench.js';
import { loadRivals } from './rivals.js';
import type { Given } from './threads.worker.js';

/** Threads that do `iterations` operations between them; each begins when it is told, and tells when it is done. */
async function inThreads(given: readonly Given[]): Promise<Subject> {
  const workers = given.map((data) => new Worker(new URL('./threads.worker.js', import.meta.url), { workerData: data }));
  await Promise.all(workers.map((worker) => once(worker, 'message'))); // They are ready.
  return {
    run: async (iterations) => {
      const answers = workers.map((worker) => once(worker, 'message'));
      for (const worker of workers) worker.postMessage(Math.max(1, Math.round(iterations / workers.length)));
      await Promise.all(answers);
      return 'done';
    },
    close: () => Promise.all(workers.map((worker) => worker.terminate())),
  };
}

const sharedArena = (): Pick<Extract<Given, { kind: 'arena' }>, 'kind' | 'arena'> => ({ kind: 'arena', arena: createArena({ initialBytes: 2 ** 24 }).share() });
const RING = 8_192;
const ring = (): SharedArrayBuffer => new SharedArrayBuffer(8 * (RING + 16));

const CROSS = 'allocate here, free there';
const CHURN = 'two threads churn';
const ALONE = 'one thread churns';

const bench: Bench<string> = defineBench({
  name: 'arena/threads',
  title: 'What does an allocation and its free cost when several threads share the memory?',
  operation: 'alloc + free',
  cases: { [CROSS]: CROSS, [CHURN]: CHURN, [ALONE]: ALONE },
  contenders: {
    arena: (given) => {
      const shared = sharedArena();
      if (given === CROSS) {
        const way = ring();
        return inThreads([{ ...shared, role: 'allocates', ring: way }, { ...shared, role: 'frees', ring: way }]);
      }
      return inThreads(Array.from({ length: given === CHURN ? 2 : 1 }, () => ({ ...shared, role: 'churns' as const, ring: ring() })));
    },
    'native, behind a mutex': (given) => {
      loadRivals();
      if (given === CROSS) {
        const way = ring();
        return inThreads([{ kind: 'mutex', role: 'allocates', ring: way }, { kind: 'mutex', role: 'frees', ring: way }]);
      }
      return inThreads(Array.from({ length: given === CHURN ? 2 : 1 }, () => ({ kind: 'mutex' as const, role: 'churns' as const, ring: ring() })));
    },
  },
  reference: 'native, behind a mutex',
  checkIterations: 64,
  rounds: 3,
  targets: (readings) => [
    // Each side does half of the iterations, so that two of them are a block allocated and freed.
    { id: 'mutex over arena, allocate here, free there', reach: '>= 2', value: readings.cpuNs('native, behind a mutex', CROSS) / readings.cpuNs('arena', CROSS) },
    { id: "one thread's time over two threads' for as much work", reach: '>= 1.7', value: readings.wallNs('arena', ALONE) / readings.wallNs('arena', CHURN) },
  ],
});

export default bench;
