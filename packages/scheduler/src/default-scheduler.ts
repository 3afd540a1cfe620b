import { availableParallelism, totalmem } from 'node:os';
import { createScheduler } from './scheduler.js';
import type { Scheduler } from './scheduler-api.js';

let scheduler: Scheduler | undefined;

/**
 * One scheduler for the whole process, made when first asked for: `adaptive`, with one worker, `local`, that has the cores and the
 * memory of this machine. Closed, it stays closed. Libraries had better be handed one, as two copies of this package have two.
 */
export function getScheduler(): Scheduler {
  if (scheduler === undefined) {
    scheduler = createScheduler({ name: 'default' });
    scheduler.addWorker({ id: 'local', capacity: { cpu: availableParallelism(), memoryBytes: totalmem() } });
  }
  return scheduler;
}
